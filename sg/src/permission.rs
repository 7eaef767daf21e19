//! Between a rule and AWS's `IpPermission`. AWS answers protocols by name or number, leaves ports out where all are meant, and puts all
//! sources of the same ports together: both ways go through the normalised [`Rule`].

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use ipnet::IpNet;
use sg::rules::{Rule, Source, Traffic, Transport};

use crate::inventory::RolesById;

/// The description of a rule for an admin CIDR: by it a later run knows which CIDR rules those are.
pub const ADMIN: &str = "stackpipe: admin";

/// Whether a rule stands for an admin CIDR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Plain,
    Admin,
}

/// The rules in AWS's answer. `account` is the group's own.
pub fn rules_in(permissions: &[ec2::IpPermission], account: &str, by_id: &RolesById) -> BTreeMap<Rule, Mark> {
    let mut rules = BTreeMap::new();
    for permission in permissions {
        let Some(traffic) = traffic_of(permission) else {
            continue;
        };
        let sources = sources_of(permission, account, by_id);
        rules.extend(sources.into_iter().map(|(source, mark)| (Rule { traffic, source }, mark)));
    }
    rules
}

fn sources_of(permission: &ec2::IpPermission, account: &str, by_id: &RolesById) -> Vec<(Source, Mark)> {
    let mark = |description: Option<&str>| match description {
        Some(ADMIN) => Mark::Admin,
        _ => Mark::Plain,
    };
    let cidr = |text: Option<&str>| -> Option<Source> {
        let net: IpNet = text?.parse().ok()?;
        Some(Source::Cidr(net.trunc()))
    };
    let v4 = permission.ip_ranges().iter().map(|it| (cidr(it.cidr_ip()), mark(it.description())));
    let v6 = permission.ipv6_ranges().iter().map(|it| (cidr(it.cidr_ipv6()), mark(it.description())));
    let lists = permission
        .prefix_list_ids()
        .iter()
        .map(|it| (it.prefix_list_id().map(|id| Source::PrefixList(id.to_owned())), Mark::Plain));
    let groups =
        permission.user_id_group_pairs().iter().map(|pair| (group_of(pair, account, by_id), Mark::Plain));
    v4.chain(v6)
        .chain(lists)
        .chain(groups)
        .filter_map(|(source, mark)| source.map(|source| (source, mark)))
        .collect()
}

fn group_of(pair: &ec2::UserIdGroupPair, account: &str, by_id: &RolesById) -> Option<Source> {
    let id = pair.group_id()?;
    if let Some(role) = by_id.get(id) {
        return Some(Source::Group(role.clone()));
    }
    let account = pair.user_id().filter(|it| *it != account).map(str::to_owned);
    Some(Source::GroupId { account, id: id.to_owned() })
}

/// None for what EC2 does not answer.
pub fn traffic_of(permission: &ec2::IpPermission) -> Option<Traffic> {
    let (from, to) = (permission.from_port(), permission.to_port());
    let ports = |transport| {
        let from = from.filter(|port| *port >= 0).unwrap_or(0);
        let to = to.filter(|port| *port >= 0).unwrap_or(i32::from(u16::MAX));
        Some(Traffic::Ports { from: u16::try_from(from).ok()?, to: u16::try_from(to).ok()?, transport })
    };
    let icmp = |v6| {
        let kind = from.and_then(|kind| u8::try_from(kind).ok());
        let code = kind.and(to).and_then(|code| u8::try_from(code).ok());
        Some(Traffic::Icmp { v6, kind, code })
    };
    match permission.ip_protocol()? {
        "-1" | "all" => Some(Traffic::All),
        "tcp" | "6" => ports(Transport::Tcp),
        "udp" | "17" => ports(Transport::Udp),
        "icmp" | "1" => icmp(false),
        "icmpv6" | "58" => icmp(true),
        number => number.parse().ok().map(Traffic::Protocol),
    }
}

/// A rule as AWS takes it.
///
/// # Errors
/// A group that has no id, which is a defect of the caller.
pub fn permission(rule: &Rule, mark: Mark, by_id: &RolesById) -> Result<ec2::IpPermission> {
    let description = (mark == Mark::Admin).then(|| ADMIN.to_owned());
    let permission = with_traffic(rule.traffic);
    let pair = |account: Option<&String>, id: &str| {
        ec2::UserIdGroupPair::builder().set_user_id(account.cloned()).group_id(id).build()
    };
    Ok(match &rule.source {
        Source::Group(wanted) => {
            let (id, _) = by_id
                .iter()
                .find(|(_, known)| *known == wanted)
                .with_context(|| format!("{wanted} has no id"))?;
            permission.user_id_group_pairs(pair(None, id))
        }
        Source::GroupId { account, id } => permission.user_id_group_pairs(pair(account.as_ref(), id)),
        Source::PrefixList(id) => {
            permission.prefix_list_ids(ec2::PrefixListId::builder().prefix_list_id(id).build())
        }
        Source::Cidr(net @ IpNet::V4(_)) => permission
            .ip_ranges(ec2::IpRange::builder().cidr_ip(net.to_string()).set_description(description).build()),
        Source::Cidr(net @ IpNet::V6(_)) => permission.ipv6_ranges(
            ec2::Ipv6Range::builder().cidr_ipv6(net.to_string()).set_description(description).build(),
        ),
        Source::Admin => anyhow::bail!("{rule} names no CIDR"),
    }
    .build())
}

fn with_traffic(traffic: Traffic) -> ec2::builders::IpPermissionBuilder {
    let permission = ec2::IpPermission::builder();
    match traffic {
        Traffic::All => permission.ip_protocol("-1"),
        Traffic::Protocol(number) => permission.ip_protocol(number.to_string()),
        Traffic::Ports { from, to, transport } => {
            permission.ip_protocol(transport.to_string()).from_port(from.into()).to_port(to.into())
        }
        Traffic::Icmp { v6, kind, code } => permission
            .ip_protocol(if v6 { "icmpv6" } else { "icmp" })
            .from_port(kind.map_or(-1, i32::from))
            .to_port(code.map_or(-1, i32::from)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sg::rules::rules_of;

    fn roles() -> RolesById {
        RolesById::from([("sg-0123456789abcdef0".to_owned(), "vpn".to_owned())])
    }

    fn text_of(permission: &ec2::IpPermission) -> Vec<String> {
        let rules = rules_in(std::slice::from_ref(permission), "123456789012", &roles());
        rules.keys().map(ToString::to_string).collect()
    }

    #[test]
    fn what_is_sent_is_read_back_as_the_same_rule() {
        for text in [
            "3306/tcp from vpn",
            "all/udp from 10.0.0.0/8",
            "icmp from anywhere",
            "3:4/icmp from ::/0",
            "8/icmpv6 from 2001:db8::/32",
            "protocol-50 from pl-01234567",
            "all from sg-0fedcba9876543210",
            "22/tcp from 210987654321/sg-0fedcba9876543210",
        ] {
            let rule = rules_of(text).unwrap().remove(0);
            assert_eq!(text_of(&permission(&rule, Mark::Plain, &roles()).unwrap()), [text]);
        }
    }

    #[test]
    fn an_admin_rule_is_known_by_its_description() {
        let rule = rules_of("22/tcp from 203.0.113.7/32").unwrap().remove(0);
        let sent = permission(&rule, Mark::Admin, &roles()).unwrap();
        assert_eq!(rules_in(&[sent], "", &roles()).get(&rule), Some(&Mark::Admin));
    }

    #[test]
    fn aws_may_say_the_same_in_other_ways() {
        let anywhere = ec2::IpRange::builder().cidr_ip("0.0.0.0/0").build();
        let said = |protocol: &str, from, to| {
            text_of(
                &ec2::IpPermission::builder()
                    .ip_protocol(protocol)
                    .set_from_port(from)
                    .set_to_port(to)
                    .ip_ranges(anywhere.clone())
                    .build(),
            )
        };
        assert_eq!(said("6", Some(22), Some(22)), ["22/tcp from anywhere"]);
        assert_eq!(said("tcp", None, None), ["all/tcp from anywhere"]);
        assert_eq!(said("17", Some(0), Some(65535)), ["all/udp from anywhere"]);
        assert_eq!(said("-1", Some(-1), Some(-1)), ["all from anywhere"]);
        assert_eq!(said("1", Some(-1), Some(-1)), ["icmp from anywhere"]);
        assert_eq!(said("icmp", Some(8), Some(-1)), ["8/icmp from anywhere"]);
        assert_eq!(said("58", None, None), ["icmpv6 from anywhere"]);
        assert_eq!(said("50", None, None), ["protocol-50 from anywhere"]);
        assert!(said("nonsense", None, None).is_empty());
    }

    #[test]
    fn sources_of_one_permission_are_rules_of_their_own() {
        let pair =
            |account: &str, id: &str| ec2::UserIdGroupPair::builder().user_id(account).group_id(id).build();
        let permission = ec2::IpPermission::builder()
            .ip_protocol("tcp")
            .from_port(22)
            .to_port(22)
            .user_id_group_pairs(pair("123456789012", "sg-0123456789abcdef0"))
            .user_id_group_pairs(pair("123456789012", "sg-0fedcba9876543210"))
            .ip_ranges(ec2::IpRange::builder().cidr_ip("10.0.0.0/8").build())
            .build();
        let told = ["22/tcp from vpn", "22/tcp from 10.0.0.0/8", "22/tcp from sg-0fedcba9876543210"];
        assert_eq!(text_of(&permission), told);
    }
}
