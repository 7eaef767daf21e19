//! How the plan for a VPC is read off the state of its Region.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::ops::RangeInclusive;
use std::time::Duration;

use super::plan::{Balancer, Check, Fitness, Group, Listener, Rule, Target, Traffic};
use super::{names_plan, ports};
use crate::loopback::action::View;
use crate::loopback::clock::{Clock, Time};
use crate::loopback::elbv2::health_check::HealthCheck;
use crate::loopback::elbv2::{self, LoadBalancer, Noun as _, TargetGroup, health};
use crate::loopback::world::Region;

/// A real check costs this machine something: no target is asked more often, however fast AWS's time passes.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(50);
/// A real answer takes real time, however fast AWS's time passes.
const SHORTEST_TIMEOUT: Duration = Duration::from_secs(1);

impl Traffic {
    /// What is to be done for a VPC, as its Region stands.
    #[must_use]
    pub fn of(region: &Region, clock: &Clock, now: Time, vpc: &str) -> Self {
        let all = region.elbv2.load_balancers.values();
        let active: Vec<&LoadBalancer> =
            all.filter(|balancer| balancer.vpc == vpc && balancer.state(now) == "active").collect();
        let balancers: Vec<Balancer> =
            active.iter().map(|balancer| self::balancer(View { region, now }, balancer)).collect();
        let groups = region.elbv2.target_groups.values().filter(|group| group.vpc == vpc);
        let groups = groups.filter_map(|group| {
            let leading = group.load_balancers(&region.elbv2);
            let leading = balancers.iter().find(|balancer| leading.contains(&balancer.arn.as_str()))?;
            let group_plan = self::group(region, clock, now, group, &leading.private);
            Some((group.arn().to_owned(), group_plan))
        });
        Self {
            groups: groups.collect(),
            inside: names_plan::inside(region, now, vpc),
            outside: names_plan::outside(region, now),
            ports: ports::of(View { region, now }, vpc),
            balancers,
        }
    }
}

fn balancer(view: View<'_>, balancer: &LoadBalancer) -> Balancer {
    let interfaces = &view.region.ec2.network_interfaces;
    let interfaces = balancer.places.iter().filter_map(|place| interfaces.get(&place.interface));
    let listeners = view.region.elbv2.listeners.values();
    let own = listeners.filter(|listener| listener.load_balancer == balancer.arn());
    // There is no certificate that could be shown for a name of AWS's or the account's, so that HTTPS goes unanswered.
    let own = own.filter(|listener| listener.protocol == "HTTP");
    let idle = balancer.attributes.get("idle_timeout.timeout_seconds").and_then(|text| text.parse().ok());
    Balancer {
        arn: balancer.arn().to_owned(),
        private: interfaces.clone().map(|interface| interface.private_ip).collect(),
        public: interfaces.filter_map(|interface| interface.public(view)).collect(),
        listeners: own.map(|listener| self::listener(view.region, balancer, listener)).collect(),
        idle: Duration::from_secs(idle.unwrap_or(60)),
        attributes: balancer.attributes.clone(),
    }
}

fn listener(region: &Region, balancer: &LoadBalancer, listener: &elbv2::Listener) -> Listener {
    let mut own: Vec<&elbv2::Rule> =
        region.elbv2.rules.values().filter(|rule| rule.listener == listener.arn()).collect();
    own.sort_by_key(|rule| rule.priority);
    let rules = own.into_iter().cloned().chain([listener.default_rule()]);
    Listener {
        port: listener.port,
        open: ports::admits(&region.ec2, &balancer.groups, listener.port),
        rules: rules.map(|rule| Rule { conditions: rule.conditions, step: rule.step }).collect(),
    }
}

fn group(region: &Region, clock: &Clock, now: Time, group: &TargetGroup, sources: &[Ipv4Addr]) -> Group {
    let target = |target: &elbv2::target::Target| {
        let fitness = match health::of(region, clock, now, group, target).0 {
            "healthy" | "unavailable" => Fitness::Fit,
            "draining" => Fitness::Draining,
            "unused" => return None,
            _ => Fitness::Unfit,
        };
        let ip = match region.ec2.instances.get(&target.id) {
            Some(instance) => instance.primary(&region.ec2)?.private_ip,
            None => target.id.parse().ok()?,
        };
        Some(Target { id: target.id.clone(), address: SocketAddrV4::new(ip, target.port), fitness })
    };
    Group {
        targets: group.targets.iter().filter_map(target).collect(),
        check: Check::of(&group.check, clock),
        plain: group.protocol == "HTTP" && group.version == "HTTP1",
        sources: sources.to_vec(),
    }
}

impl Check {
    fn of(check: &HealthCheck, clock: &Clock) -> Self {
        let scaled = |seconds: u32| Duration::from_micros(clock.scaled(f64::from(seconds)));
        Self {
            port: check.port.parse().ok(),
            path: check.path.clone(),
            codes: codes(&check.matcher),
            interval: scaled(check.interval).max(SHORTEST_INTERVAL),
            timeout: scaled(check.timeout).max(SHORTEST_TIMEOUT),
            plain: check.protocol == "HTTP",
        }
    }
}

/// The status codes of a matcher: `200`, `200-299`, `200,301`.
fn codes(matcher: &str) -> Vec<RangeInclusive<u16>> {
    let range = |part: &str| {
        let (low, high) = part.split_once('-').unwrap_or((part, part));
        Some(low.parse().ok()?..=high.parse().ok()?)
    };
    matcher.split(',').filter_map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::codes;

    #[test]
    fn a_matcher_lists_codes_and_ranges() {
        assert_eq!(codes("200"), [200..=200]);
        assert_eq!(codes("200-299,301"), [200..=299, 301..=301]);
    }
}
