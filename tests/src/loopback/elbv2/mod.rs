//! Elastic Load Balancing v2: application load balancers, their listeners and rules, and the targets behind them.
//!
//! Whether a target is healthy follows from when it was registered, when what it stands for came up, and how the group
//! checks ([`health`]); nothing is sent anywhere. With real machines behind the instances it follows from what their health checks
//! have really found ([`probe`]).

mod certificate;
pub mod condition;
pub mod fixed_response;
pub mod forward;
pub mod health;
pub mod health_check;
pub mod listener;
mod listener_certificate;
mod load_balancer;
mod load_balancer_attribute;
mod load_balancer_create;
mod load_balancer_network;
mod noun;
mod page;
pub mod probe;
pub mod redirect;
pub mod routing;
mod rule;
mod rule_priority;
mod ssl_policy;
mod tag;
pub mod target;
pub mod target_group;
mod target_group_attribute;
mod target_group_create;

pub use listener::Listener;
pub use load_balancer::LoadBalancer;
pub use noun::{Noun, Shelf};
pub use rule::Rule;
pub use target_group::TargetGroup;

use super::action::{Protocol, Resource, Service, View};
use super::clock::Time;
use super::world::Region;

pub const SERVICE: Service = Service {
    name: "elasticloadbalancing",
    protocol: Protocol::Query { xmlns: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/" },
    actions: &[
        health::ACTIONS,
        listener::ACTIONS,
        listener_certificate::ACTIONS,
        load_balancer::ACTIONS,
        load_balancer_attribute::ACTIONS,
        load_balancer_create::ACTIONS,
        load_balancer_network::ACTIONS,
        rule::ACTIONS,
        rule_priority::ACTIONS,
        ssl_policy::ACTIONS,
        tag::ACTIONS,
        target::ACTIONS,
        target_group::ACTIONS,
        target_group_attribute::ACTIONS,
        target_group_create::ACTIONS,
    ],
    hooks: &[],
    route: None,
    settle: |region, clock, now| {
        target::settle(region, clock, now);
        probe::settle(region, now);
    },
    resources,
};

/// What load balancing holds in a Region, each by ARN.
#[derive(Clone, Debug, Default)]
pub struct Elbv2 {
    pub load_balancers: Shelf<LoadBalancer>,
    pub listeners: Shelf<Listener>,
    pub rules: Shelf<Rule>,
    pub target_groups: Shelf<TargetGroup>,
    /// What health checks have found, where there are real machines.
    pub standings: probe::Standings,
}

/// The load balancers that use a certificate.
#[must_use]
pub fn certificate_users(region: &Region, certificate: &str) -> Vec<String> {
    let users =
        region.elbv2.listeners.values().filter(|l| l.certificates.iter().any(|arn| arn == certificate));
    let mut arns: Vec<String> = users.map(|listener| listener.load_balancer.clone()).collect();
    arns.sort();
    arns.dedup();
    arns
}

fn resources(region: &Region, now: Time) -> Vec<Resource> {
    let (elb, view) = (&region.elbv2, View { region, now });
    let balancers = elb.load_balancers.values().map(|noun| noun.resource(view));
    let listeners = elb.listeners.values().map(|noun| noun.resource(view));
    let rules = elb.rules.values().map(|noun| noun.resource(view));
    let groups = elb.target_groups.values().map(|noun| noun.resource(view));
    balancers.chain(listeners).chain(rules).chain(groups).collect()
}
