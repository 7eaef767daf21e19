//! Adding rules to a group and taking them away, in batches that succeed or fail as a whole.

use super::Noun;
use super::permission::{self, Permission};
use super::security_group;
use super::security_group_rule::{QUOTA, SecurityGroupRule, of};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::missing;
use crate::loopback::tag;
use crate::loopback::xml::Node;

const AUTHORIZE: &str = "GroupId GroupName IpProtocol FromPort ToPort CidrIp @tags @permissions";
const REVOKE: &str = "GroupId GroupName IpProtocol FromPort ToPort CidrIp SecurityGroupRuleId.N @permissions";

pub const ACTIONS: &[Action] = &[
    write("AuthorizeSecurityGroupIngress", |call| authorize(call, false), AUTHORIZE),
    write("AuthorizeSecurityGroupEgress", |call| authorize(call, true), AUTHORIZE),
    write("RevokeSecurityGroupIngress", |call| revoke(call, false), REVOKE),
    write("RevokeSecurityGroupEgress", |call| revoke(call, true), REVOKE),
];

fn authorize(call: &mut Call<'_>, egress: bool) -> Result<Reply> {
    let group = security_group::named(call)?.meta.id.clone();
    let permissions = permission::parse(call)?;
    if permissions.is_empty() {
        return Err(missing("ipPermissions"));
    }
    let there = of(&call.region.ec2, &group, egress);
    if let Some(twice) = permissions.iter().find(|permission| there.iter().any(|rule| permission.is(rule))) {
        let message = format!("the specified rule \"{}\" already exists", twice.describe());
        return Err(AwsError::new("InvalidPermission.Duplicate", message));
    }
    if there.len() + permissions.len() > call.conditions.quota("security-group-rule", QUOTA) {
        let message = "The maximum number of rules per security group has been reached.";
        return Err(AwsError::new("RulesPerSecurityGroupLimitExceeded", message));
    }
    let kind = SecurityGroupRule::KIND;
    let tags = tag::specified(call.params, kind.tag, &[kind.tag])?;
    let mut shown = Vec::new();
    for Permission { protocol, ports, source, description } in permissions {
        let meta = call.meta_with(kind.prefix, tags.clone());
        let rule =
            SecurityGroupRule { meta, group: group.clone(), egress, protocol, ports, source, description };
        shown.push(rule.show(call.view()));
        call.keep(rule);
    }
    Ok(Node::new().put("return", true).list("securityGroupRuleSet", shown).into())
}

fn revoke(call: &mut Call<'_>, egress: bool) -> Result<Reply> {
    let group = security_group::named(call)?.meta.id.clone();
    let ids = call.params.texts("SecurityGroupRuleId");
    let permissions = permission::parse(call)?;
    let going: Vec<String> = match (ids.is_empty(), permissions.is_empty()) {
        (true, true) => return Err(missing("ipPermissions")),
        (false, false) => {
            let message = "The parameter securityGroupRuleId cannot be used with the parameter ipPermissions";
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
        (false, true) => by_ids(call, &group, egress, &ids)?,
        (true, false) => by_permissions(call, &group, egress, &permissions)?,
    };
    let rules = &mut call.region.ec2.security_group_rules;
    let revoked: Vec<Node> =
        going.iter().filter_map(|id| rules.shift_remove(id)).map(|rule| rule.revoked()).collect();
    Ok(Node::new().put("return", true).list("revokedSecurityGroupRuleSet", revoked).into())
}

fn by_ids(call: &Call<'_>, group: &str, egress: bool, ids: &[&str]) -> Result<Vec<String>> {
    let check = |id: &&str| {
        let rule = call.find::<SecurityGroupRule>(id)?;
        if rule.group == group && rule.egress == egress {
            return Ok((*id).to_owned());
        }
        Err(SecurityGroupRule::KIND.not_found(&[id]))
    };
    ids.iter().map(check).collect()
}

fn by_permissions(
    call: &Call<'_>,
    group: &str,
    egress: bool,
    permissions: &[Permission],
) -> Result<Vec<String>> {
    let there = of(&call.region.ec2, group, egress);
    let find = |permission: &Permission| {
        let found = there.iter().find(|rule| permission.is(rule)).map(|rule| rule.meta.id.clone());
        found.ok_or_else(|| {
            AwsError::new(
                "InvalidPermission.NotFound",
                "The specified rule does not exist in this security group.",
            )
        })
    };
    permissions.iter().map(find).collect()
}
