//! Whether instances are healthy, as EC2 and load balancers say.

use super::client::Turn;
use super::group::Group;
use super::member::{Member, Stage};
use super::membership::Targets;
use super::terminate;
use crate::loopback::ec2::instance_state::State;

/// From one look to the next.
const INTERVAL_SECONDS: f64 = 10.0;

/// Finds the unhealthy ones, and lets them be replaced.
pub fn check(group: &mut Group, turn: &mut Turn<'_>, targets: &Targets) {
    if turn.now < turn.clock.after(group.checked, INTERVAL_SECONDS) {
        return;
    }
    group.checked = turn.now;
    let (grace, elb) = (group.settings.grace, group.settings.health_check.contains("ELB"));
    let checks = !group.pauses("HealthCheck");
    for member in group.members.values_mut().filter(|member| checks && member.stage == Stage::InService) {
        let why = problem(member, turn, grace, targets.get(&member.id).filter(|_| elb));
        if let Some(why) = why.filter(|_| member.sick.is_none()) {
            member.sick = Some(format!("in response to an {why}"));
        }
    }
    if !group.pauses("ReplaceUnhealthy") && !group.pauses("Terminate") {
        replace(group, turn);
    }
}

/// What is wrong with an instance. That it is gone counts at once; all else after the grace period.
fn problem(member: &Member, turn: &Turn<'_>, grace: i64, targets: Option<&Vec<String>>) -> Option<String> {
    if turn.state(&member.id) != State::Running {
        return Some("EC2 health check indicating it has been terminated or stopped".to_owned());
    }
    // A real machine starts in its own time.
    let clock = if turn.region.machines { turn.clock.unscaled() } else { turn.clock.clone() };
    if member.in_grace(&clock, turn.now, grace) {
        return None;
    }
    // A load balancer finds out in seconds what takes the status checks minutes.
    if targets.is_some_and(|states| states.iter().any(|state| state == "unhealthy")) {
        return Some("ELB system health check failure".to_owned());
    }
    turn.impaired(&member.id).then(|| "EC2 instance status checks failure".to_owned())
}

fn replace(group: &mut Group, turn: &mut Turn<'_>) {
    let sick = group.members.values().filter(|member| member.stage == Stage::InService);
    let sick: Vec<(String, String)> =
        sick.filter_map(|member| Some((member.id.clone(), member.sick.clone()?))).collect();
    for (id, why) in sick {
        if let Some(refresh) = group.refreshing_mut() {
            refresh.lost(&id, &why);
        }
        terminate::begin(group, &mut turn.region.rng, turn.now, &id, &why);
    }
}

impl Member {
    /// Whether it serves: in service, healthy, and not refused or still unknown by a load balancer that is asked.
    #[must_use]
    pub fn serves(&self, targets: &Targets) -> bool {
        let known =
            |state: &String| !matches!(state.as_str(), "initial" | "unhealthy" | "draining" | "unavailable");
        self.stage == Stage::InService
            && self.sick.is_none()
            && targets.get(&self.id).is_none_or(|states| states.iter().all(known))
    }
}
