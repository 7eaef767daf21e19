//! The health of targets.
//!
//! A group asks its targets at its interval. A new target is `initial` until it first answers well, or has failed as often as
//! makes a target unhealthy; from there on it takes as many good answers in a row as the group wants. Where there are real
//! machines, those are the answers that they have given; else they are what an instance of its age and fortune would give.

use std::borrow::Cow;

use super::health_check::HealthCheck;
use super::probe::Outcome;
use super::target::Target;
use super::{LoadBalancer, Noun as _, TargetGroup};
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::clock::{Clock, Time};
use crate::loopback::ec2::instance::Instance;
use crate::loopback::ec2::instance_state::{Life, State};
use crate::loopback::error::Result;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read(
    "DescribeTargetHealth",
    list,
    "TargetGroupArn! Targets.N.Id Targets.N.Port Targets.N.AvailabilityZone Include.N",
)];

/// From running to what runs on an instance answering.
const START_SECONDS: f64 = 30.0;
/// From being registered to the first question.
const REGISTRATION_SECONDS: f64 = 5.0;

/// A state, with its reason and a description, where AWS gives one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health(pub &'static str, pub Option<(&'static str, Cow<'static, str>)>);

/// One with a reason that is always the same.
const fn because(state: &'static str, code: &'static str, description: &'static str) -> Health {
    Health(state, Some((code, Cow::Borrowed(description))))
}

const HEALTHY: Health = Health("healthy", None);
const INITIAL: Health = because("initial", "Elb.InitialHealthChecking", "Initial health checks in progress");
const UNHEALTHY: Health = because("unhealthy", "Target.FailedHealthChecks", "Health checks failed");
const TIMED_OUT: Health = because("unhealthy", "Target.Timeout", "Request timed out");
const DRAINING: Health =
    because("draining", "Target.DeregistrationInProgress", "Target deregistration is in progress");
const NOT_IN_USE: Health = because(
    "unused",
    "Target.NotInUse",
    "Target group is not configured to receive traffic from the load balancer",
);
const OTHER_ZONE: Health = because(
    "unused",
    "Target.NotInUse",
    "Target is in an Availability Zone that is not enabled for the load balancer",
);
const STOPPED: Health = because("unused", "Target.InvalidState", "Target is in the stopped state");
const NOT_REGISTERED: Health =
    because("unused", "Target.NotRegistered", "Target is not registered to the target group");
const DISABLED: Health =
    because("unavailable", "Target.HealthCheckDisabled", "Health checks are disabled for this target group");

/// When a target answers well: from a moment on, up to another.
#[derive(Clone, Copy, Debug)]
struct Uptime {
    from: Option<Time>,
    to: Option<Time>,
}

/// How a target of a group fares.
#[must_use]
pub fn of(region: &Region, clock: &Clock, now: Time, group: &TargetGroup, target: &Target) -> Health {
    if target.leaving.is_some() {
        return DRAINING;
    }
    let balancers = group.load_balancers(&region.elbv2);
    let balancers: Vec<&LoadBalancer> =
        balancers.into_iter().filter_map(|arn| region.elbv2.load_balancers.get(arn)).collect();
    let (Some(used), Some(ready)) = (group.used, balancers.iter().map(|lb| lb.ready).min()) else {
        return NOT_IN_USE;
    };
    let instance = region.ec2.instances.get(&target.id);
    let uptime = match instance {
        Some(instance) if instance.state(now) != State::Running => return STOPPED,
        Some(instance)
            if !balancers.iter().any(|lb| lb.places.iter().any(|p| p.zone == instance.zone.name)) =>
        {
            return OTHER_ZONE;
        }
        Some(instance) => uptime(clock, instance),
        None => Uptime { from: Some(target.registered), to: None },
    };
    if !group.check.enabled {
        return DISABLED;
    }
    if region.machines {
        return probed(region, group, target);
    }
    let first = clock.after(target.registered.max(used).max(ready), REGISTRATION_SECONDS);
    asked(&group.check, clock, first, uptime, now)
}

/// What the checks of a real machine have found.
fn probed(region: &Region, group: &TargetGroup, target: &Target) -> Health {
    let standing = region.elbv2.standing(group.arn(), target);
    match standing.and_then(|standing| Some((standing.healthy?, standing.why))) {
        None => INITIAL,
        Some((true, _)) => HEALTHY,
        Some((false, Outcome::Timeout)) => TIMED_OUT,
        Some((false, Outcome::Code(code))) => {
            let description = Cow::Owned(format!("Health checks failed with these codes: [{code}]"));
            Health("unhealthy", Some(("Target.ResponseCodeMismatch", description)))
        }
        Some((false, Outcome::Good | Outcome::Failed)) => UNHEALTHY,
    }
}

fn uptime(clock: &Clock, instance: &Instance) -> Uptime {
    let Life::Running { from, .. } = instance.life else { return Uptime { from: None, to: None } };
    let from = clock.after(from, START_SECONDS);
    match instance.impaired {
        Some(to) if to <= from => Uptime { from: None, to: None },
        to => Uptime { from: Some(from), to },
    }
}

/// What the answers up to now make of a target that is first asked at a moment.
fn asked(check: &HealthCheck, clock: &Clock, first: Time, uptime: Uptime, now: Time) -> Health {
    let interval = clock.scaled(f64::from(check.interval)).max(1);
    let asked = |times: u64| Time(first.0.saturating_add(times.saturating_mul(interval)));
    // How many questions come before a moment.
    let before = |moment: Time| moment.0.saturating_sub(first.0).div_ceil(interval);
    let (good, bad) = (u64::from(check.healthy), u64::from(check.unhealthy));
    if uptime.to.is_some_and(|down| now >= asked(before(down) + bad - 1)) {
        return UNHEALTHY;
    }
    let failures = uptime.from.map(before);
    match failures {
        Some(failures) if failures < bad && now >= asked(failures) => HEALTHY,
        Some(failures) if failures >= bad && now >= asked(failures + good - 1) => HEALTHY,
        _ if now < asked(bad - 1) => INITIAL,
        _ => UNHEALTHY,
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let group = call.balanced::<TargetGroup>(call.params.required("TargetGroupArn")?)?;
    let wanted = call.params.items("Targets");
    let port = if group.check.port == "traffic-port" { None } else { Some(group.check.port.clone()) };
    let show = |target: &Target, Health(state, reason): Health| {
        let health = Node::new()
            .put("State", state)
            .maybe("Reason", reason.as_ref().map(|(code, _)| *code))
            .maybe("Description", reason.map(|(_, description)| description.into_owned()));
        Node::new()
            .node("Target", target.show())
            .put("HealthCheckPort", port.clone().unwrap_or_else(|| target.port.to_string()))
            .node("TargetHealth", health)
    };
    let asked = group.targets.iter().filter(|t| wanted.is_empty() || wanted.iter().any(|item| t.meant(item)));
    let mut nodes: Vec<Node> =
        asked.map(|target| show(target, of(call.region, call.clock, call.now, group, target))).collect();
    for item in wanted.iter().filter(|item| !group.targets.iter().any(|target| target.meant(item))) {
        let id = item.text("Id").unwrap_or_default().to_owned();
        let port = item.parsed("Port")?.unwrap_or(group.port);
        let target = Target { id, port, registered: call.now, leaving: None };
        nodes.push(show(&target, NOT_REGISTERED));
    }
    Ok(Node::new().named_list("TargetHealthDescriptions", "member", nodes).into())
}

#[cfg(test)]
mod tests {
    use super::{Clock, HealthCheck, Time, Uptime, asked};

    /// The state a second after another, asked every 10 s from second 5 on, 2 good and 3 bad answers counting.
    fn course(from: Option<u64>, to: Option<u64>) -> Vec<(u64, &'static str)> {
        let check = HealthCheck { interval: 10, healthy: 2, unhealthy: 3, ..HealthCheck::default() };
        let time = |seconds: u64| Time(seconds * 1_000_000);
        let uptime = Uptime { from: from.map(time), to: to.map(time) };
        let mut course: Vec<(u64, &str)> = Vec::new();
        for second in 0..200 {
            let state = asked(&check, &Clock::new(1.0), time(5), uptime, time(second)).0;
            if course.last().is_none_or(|(_, last)| *last != state) {
                course.push((second, state));
            }
        }
        course
    }

    #[test]
    fn health_follows_from_the_answers() {
        assert_eq!(course(Some(0), None), [(0, "initial"), (5, "healthy")]);
        assert_eq!(course(Some(12), None), [(0, "initial"), (15, "healthy")]);
        assert_eq!(course(Some(40), None), [(0, "initial"), (25, "unhealthy"), (55, "healthy")]);
        assert_eq!(course(None, None), [(0, "initial"), (25, "unhealthy")]);
        assert_eq!(course(Some(0), Some(100)), [(0, "initial"), (5, "healthy"), (125, "unhealthy")]);
    }
}
