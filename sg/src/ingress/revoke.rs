//! Taking rules away.

use std::collections::BTreeSet;

use anyhow::Result;
use common::call::Call as _;
use common::session::Session;
use common::wait::while_refused;
use sg::rules::{Rule, clauses};

use super::{STALE, permissions};
use crate::group;
use crate::inventory::{Group, RolesById};
use crate::permission::Mark;

/// Takes rules away from a group. `group` is absent in a plan that makes it.
///
/// # Errors
/// AWS's refusal.
pub async fn revoke(
    session: &Session,
    name: &str,
    group: Option<&Group>,
    rules: &BTreeSet<Rule>,
    by_id: &RolesById,
) -> Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    let what = format!("security group {name}: revoke {}", clauses(rules));
    session.change(what, take_away(session, group, rules, by_id)).await?;
    Ok(())
}

async fn take_away(
    session: &Session,
    group: Option<&Group>,
    rules: &BTreeSet<Rule>,
    by_id: &RolesById,
) -> Result<()> {
    let Some(group) = group else {
        return Ok(());
    };
    let mut is_first = true;
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
    })
    .await
}
