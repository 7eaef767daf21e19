//! `delete`: first every rule that names the groups, then the groups, then a look that they are gone.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use common::call::Call as _;
use common::fault::is_code;
use common::session::Session;
use common::wait::{State, until_ready};

use crate::cli::Delete;
use crate::ingress::few;
use crate::inventory::{self, Group};
use crate::{holders, references, section};

/// Interfaces of databases and load balancers hold a group for minutes after their owner is gone.
const LONGEST: Duration = Duration::from_mins(15);

/// Takes down the groups that carry our tags, in whichever VPC, and writes the document without them once they are gone.
///
/// # Errors
/// Not in time, naming the interfaces and rules that hold a group; AWS's refusal.
pub async fn delete(session: &Session, wish: &Delete) -> Result<()> {
    session.confirm(wish.confirm.as_deref())?;
    let groups = session.inventory(chosen(session, wish)).await?;
    if session.is_planning() {
        plan(session, &groups).await?;
    } else if !groups.is_empty() {
        references::revoke(session, &groups).await?;
        take_down(session, wish, groups).await?;
    }
    if wish.groups.is_empty() {
        return session.write(|document| {
            document.remove_section("sg");
            Ok(())
        });
    }
    section::write_without(session, &wish.groups)
}

async fn chosen(session: &Session, wish: &Delete) -> Result<Vec<Group>> {
    let mut groups = inventory::own(session).await?;
    groups.retain(|group| wish.groups.is_empty() || wish.groups.contains(&group.role));
    Ok(groups)
}

async fn plan(session: &Session, groups: &[Group]) -> Result<()> {
    if groups.is_empty() {
        return Ok(());
    }
    references::revoke(session, groups).await?;
    for group in groups {
        session.delete(label(group), async { Ok(()) }).await?;
    }
    Ok(())
}

fn label(group: &Group) -> String {
    format!("security group {} ({})", group.name, group.id)
}

/// Deletes until AWS shows none of them any more. Groups that an interface is in are left alone until it has gone: AWS would refuse.
async fn take_down(session: &Session, wish: &Delete, groups: Vec<Group>) -> Result<()> {
    let longest = if session.waits() { LONGEST } else { Duration::ZERO };
    let mut left = groups;
    let mut held: BTreeMap<String, Vec<String>> = BTreeMap::new();
    until_ready(session, longest, async || {
        let (waiting, free): (Vec<Group>, Vec<Group>) =
            left.drain(..).partition(|group| held.contains_key(&group.id));
        let refused = few(free.into_iter().map(|group| delete_one(session, group))).await?;
        left = waiting.into_iter().chain(refused.into_iter().flatten()).collect();
        if left.is_empty() {
            left = chosen(session, wish).await?;
            return Ok(left
                .iter()
                .map(|group| (label(group), State::Pending("still there".into())))
                .collect());
        }
        held = holders::interfaces(session, &left).await?;
        let rules = free_of_rules(session, &left, &held).await?;
        Ok(left.iter().map(|group| (label(group), State::Pending(reason(group, &held, &rules)))).collect())
    })
    .await
}

/// The group itself where AWS refuses because something uses it; none once it is gone.
async fn delete_one(session: &Session, group: Group) -> Result<Option<Group>> {
    let call = async {
        session
            .aws
            .ec2()
            .delete_security_group()
            .group_id(&group.id)
            .send()
            .await
            .cannot(format!("delete the security group {}", group.name))
    };
    match session.delete(label(&group), call).await {
        Err(error) if is_code(&error, &["DependencyViolation", "InvalidGroup.InUse"]) => Ok(Some(group)),
        Err(error) if is_code(&error, &["InvalidGroup.NotFound"]) => Ok(None),
        other => other.map(|_| None),
    }
}

/// What no interface holds is held by a rule that came since: it is taken away as well. Answers what was found, described.
async fn free_of_rules(
    session: &Session,
    left: &[Group],
    held: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<String>> {
    let free: Vec<Group> = left.iter().filter(|group| !held.contains_key(&group.id)).cloned().collect();
    if free.is_empty() {
        return Ok(Vec::new());
    }
    let found = references::find(session, &free).await?;
    if !found.is_empty() {
        references::revoke(session, &free).await?;
    }
    Ok(found.iter().map(|reference| reference.describe(&free)).collect())
}

/// `held by eni-… (RDSNetworkInterface)`.
fn reason(group: &Group, held: &BTreeMap<String, Vec<String>>, rules: &[String]) -> String {
    match held.get(&group.id) {
        Some(interfaces) => format!("held by {}", interfaces.join(", ")),
        None if rules.is_empty() => "AWS says it is in use".to_owned(),
        None => format!("held by {}", rules.join(", ")),
    }
}
