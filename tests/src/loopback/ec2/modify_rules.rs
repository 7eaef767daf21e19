//! Changing rules that are there: their sources and ports by id, their descriptions by id or by permission.

use super::Noun;
use super::permission::{self, Permission};
use super::security_group::{self, SecurityGroup};
use super::security_group_rule::{SecurityGroupRule, Source, of};
use crate::loopback::action::{Action, Call, Reply, done, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::{Params, missing};

const DESCRIPTIONS: &str = "GroupId GroupName SecurityGroupRuleDescription.N.SecurityGroupRuleId \
    SecurityGroupRuleDescription.N.Description @permissions";

pub const ACTIONS: &[Action] = &[
    write(
        "ModifySecurityGroupRules",
        modify,
        "GroupId! SecurityGroupRule.N.SecurityGroupRuleId! SecurityGroupRule.N.SecurityGroupRule.IpProtocol \
         SecurityGroupRule.N.SecurityGroupRule.FromPort SecurityGroupRule.N.SecurityGroupRule.ToPort \
         SecurityGroupRule.N.SecurityGroupRule.CidrIpv4 SecurityGroupRule.N.SecurityGroupRule.CidrIpv6 \
         SecurityGroupRule.N.SecurityGroupRule.PrefixListId SecurityGroupRule.N.SecurityGroupRule.ReferencedGroupId \
         SecurityGroupRule.N.SecurityGroupRule.Description",
    ),
    write("UpdateSecurityGroupRuleDescriptionsIngress", |call| describe(call, false), DESCRIPTIONS),
    write("UpdateSecurityGroupRuleDescriptionsEgress", |call| describe(call, true), DESCRIPTIONS),
];

/// A rule of the call's group.
fn rule<'a>(call: &'a mut Call<'_>, group: &str, id: &str) -> Result<&'a mut SecurityGroupRule> {
    let rule = call.find_mut::<SecurityGroupRule>(id)?;
    if rule.group == group { Ok(rule) } else { Err(SecurityGroupRule::KIND.not_found(&[id])) }
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let group = security_group::named(call)?.meta.id.clone();
    for item in call.params.items("SecurityGroupRule") {
        let id = item.required("SecurityGroupRuleId")?;
        let wanted = item.nested("SecurityGroupRule").ok_or_else(|| missing("SecurityGroupRule"))?;
        let wanted = permission(call, wanted)?;
        let egress = rule(call, &group, id)?.egress;
        let there = of(&call.region.ec2, &group, egress);
        if there.iter().any(|other| other.meta.id != id && wanted.is(other)) {
            let message = format!("the specified rule \"{}\" already exists", wanted.describe());
            return Err(AwsError::new("InvalidPermission.Duplicate", message));
        }
        let rule = rule(call, &group, id)?;
        let Permission { protocol, ports, source, description } = wanted;
        (rule.protocol, rule.ports, rule.source, rule.description) = (protocol, ports, source, description);
    }
    done()
}

/// A rule as it is to become: with one source.
fn permission(call: &Call<'_>, wanted: &Params) -> Result<Permission> {
    let (protocol, ports) = permission::protocol(wanted)?;
    let text = |name| wanted.text(name);
    let source = match (text("CidrIpv4"), text("CidrIpv6"), text("PrefixListId"), text("ReferencedGroupId")) {
        (Some(cidr), None, None, None) => Source::Cidr(permission::cidr(cidr)?),
        (None, Some(cidr), None, None) => {
            let net: ipnet::Ipv6Net = cidr
                .parse()
                .map_err(|_| AwsError::invalid_value(format!("CIDR block {cidr} is malformed")))?;
            Source::Cidr6(net.trunc())
        }
        (None, None, Some(id), None) => Source::PrefixList(id.to_owned()),
        (None, None, None, Some(id)) => Source::Group(call.find::<SecurityGroup>(id)?.meta.id.clone()),
        _ => {
            return Err(AwsError::invalid_value(
                "A security group rule must have exactly one source or destination.",
            ));
        }
    };
    let description = text("Description").filter(|text| !text.is_empty()).map(str::to_owned);
    if let Some(text) = &description {
        permission::check_text("Description", text)?;
    }
    Ok(Permission { protocol, ports, source, description })
}

fn describe(call: &mut Call<'_>, egress: bool) -> Result<Reply> {
    let group = security_group::named(call)?.meta.id.clone();
    for item in call.params.items("SecurityGroupRuleDescription") {
        let text = item.text("Description").unwrap_or_default();
        permission::check_text("Description", text)?;
        rule(call, &group, item.required("SecurityGroupRuleId")?)?.description =
            Some(text.to_owned()).filter(|t| !t.is_empty());
    }
    for wanted in permission::parse(call)? {
        let rules = call.region.ec2.security_group_rules.values_mut();
        let mut fits = rules.filter(|rule| rule.group == group && rule.egress == egress && wanted.is(rule));
        let message = "The specified rule does not exist in this security group.";
        let rule = fits.next().ok_or_else(|| AwsError::new("InvalidPermission.NotFound", message))?;
        rule.description = wanted.description;
    }
    done()
}
