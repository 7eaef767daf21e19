//! Rules in: added, marked and taken away, one call a group.
//!
//! AWS refuses the whole call where one rule is there already (or, taking away, is not): by an answer that was lost, or by another
//! run. Then the group is read again and only the rest is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, all};
use common::fault::{Fault, is_missing};
use common::session::Session;
use common::tags::ec2_specification;
use common::wait::{while_missing, while_refused};
use sg::rules::{Rule, Source, clauses};
use tokio::sync::Semaphore;

use crate::group;
use crate::inventory::{Group, RolesById};
use crate::permission::{Mark, permission};
use crate::tags::of_group;

/// These calls sit in EC2's lowest rate bucket, so not more than a few are in flight.
const IN_FLIGHT: usize = 8;

/// How long AWS may tell an old state of a group after it refused a rule as there already. Peers see seconds.
const STALE: Duration = Duration::from_mins(1);

/// Runs calls side by side, a few at a time; reports every failure.
///
/// # Errors
/// The one failure, or all of them.
pub async fn few<T>(calls: impl IntoIterator<Item = impl Future<Output = Result<T>>>) -> Result<Vec<T>> {
    let turns = Semaphore::new(IN_FLIGHT);
    let turns = &turns;
    all(calls.into_iter().map(|call| async move {
        let _turn = turns.acquire().await;
        call.await
    }))
    .await
}

/// Adds rules to a group. `group` is absent in a plan that makes it.
///
/// # Errors
/// AWS's refusal.
pub async fn allow(
    session: &Session,
    name: &str,
    group: Option<&Group>,
    rules: &BTreeMap<Rule, Mark>,
    by_id: &RolesById,
) -> Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    let what = format!("security group {name}: allow {}", clauses(rules.keys()));
    session.change(what, authorize(session, group, rules, by_id)).await?;
    Ok(())
}

async fn authorize(
    session: &Session,
    group: Option<&Group>,
    rules: &BTreeMap<Rule, Mark>,
    by_id: &RolesById,
) -> Result<()> {
    let Some(group) = group else {
        return Ok(());
    };
    let mut is_first = true;
    while_refused(session, &["InvalidPermission.Duplicate"], "AWS to show the rules", STALE, async || {
        let there = if std::mem::take(&mut is_first) {
            BTreeMap::new()
        } else {
            group::again(session, group).await?.rules(by_id)
        };
        let missing: Vec<(&Rule, Mark)> = rules
            .iter()
            .filter(|(rule, _)| !there.contains_key(rule))
            .map(|(rule, mark)| (rule, *mark))
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        while_missing(session, async || send(session, group, &missing, by_id).await).await
    })
    .await
}

async fn send(session: &Session, group: &Group, rules: &[(&Rule, Mark)], by_id: &RolesById) -> Result<()> {
    let sent = session
        .aws
        .ec2()
        .authorize_security_group_ingress()
        .group_id(&group.id)
        .set_ip_permissions(Some(permissions(rules.iter().copied(), by_id)?))
        .tag_specifications(ec2_specification(
            ec2::ResourceType::SecurityGroupRule,
            &of_group(session, &group.name),
        ))
        .send()
        .await
        .cannot(format!("add rules to the security group {}", group.name));
    match sent {
        // One of ours may be unknown for a moment; somebody else's that is unknown stays so.
        Err(error) if is_missing(&error) && names_foreign(&error, rules) => {
            Err(Fault::not_found(format!("{error:#}")).hint("correct the rule that names it").into())
        }
        other => other.map(|_| ()),
    }
}

fn names_foreign(error: &anyhow::Error, rules: &[(&Rule, Mark)]) -> bool {
    let text = format!("{error:#}");
    rules.iter().any(|(rule, _)| match &rule.source {
        Source::GroupId { id, .. } | Source::PrefixList(id) => text.contains(id.as_str()),
        _ => false,
    })
}

/// Marks rules that stand for admin CIDRs, so that later runs know them.
///
/// # Errors
/// AWS's refusal.
pub async fn mark(session: &Session, group: &Group, rules: &BTreeSet<Rule>, by_id: &RolesById) -> Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    let what = format!("security group {}: mark as admin rules {}", group.name, clauses(rules));
    let call = async {
        let marked = rules.iter().map(|rule| (rule, Mark::Admin));
        session
            .aws
            .ec2()
            .update_security_group_rule_descriptions_ingress()
            .group_id(&group.id)
            .set_ip_permissions(Some(permissions(marked, by_id)?))
            .send()
            .await
            .cannot(format!("describe rules of the security group {}", group.name))
    };
    session.change(what, call).await?;
    Ok(())
}

/// Takes rules away from a group.
///
/// # Errors
/// AWS's refusal.
pub async fn revoke(
    session: &Session,
    group: &Group,
    rules: &BTreeSet<Rule>,
    by_id: &RolesById,
) -> Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    let what = format!("security group {}: revoke {}", group.name, clauses(rules));
    let mut is_first = true;
    let call =
        while_refused(session, &["InvalidPermission.NotFound"], "AWS to show the rules", STALE, async || {
            let there = if std::mem::take(&mut is_first) {
                rules.clone()
            } else {
                group::again(session, group).await?.rules(by_id).into_keys().collect()
            };
            let left = rules.intersection(&there).map(|rule| (rule, Mark::Plain));
            let permissions = permissions(left, by_id)?;
            if permissions.is_empty() {
                return Ok(());
            }
            session
                .aws
                .ec2()
                .revoke_security_group_ingress()
                .group_id(&group.id)
                .set_ip_permissions(Some(permissions))
                .send()
                .await
                .cannot(format!("take rules away from the security group {}", group.name))
                .map(|_| ())
        });
    session.change(what, call).await?;
    Ok(())
}

fn permissions<'a>(
    rules: impl IntoIterator<Item = (&'a Rule, Mark)>,
    by_id: &RolesById,
) -> Result<Vec<ec2::IpPermission>> {
    rules.into_iter().map(|(rule, mark)| permission(rule, mark, by_id)).collect()
}
