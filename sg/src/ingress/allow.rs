//! Adding rules.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::fault::{Fault, is_missing};
use common::session::Session;
use common::tags::ec2_specification;
use common::wait::{while_missing, while_refused};
use sg::rules::{Rule, Source, clauses};

use super::{STALE, permissions};
use crate::group;
use crate::inventory::{Group, RolesById};
use crate::permission::Mark;
use crate::tags::of_group;

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
