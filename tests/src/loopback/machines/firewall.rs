//! A VPC's security groups and ways out, as rules of the kernel's own firewall in its router.
//!
//! What a machine sends passes the groups of its interface on the way out, then those of the interface it is for on the way in; what
//! answers is let through by the state of the connection, as AWS does it. Network ACLs, prefix lists and IPv6 are not enforced.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::network::{GATEWAY, UPLINK, interface_name};
use super::wanted::{Machine, Power, has_way_out};
use crate::loopback::action::View;
use crate::loopback::clock::Clock;
use crate::loopback::ec2::network_interface::NetworkInterface;
use crate::loopback::ec2::security_group_rule::{SecurityGroupRule, Source};

/// The one port of the host that machines reach: that of a git server, from which `ansible-pull` may pull.
pub const GIT: u16 = 9418;

/// The whole ruleset of a VPC's router.
#[must_use]
pub fn rules(
    vpc: &str,
    resolver: Ipv4Addr,
    machines: &[&Machine],
    balancing: &[&NetworkInterface],
    clock: &Clock,
    view: View<'_>,
) -> String {
    let mut text = String::from("table ip vpc\ndelete table ip vpc\ntable ip vpc {\n");
    let interfaces: Vec<(String, &NetworkInterface)> = machines
        .iter()
        .filter_map(|machine| {
            let primary = view.region.ec2.instances.get(&machine.id)?.primary(&view.region.ec2)?;
            Some((interface_name(&machine.id), primary))
        })
        .collect();
    let seconds = view.region.conditions.ssh_refused;
    let refusing: Vec<String> = machines
        .iter()
        .filter(|machine| matches!(machine.power, Power::On(since) if view.now < clock.after(since, seconds)))
        .map(|machine| interface_name(&machine.id))
        .collect();
    for (name, interface) in &interfaces {
        chain(&mut text, &format!("out_{name}"), &sending(vpc, interface, view), "drop");
        let mut receiving = receiving(vpc, interface, view);
        if refusing.contains(name) {
            receiving.insert(0, "tcp dport 22 reject with tcp reset".to_owned());
        }
        chain(&mut text, &format!("in_{name}"), &receiving, "drop");
    }
    for interface in balancing {
        let name = format!("balancer_{}", number(interface.private_ip));
        chain(&mut text, &name, &receiving(vpc, interface, view), "drop");
    }
    let out: Vec<&str> = interfaces
        .iter()
        .filter(|(_, interface)| has_way_out(interface, view))
        .map(|(name, _)| name.as_str())
        .collect();
    chain(&mut text, "internet", &internet(&out), "drop");
    hooks(&mut text, resolver, &interfaces, balancing);
    text.push_str("}\n");
    text
}

fn chain(text: &mut String, name: &str, lines: &[String], last: &str) {
    // Writing to a text does not fail.
    let _ = write!(text, "chain {name} {{\n{}\n{last}\n}}\n", lines.join("\n"));
}

/// What leaves the VPC: by who has a way out only, and to this machine itself only where it serves git.
fn internet(out: &[&str]) -> Vec<String> {
    if out.is_empty() {
        return Vec::new();
    }
    let from = format!("iifname {{ {} }}", quoted(out).join(", "));
    vec![
        format!("ip daddr {GATEWAY} meta l4proto != tcp drop"),
        format!("ip daddr {GATEWAY} tcp dport != {GIT} drop"),
        format!("{from} accept"),
    ]
}

fn hooks(
    text: &mut String,
    resolver: Ipv4Addr,
    interfaces: &[(String, &NetworkInterface)],
    balancing: &[&NetworkInterface],
) {
    let map = |verb: &str, prefix: &str, more: &[String]| {
        let each = interfaces.iter().map(|(name, _)| format!("\"{name}\" : {verb} {prefix}_{name}"));
        each.chain(more.iter().cloned()).collect::<Vec<_>>().join(", ")
    };
    let sent = map("jump", "out", &[]);
    let sent = if sent.is_empty() { String::new() } else { format!("iifname vmap {{ {sent} }}") };
    let received = map("goto", "in", &[]);
    let received = if received.is_empty() { String::new() } else { format!("oifname vmap {{ {received} }}") };
    let forwarded = map("goto", "in", &[format!("\"{UPLINK}\" : goto internet")]);
    let known = "ct state established,related accept".to_owned();
    let hook = |hook: &str, policy: &str| format!("type filter hook {hook} priority 0; policy {policy};");
    let forward = [
        hook("forward", "drop"),
        known.clone(),
        format!("iifname \"{UPLINK}\" drop"),
        sent.clone(),
        format!("oifname vmap {{ {forwarded} }}"),
    ];
    chain(text, "forward", &forward, "drop");
    let mut input = vec![
        hook("input", "drop"),
        known.clone(),
        "iifname \"lo\" accept".to_owned(),
        format!("ip daddr {resolver} meta l4proto {{ tcp, udp }} th dport 53 accept"),
        sent,
    ];
    input.extend(
        balancing
            .iter()
            .map(|it| format!("ip daddr {} goto balancer_{}", it.private_ip, number(it.private_ip))),
    );
    chain(text, "input", &input, "drop");
    chain(text, "output", &[hook("output", "accept"), known, received], "accept");
    let translate = [
        "type nat hook postrouting priority 100; policy accept;".to_owned(),
        format!("oifname \"{UPLINK}\" masquerade"),
    ];
    chain(text, "postrouting", &translate, "accept");
}

/// What an interface may send: under its own address, and what its groups let out.
fn sending(vpc: &str, interface: &NetworkInterface, view: View<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if interface.source_dest_check {
        lines.push(format!("ip saddr != {} drop", interface.private_ip));
    }
    lines.extend(allowed(vpc, interface, true, view).into_iter().map(|rule| format!("{rule} return")));
    lines
}

fn receiving(vpc: &str, interface: &NetworkInterface, view: View<'_>) -> Vec<String> {
    allowed(vpc, interface, false, view).into_iter().map(|rule| format!("{rule} accept")).collect()
}

fn allowed(vpc: &str, interface: &NetworkInterface, egress: bool, view: View<'_>) -> Vec<String> {
    let rules = view.region.ec2.security_group_rules.values();
    let of_it = rules.filter(|rule| rule.egress == egress && interface.groups.contains(&rule.group));
    of_it.filter_map(|rule| condition(vpc, rule, view)).collect()
}

/// None for what is not enforced, and for a group in which nothing is.
fn condition(vpc: &str, rule: &SecurityGroupRule, view: View<'_>) -> Option<String> {
    let end = if rule.egress { "daddr" } else { "saddr" };
    let peer = match &rule.source {
        Source::Cidr(range) if range.prefix_len() == 0 => String::new(),
        Source::Cidr(range) => format!("ip {end} {range} "),
        Source::Group(group) => {
            let members = members(vpc, group, view);
            if members.is_empty() {
                return None;
            }
            format!("ip {end} {{ {} }} ", members.join(", "))
        }
        Source::Cidr6(_) | Source::PrefixList(_) => return None,
    };
    Some(format!("{peer}{}", traffic(rule)?))
}

fn traffic(rule: &SecurityGroupRule) -> Option<String> {
    let text = match (rule.protocol.as_str(), rule.ports) {
        ("-1", _) => "meta l4proto != 255".to_owned(),
        (protocol @ ("tcp" | "udp"), Some((from, to))) if from >= 0 => {
            format!("{protocol} dport {from}-{to}")
        }
        (protocol @ ("tcp" | "udp" | "icmp"), _) => format!("meta l4proto {protocol}"),
        (number, _) => format!("meta l4proto {}", number.parse::<u8>().ok()?),
    };
    Some(text)
}

/// The addresses of the interfaces in a group.
fn members(vpc: &str, group: &str, view: View<'_>) -> Vec<String> {
    let interfaces = view.region.ec2.network_interfaces.values();
    let is_in = |it: &&NetworkInterface| it.vpc == vpc && it.groups.iter().any(|has| has == group);
    let mut members: Vec<Ipv4Addr> = interfaces.filter(is_in).map(|it| it.private_ip).collect();
    members.sort();
    members.dedup();
    members.iter().map(ToString::to_string).collect()
}

fn quoted(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("\"{name}\"")).collect()
}

/// An address as a part of a name.
fn number(address: Ipv4Addr) -> u32 {
    u32::from(address)
}
