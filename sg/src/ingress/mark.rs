//! Marking rules as those of administration, by their description.

use std::collections::BTreeSet;

use anyhow::Result;
use common::call::Call as _;
use common::session::Session;
use sg::rules::{Rule, clauses};

use super::permissions;
use crate::inventory::{Group, RolesById};
use crate::permission::Mark;

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
