//! What the traffic of a VPC depends on, as plain data.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::time::Duration;

use super::names::Names;
use crate::loopback::elbv2::condition::Condition;
use crate::loopback::elbv2::routing::Step;
use crate::loopback::tag::Tags;

/// What is to be done for a VPC at a moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Traffic {
    /// The active load balancers.
    pub balancers: Vec<Balancer>,
    /// The target groups that they lead to, by ARN.
    pub groups: BTreeMap<String, Group>,
    /// The names as the VPC's own resolver knows them.
    pub inside: Names,
    /// The names as the rest of the world knows them.
    pub outside: Names,
    /// What the public addresses of instances lead to.
    pub ports: Vec<PublicPort>,
}

/// A load balancer.
#[derive(Clone, Debug, PartialEq)]
pub struct Balancer {
    pub arn: String,
    /// Its address in each of its subnets.
    pub private: Vec<Ipv4Addr>,
    /// Those that the world reaches it by; none for an internal one.
    pub public: Vec<Ipv4Addr>,
    pub listeners: Vec<Listener>,
    /// For so long a target may take from one sign of life to the next. Real time, since a real target takes it.
    pub idle: Duration,
    pub attributes: Tags,
}

/// A port of a load balancer.
#[derive(Clone, Debug, PartialEq)]
pub struct Listener {
    pub port: u16,
    /// Whether the security groups let the world in.
    pub open: bool,
    /// By priority; the last one, without conditions, is the default.
    pub rules: Vec<Rule>,
}

/// What is done with the requests that fulfil all conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub conditions: Vec<Condition>,
    pub step: Step,
}

/// A target group.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Those that requests may reach: what is `unused` is left out.
    pub targets: Vec<Target>,
    pub check: Check,
    /// Whether its targets take HTTP/1.1 in the clear, which is all that is spoken here.
    pub plain: bool,
    /// The addresses of a load balancer that leads to it: where its checks come from.
    pub sources: Vec<Ipv4Addr>,
}

/// An instance or an address in a target group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub id: String,
    pub address: SocketAddrV4,
    pub fitness: Fitness,
}

/// Whether a target gets requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fitness {
    /// Healthy, or nobody asks.
    Fit,
    /// Unhealthy, or not known yet: requests come only where no target is fit.
    Unfit,
    /// No new requests.
    Draining,
}

/// How targets are checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// None for the one that requests go to.
    pub port: Option<u16>,
    pub path: String,
    /// The status codes that are good.
    pub codes: Vec<RangeInclusive<u16>>,
    /// As time passes here.
    pub interval: Duration,
    /// As time passes here.
    pub timeout: Duration,
    /// Whether it is made in the clear, which is all that is spoken here.
    pub plain: bool,
}

/// A TCP port of a public address, and where it leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicPort {
    pub public: SocketAddrV4,
    pub private: SocketAddrV4,
}

impl Traffic {
    /// Whether new requests may go to an address.
    #[must_use]
    pub fn reaches(&self, address: SocketAddrV4) -> bool {
        let mut targets = self.groups.values().flat_map(|group| &group.targets);
        targets.any(|target| target.address == address && target.fitness != Fitness::Draining)
    }
}
