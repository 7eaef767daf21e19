//! `IpPermissions`: the form in which rules are given and listed, several sources a protocol and port range.

use ipnet::{Ipv4Net, Ipv6Net};

use super::Noun;
use super::prefix_list;
use super::security_group::SecurityGroup;
use super::security_group_rule::{SecurityGroupRule, Source};
use crate::loopback::action::{Call, View};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

/// What an action takes that takes permissions.
pub const PERMISSIONS: &str = "IpPermissions.N.IpProtocol IpPermissions.N.FromPort IpPermissions.N.ToPort \
    IpPermissions.N.IpRanges.N.CidrIp IpPermissions.N.IpRanges.N.Description \
    IpPermissions.N.Ipv6Ranges.N.CidrIpv6 IpPermissions.N.Ipv6Ranges.N.Description \
    IpPermissions.N.PrefixListIds.N.PrefixListId IpPermissions.N.PrefixListIds.N.Description \
    IpPermissions.N.Groups.N.GroupId IpPermissions.N.Groups.N.GroupName IpPermissions.N.Groups.N.UserId \
    IpPermissions.N.Groups.N.VpcId IpPermissions.N.Groups.N.Description";

/// One protocol, port range and source: what becomes a rule.
#[derive(Clone, Debug)]
pub struct Permission {
    pub protocol: String,
    /// First and last; type and code for ICMP; none where the protocol has none.
    pub ports: Option<(i32, i32)>,
    pub source: Source,
    pub description: Option<String>,
}

impl Permission {
    /// Whether AWS takes a rule for the same as this: its description does not count.
    #[must_use]
    pub fn is(&self, rule: &SecurityGroupRule) -> bool {
        self.protocol == rule.protocol && self.ports == rule.ports && self.source == rule.source
    }

    fn is_like(&self, other: &Self) -> bool {
        self.protocol == other.protocol && self.ports == other.ports && self.source == other.source
    }

    /// As AWS names a rule that is there already or is not there.
    #[must_use]
    pub fn describe(&self) -> String {
        let (from, to) = self.ports.unwrap_or((-1, -1));
        let protocol = if self.protocol == "-1" { "ALL".to_owned() } else { self.protocol.to_uppercase() };
        format!("peer: {}, {protocol}, from port: {from}, to port: {to}, ALLOW", self.source)
    }
}

/// The permissions of a call.
///
/// # Errors
/// For protocols, ports, blocks, groups and descriptions that AWS refuses, and for what is given twice.
pub fn parse(call: &Call<'_>) -> Result<Vec<Permission>> {
    let params = call.params;
    let mut all = Vec::new();
    for item in params.items("IpPermissions") {
        parse_one(call, item, &mut all)?;
    }
    if params.has("CidrIp") || params.has("IpProtocol") {
        let (protocol, ports) = protocol(params)?;
        let source = Source::Cidr(cidr(params.required("CidrIp")?)?);
        all.push(Permission { protocol, ports, source, description: None });
    }
    for (at, permission) in all.iter().enumerate() {
        if all.get(at + 1..).is_some_and(|rest| rest.iter().any(|other| permission.is_like(other))) {
            return Err(AwsError::invalid_value("The same permission must not appear multiple times"));
        }
    }
    Ok(all)
}

fn parse_one(call: &Call<'_>, item: &Params, all: &mut Vec<Permission>) -> Result<()> {
    let (protocol, ports) = protocol(item)?;
    let mut add = |source, from: &Params| {
        let description = from.text("Description").filter(|text| !text.is_empty()).map(str::to_owned);
        if let Some(text) = &description {
            check_text("Description", text)?;
        }
        all.push(Permission { protocol: protocol.clone(), ports, source, description });
        Ok(())
    };
    for range in item.items("IpRanges") {
        add(Source::Cidr(cidr(range.required("CidrIp")?)?), range)?;
    }
    for range in item.items("Ipv6Ranges") {
        let text = range.required("CidrIpv6")?;
        let net: Ipv6Net = text.parse().map_err(|_| malformed(text))?;
        add(Source::Cidr6(net.trunc()), range)?;
    }
    for list in item.items("PrefixListIds") {
        let id = list.required("PrefixListId")?;
        if !prefix_list::lists(call.region).iter().any(|known| known.id == id) {
            return Err(AwsError::new(
                "InvalidPrefixListId.NotFound",
                format!("The prefix list ID '{id}' does not exist"),
            ));
        }
        add(Source::PrefixList(id.to_owned()), list)?;
    }
    for group in item.items("Groups") {
        add(Source::Group(self::group(call, group)?), group)?;
    }
    Ok(())
}

/// The group that a permission refers to. It must be in the same VPC, or in one peered with it.
fn group(call: &Call<'_>, params: &Params) -> Result<String> {
    let Some(id) = params.text("GroupId") else {
        let name = params.required("GroupName")?;
        let groups = call.region.ec2.security_groups.values();
        let own = super::security_group::named(call).map(|own| own.vpc.clone()).unwrap_or_default();
        let found = groups.into_iter().find(|group| group.vpc == own && group.name == name);
        return found
            .map(|group| group.meta.id.clone())
            .ok_or_else(|| SecurityGroup::KIND.not_found(&[name]));
    };
    let vpc = call.find::<SecurityGroup>(id)?.vpc.clone();
    let own = super::security_group::named(call)?.vpc.clone();
    let peered = call
        .region
        .ec2
        .vpc_peering_connections
        .values()
        .any(|p| p.alive(call.now) && p.joins(&vpc) && p.joins(&own));
    if vpc != own && !peered {
        let message = "You have specified two resources that belong to different networks.";
        return Err(AwsError::new("InvalidGroup.NotFound", message));
    }
    Ok(id.to_owned())
}

/// Protocol and ports, in the one way in which AWS keeps them.
///
/// # Errors
/// `InvalidParameterValue`, `InvalidPermission.Malformed`.
pub fn protocol(params: &Params) -> Result<(String, Option<(i32, i32)>)> {
    let given = params.required("IpProtocol")?.to_lowercase();
    let name = match given.as_str() {
        "6" | "tcp" => "tcp",
        "17" | "udp" => "udp",
        "1" | "icmp" => "icmp",
        "58" | "icmpv6" => "icmpv6",
        "all" | "-1" => return Ok(("-1".to_owned(), None)),
        number if number.parse::<u8>().is_ok() => return Ok((given, None)),
        _ => {
            return Err(AwsError::invalid_value(format!(
                "Invalid value '{given}' for IP protocol. Unknown protocol."
            )));
        }
    };
    let ports = (params.parsed::<i32>("FromPort")?, params.parsed::<i32>("ToPort")?);
    let (Some(from), Some(to)) = ports else {
        let message = "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.";
        return Err(AwsError::invalid_value(message));
    };
    let icmp = name.starts_with("icmp");
    let fits = |port: i32| if icmp { (-1..=255).contains(&port) } else { (0..=65535).contains(&port) };
    if !fits(from) || !fits(to) || (!icmp && from > to) {
        return Err(AwsError::invalid_value(format!("Invalid value '{from}-{to}' for portRange.")));
    }
    Ok((name.to_owned(), Some((from, to))))
}

/// A block. AWS takes away the bits behind the mask.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn cidr(text: &str) -> Result<Ipv4Net> {
    text.parse::<Ipv4Net>().map(|net| net.trunc()).map_err(|_| malformed(text))
}

fn malformed(text: &str) -> AwsError {
    AwsError::invalid_value(format!("CIDR block {text} is malformed"))
}

/// Refuses what AWS does not take in a group's name or description or a rule's description.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn check_text(name: &str, text: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if text.chars().count() > 255 || !text.chars().all(allowed) {
        let message = format!(
            "Invalid value for {name}: at most 255 characters of a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{{}}!$* are valid"
        );
        return Err(AwsError::invalid_value(message));
    }
    Ok(())
}

/// Rules as a group lists them: those of a protocol and port range together.
#[must_use]
pub fn show(rules: &[&SecurityGroupRule], view: View<'_>) -> Vec<Node> {
    let mut keys: Vec<(&str, Option<(i32, i32)>)> = Vec::new();
    for rule in rules {
        let key = (rule.protocol.as_str(), rule.ports);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let show = |(protocol, ports): (&str, Option<(i32, i32)>)| {
        let same: Vec<_> =
            rules.iter().filter(|rule| rule.protocol == protocol && rule.ports == ports).collect();
        let listed = |get: &dyn Fn(&SecurityGroupRule) -> Option<Node>| {
            let described =
                |rule: &&&SecurityGroupRule| Some(get(rule)?.maybe("description", rule.description.as_ref()));
            same.iter().filter_map(described).collect::<Vec<_>>()
        };
        let pair = |id: String| Node::new().put("userId", &view.region.account).put("groupId", id);
        Node::new()
            .put("ipProtocol", protocol)
            .maybe("fromPort", ports.map(|p| p.0))
            .maybe("toPort", ports.map(|p| p.1))
            .list("groups", listed(&|rule| rule.source.group().map(pair)))
            .list("ipRanges", listed(&|rule| rule.source.cidr().map(|cidr| Node::new().put("cidrIp", cidr))))
            .list(
                "ipv6Ranges",
                listed(&|rule| rule.source.cidr6().map(|cidr| Node::new().put("cidrIpv6", cidr))),
            )
            .list(
                "prefixListIds",
                listed(&|rule| rule.source.prefix_list().map(|id| Node::new().put("prefixListId", id))),
            )
    };
    keys.into_iter().map(show).collect()
}
