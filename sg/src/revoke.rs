//! `revoke`: takes rules away from one group. A rule that is not there is as it should be.

use std::collections::BTreeSet;

use anyhow::Result;
use common::session::Session;
use sg::rules::{Rule, Source};

use crate::change::RuleArguments;
use crate::plan::{marked, named};
use crate::{ingress, inventory, section};

/// Takes away those of the rules that the group has. `from admin` without a CIDR is every admin rule of those ports.
///
/// # Errors
/// Not found where a group is not there; AWS's refusal.
pub async fn revoke(session: &Session, arguments: &RuleArguments) -> Result<()> {
    let inventory = session.inventory(inventory::read(session)).await?;
    let group = arguments.group(session, &inventory)?;
    let by_id = inventory.by_id();
    let found = group.rules(&by_id);
    let mut unwanted: BTreeSet<Rule> = BTreeSet::new();
    for rule in arguments.rules()? {
        let traffic = rule.traffic;
        match &rule.source {
            Source::Admin if arguments.admin.is_empty() => unwanted.extend(marked(traffic, &found)),
            Source::Admin => unwanted
                .extend(arguments.admin.iter().map(|net| Rule { traffic, source: Source::Cidr(*net) })),
            source => {
                unwanted.insert(Rule { traffic, source: named(source, &by_id) });
            }
        }
    }
    let (unwanted, absent): (BTreeSet<_>, BTreeSet<_>) =
        unwanted.into_iter().partition(|rule| found.contains_key(rule));
    for rule in absent {
        session.progress.line(&format!("{} has no rule {rule}", group.name));
    }
    ingress::revoke(session, group, &unwanted, &by_id).await?;
    let mut section = section::of(&inventory);
    let left = found.keys().filter(|rule| !unwanted.contains(*rule));
    section.insert(group.role.clone(), section::entry(Some(group), &group.name, left));
    section::write(session, &section)
}
