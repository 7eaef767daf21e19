//! How instances come into service, and into target groups.

use std::collections::BTreeMap;

use super::client::Turn;
use super::group::Group;
use super::member::{Member, Stage};
use crate::loopback::clock::{Clock, Time};
use crate::loopback::ec2::instance_state::State;

/// The states of targets: by instance, one for each target group that it is in.
pub type Targets = BTreeMap<String, Vec<String>>;

impl Member {
    /// Whether it came into service so recently that it may still fail its checks.
    #[must_use]
    pub fn in_grace(&self, clock: &Clock, now: Time, grace: i64) -> bool {
        self.in_service.is_none_or(|since| now < after(clock, since, grace))
    }

    /// Whether it has been in service for so many seconds.
    #[must_use]
    pub fn warm(&self, clock: &Clock, now: Time, warmup: i64) -> bool {
        self.in_service.is_some_and(|since| after(clock, since, warmup) <= now)
    }
}

/// So many whole seconds after a moment.
#[expect(clippy::cast_precision_loss, reason = "at most a year of seconds")]
pub fn after(clock: &Clock, from: Time, seconds: i64) -> Time {
    clock.after(from, seconds as f64)
}

impl Turn<'_> {
    /// The state of an instance; one that EC2 has forgotten is terminated.
    #[must_use]
    pub fn state(&self, id: &str) -> State {
        self.region.ec2.instances.get(id).map_or(State::Terminated, |instance| instance.state(self.now))
    }

    /// Whether an instance fails its status checks, or will.
    #[must_use]
    pub fn impaired(&self, id: &str) -> bool {
        self.region.ec2.instances.get(id).is_some_and(|instance| instance.impaired.is_some())
    }
}

/// Brings into service what runs, and puts what serves into the target groups.
pub fn arrive(group: &mut Group, turn: &mut Turn<'_>) {
    let adds = !group.pauses("AddToLoadBalancer");
    let mut arrived = Vec::new();
    for member in group.members.values_mut() {
        if member.stage == Stage::Pending && turn.state(&member.id) == State::Running {
            (member.stage, member.in_service) = (Stage::InService, Some(turn.now));
            arrived.push(member.activity.clone());
        }
        match member.stage {
            Stage::InService => {
                let wanted = group.target_groups.iter().filter(|_| adds);
                let new: Vec<String> =
                    wanted.filter(|arn| !member.registered.contains(*arn)).cloned().collect();
                for arn in new {
                    if turn.target("RegisterTargets", &arn, &member.id).is_ok() {
                        member.registered.insert(arn);
                    }
                }
                leave(turn, member, |arn| !group.target_groups.contains(arn));
            }
            Stage::Standby => leave(turn, member, |_| true),
            Stage::Pending | Stage::Terminating => {}
        }
    }
    for id in arrived {
        if let Some(activity) = group.activity(&id) {
            activity.succeed(turn.now);
        }
    }
}

/// Takes an instance out of some target groups, without waiting until they have let it go.
fn leave(turn: &mut Turn<'_>, member: &mut Member, leaves: impl Fn(&String) -> bool) {
    let left: Vec<String> = member.registered.iter().filter(|arn| leaves(arn)).cloned().collect();
    for arn in left {
        // A target group that is gone needs no leaving.
        let _ = turn.target("DeregisterTargets", &arn, &member.id);
        member.registered.remove(&arn);
    }
}

/// The states of all targets that a group is about.
pub fn targets(group: &Group, turn: &mut Turn<'_>) -> Targets {
    let mut arns: Vec<&String> = group.members.values().flat_map(|member| &member.registered).collect();
    arns.sort();
    arns.dedup();
    let mut targets = Targets::new();
    for arn in arns {
        for (id, state) in turn.target_states(arn) {
            targets.entry(id).or_default().push(state);
        }
    }
    targets
}
