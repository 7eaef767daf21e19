//! Security group rules: each with an id, tags and one source.

use std::fmt;

use ipnet::{Ipv4Net, Ipv6Net};

use super::describe::{Shape, describe};
use super::noun::kept;
use super::security_group::SecurityGroup;
use super::{Ec2, Kind, Noun};
use crate::loopback::action::{Action, Meta, View, read};
use crate::loopback::clock::Time;
use crate::loopback::filter::Field;
use crate::loopback::tag::{self, Tags};
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read(
    "DescribeSecurityGroupRules",
    |call| describe::<SecurityGroupRule>(call, &Shape::new("SecurityGroupRuleId", "securityGroupRuleSet")),
    "SecurityGroupRuleId.N @filters @page",
)];

/// Rules a group and direction.
pub const QUOTA: usize = 60;

#[derive(Clone, Debug)]
pub struct SecurityGroupRule {
    pub meta: Meta,
    pub group: String,
    pub egress: bool,
    pub protocol: String,
    pub ports: Option<(i32, i32)>,
    pub source: Source,
    pub description: Option<String>,
}

/// Where traffic comes from, or goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Cidr(Ipv4Net),
    Cidr6(Ipv6Net),
    PrefixList(String),
    Group(String),
}

impl Source {
    #[must_use]
    pub fn cidr(&self) -> Option<String> {
        if let Self::Cidr(net) = self { Some(net.to_string()) } else { None }
    }

    #[must_use]
    pub fn cidr6(&self) -> Option<String> {
        if let Self::Cidr6(net) = self { Some(net.to_string()) } else { None }
    }

    #[must_use]
    pub fn prefix_list(&self) -> Option<String> {
        if let Self::PrefixList(id) = self { Some(id.clone()) } else { None }
    }

    #[must_use]
    pub fn group(&self) -> Option<String> {
        if let Self::Group(id) = self { Some(id.clone()) } else { None }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cidr(net) => net.fmt(f),
            Self::Cidr6(net) => net.fmt(f),
            Self::PrefixList(id) | Self::Group(id) => f.write_str(id),
        }
    }
}

impl Noun for SecurityGroupRule {
    const KIND: Kind = Kind {
        tag: "security-group-rule",
        prefix: "sgr-",
        word: "security group rule ID",
        malformed: "InvalidSecurityGroupRuleId.Malformed",
        not_found: "InvalidSecurityGroupRuleId.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("group-id", |rule, _| vec![rule.group.clone()]),
        ("security-group-rule-id", |rule, _| vec![rule.meta.id.clone()]),
    ];

    kept!(security_group_rules);

    fn show(&self, view: View<'_>) -> Node {
        let vpc = |id: &String| {
            view.region.ec2.security_groups.get(id).map(|group: &SecurityGroup| group.vpc.clone())
        };
        let referenced = self.source.group().map(|id| {
            Node::new().put("groupId", &id).put("userId", &view.region.account).maybe("vpcId", vpc(&id))
        });
        self.basics()
            .put("groupOwnerId", &view.region.account)
            .maybe_node("referencedGroupInfo", referenced)
            .put(
                "securityGroupRuleArn",
                view.region.arn("ec2", &format!("security-group-rule/{}", self.id())),
            )
            .list("tagSet", tag::nodes(&self.meta.tags))
    }
}

impl SecurityGroupRule {
    fn basics(&self) -> Node {
        // Where a protocol has no ports, the rule itself says -1, though the group's list leaves them out.
        let (from, to) = self.ports.unwrap_or((-1, -1));
        Node::new()
            .put("securityGroupRuleId", self.id())
            .put("groupId", &self.group)
            .put("isEgress", self.egress)
            .put("ipProtocol", &self.protocol)
            .put("fromPort", from)
            .put("toPort", to)
            .maybe("cidrIpv4", self.source.cidr())
            .maybe("cidrIpv6", self.source.cidr6())
            .maybe("prefixListId", self.source.prefix_list())
            .maybe("description", self.description.as_ref())
    }

    /// As the answer to a revocation lists it.
    #[must_use]
    pub fn revoked(&self) -> Node {
        self.basics().maybe("referencedGroupId", self.source.group())
    }
}

/// A group's rules of one direction.
#[must_use]
pub fn of<'a>(ec2: &'a Ec2, group: &str, egress: bool) -> Vec<&'a SecurityGroupRule> {
    ec2.security_group_rules.values().filter(|rule| rule.group == group && rule.egress == egress).collect()
}

/// The rule that every new group has, out to anywhere; and a default group's own, in from itself.
pub fn allow_all(region: &mut Region, group: &str, egress: bool, now: Time) {
    let meta = Meta::fresh(&mut region.rng, SecurityGroupRule::KIND.prefix, Tags::new(), now);
    let source = if egress { Source::Cidr(Ipv4Net::default()) } else { Source::Group(group.to_owned()) };
    let (group, protocol) = (group.to_owned(), "-1".to_owned());
    let rule = SecurityGroupRule { meta, group, egress, protocol, ports: None, source, description: None };
    region.ec2.security_group_rules.insert(rule.meta.id.clone(), rule);
}
