//! What security groups let in from outside, and what public addresses lead to.

use std::net::{Ipv4Addr, SocketAddrV4};

use super::plan::PublicPort;
use crate::loopback::action::View;
use crate::loopback::ec2::Ec2;
use crate::loopback::ec2::instance::Instance;
use crate::loopback::ec2::instance_state::State;
use crate::loopback::ec2::network_interface::NetworkInterface;
use crate::loopback::ec2::security_group_rule::{self, SecurityGroupRule, Source};

/// Whoever is at the shell, as the VPC sees them: an address that is for examples (RFC 5737), of the range that ours call admins.
pub const PERSON: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 7);

/// A public address has a listener on this machine for each of its ports, so that wide ranges are left closed.
const WIDEST: usize = 16;

/// Whether security groups let the person at the shell in to a TCP port. What they do not let in is refused here, and not
/// silently dropped as AWS does: a listener that is not there cannot do otherwise.
#[must_use]
pub fn admits(ec2: &Ec2, groups: &[String], port: u16) -> bool {
    let has =
        |rule: &SecurityGroupRule| rule.ports.is_none_or(|(from, to)| (from..=to).contains(&port.into()));
    let fits = |rule: &SecurityGroupRule| match &rule.source {
        Source::Cidr(net) => net.contains(&PERSON),
        Source::Cidr6(_) | Source::PrefixList(_) | Source::Group(_) => false,
    };
    let rules = groups.iter().flat_map(|group| security_group_rule::of(ec2, group, false));
    rules.into_iter().any(|rule| matches!(rule.protocol.as_str(), "tcp" | "-1") && has(rule) && fits(rule))
}

/// The ports of the public addresses of a VPC's running instances. Who may use them is the firewall's business.
#[must_use]
pub fn of(view: View<'_>, vpc: &str) -> Vec<PublicPort> {
    let instances = view.region.ec2.instances.values();
    let running =
        instances.filter(|instance| instance.vpc == vpc && instance.state(view.now) == State::Running);
    let interfaces = running.flat_map(|instance: &Instance| instance.interfaces(&view.region.ec2));
    let mut ports: Vec<PublicPort> = interfaces.flat_map(|interface| of_interface(view, interface)).collect();
    ports.sort_unstable();
    ports.dedup();
    ports
}

fn of_interface(view: View<'_>, interface: &NetworkInterface) -> Vec<PublicPort> {
    let Some(public) = interface.public(view) else { return Vec::new() };
    let groups = interface.groups.iter();
    let rules = groups.flat_map(|group| security_group_rule::of(&view.region.ec2, group, false));
    let open = |rule: &SecurityGroupRule| {
        let (from, to) = rule.ports.filter(|_| rule.protocol == "tcp")?;
        let ports: Vec<u16> = (from..=to).filter_map(|port| port.try_into().ok()).collect();
        (matches!(rule.source, Source::Cidr(_)) && ports.len() <= WIDEST).then_some(ports)
    };
    let ports = rules.filter_map(open).flatten().filter(|port| *port > 0);
    ports
        .map(|port| PublicPort {
            public: SocketAddrV4::new(public, port),
            private: SocketAddrV4::new(interface.private_ip, port),
        })
        .collect()
}
