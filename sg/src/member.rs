//! A group of the table on its way through `create`, and what is told about all of them.

use std::collections::{BTreeMap, BTreeSet};

use common::session::Session;
use sg::rules::Rule;

use crate::cli::Create;
use crate::exposure;
use crate::inventory::{Group, Inventory};
use crate::permission::Mark;
use crate::plan::Changes;

/// A group of the table, its differences, and what it will have.
pub struct Member<'a> {
    pub role: &'a str,
    pub name: String,
    /// Absent in a plan that makes it.
    pub group: Option<Group>,
    pub found: BTreeMap<Rule, Mark>,
    pub changes: Changes,
}

impl Member<'_> {
    /// The rules in once this run is done.
    pub fn rules(&self, wish: &Create) -> BTreeSet<&Rule> {
        let stays = |rule: &&Rule| !wish.prune || !self.changes.extra.contains(*rule);
        self.found.keys().filter(stays).chain(self.changes.missing.keys()).collect()
    }
}

/// Groups of ours that this run does not touch, because they are in another VPC.
pub fn tell_of_elsewhere(session: &Session, inventory: &Inventory) {
    for group in &inventory.elsewhere {
        session.progress.line(&format!(
            "security group {} ({}) is in another VPC, {}: left as it is, `sg delete` takes it down too",
            group.name, group.id, group.vpc_id
        ));
    }
}

/// What a person should know before anything is opened.
pub fn tell(session: &Session, wish: &Create, members: &[Member<'_>], inventory: &Inventory) {
    for member in members {
        exposure::warn(session, &member.name, member.rules(wish));
    }
    let left_out = list(members, |member| {
        let traffic: Vec<String> = member.changes.left_out.iter().map(ToString::to_string).collect();
        (!traffic.is_empty()).then(|| traffic.join(", "))
    });
    if !left_out.is_empty() {
        session.progress.line(&format!(
            "left out, for want of an admin CIDR: {left_out}; add them with `sg create --admin-cidr YOUR-ADDRESS/32`"
        ));
    }
    let extra = list(members, |member| {
        let count = member.changes.extra.len();
        (count > 0 && !wish.prune).then(|| count.to_string())
    });
    if !extra.is_empty() {
        session.progress.line(&format!(
            "rules that the table has not, left as they are: {extra}; `sg diff` shows them, --prune takes them away"
        ));
    }
    let unlisted: Vec<&str> = (inventory.groups.iter())
        .filter(|group| !members.iter().any(|member| member.role == group.role))
        .map(|group| group.role.as_str())
        .collect();
    if !unlisted.is_empty() {
        session.progress.line(&format!(
            "groups that the table has not, left as they are: {}; `sg delete GROUP` takes one down",
            unlisted.join(", ")
        ));
    }
}

/// `bastion 22/tcp; vpn 22/tcp, 943/tcp`.
fn list(members: &[Member<'_>], of: impl Fn(&Member<'_>) -> Option<String>) -> String {
    let lines: Vec<String> =
        members.iter().filter_map(|member| Some(format!("{} {}", member.role, of(member)?))).collect();
    lines.join("; ")
}
