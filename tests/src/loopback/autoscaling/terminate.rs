//! Letting instances go: out of the target groups, drained, terminated, forgotten.

use std::collections::BTreeMap;

use super::activity::at;
use super::client::Turn;
use super::group::Group;
use super::member::{Member, Stage};
use super::membership::Targets;
use crate::loopback::clock::Time;
use crate::loopback::ec2::instance_state::State;

/// Begins to let an instance go, and answers with the activity.
pub fn begin(group: &mut Group, rng: &mut fastrand::Rng, now: Time, id: &str, why: &str) -> Option<String> {
    let member = group.members.get(id).filter(|member| member.stage != Stage::Terminating)?;
    let place = Some((member.subnet.clone(), member.zone.clone()));
    let cause = format!("At {} an instance was taken out of service {why}.", at(now));
    let what = format!("Terminating EC2 instance: {id}");
    let before = member.activity.clone();
    if let Some(launch) = group.activity(&before).filter(|activity| activity.end.is_none()) {
        // It never came into service.
        (launch.status, launch.progress, launch.end) = ("Cancelled", 100, Some(now));
    }
    let activity = group.begin(rng, now, (what, cause, "InProgress"), place);
    let member = group.members.get_mut(id)?;
    member.stage = Stage::Terminating;
    member.activity.clone_from(&activity);
    Some(activity)
}

/// Lets go what is too much.
pub fn shrink(group: &mut Group, turn: &mut Turn<'_>) {
    let wanted = group.wanted();
    if group.pauses("Terminate") && group.deleting.is_none() {
        return;
    }
    loop {
        let active = group.active().count();
        let least = if group.deleting.is_some() { 0 } else { wanted };
        let standby = group.members.values().find(|m| m.stage == Stage::Standby && group.deleting.is_some());
        let Some(id) = standby.or_else(|| victim(group).filter(|_| active > least)).map(|m| m.id.clone())
        else {
            return;
        };
        let why = match group.deleting {
            Some(_) => "in response to a user request deleting the AutoScalingGroup".to_owned(),
            None => format!(
                "in response to a difference between desired and actual capacity, shrinking the capacity from {active} to {}.  \
                 At {} instance {id} was selected for termination",
                active - 1,
                at(turn.now)
            ),
        };
        begin(group, &mut turn.region.rng, turn.now, &id, &why);
    }
}

/// The one to go: in the fullest zone, of an older configuration first, then the oldest.
fn victim(group: &Group) -> Option<&Member> {
    let mut zones: BTreeMap<&str, usize> = BTreeMap::new();
    for member in group.active() {
        *zones.entry(&member.zone).or_default() += 1;
    }
    let current = group.launch_template();
    let newer = |member: &Member| !current.numbered() || member.template == *current;
    let deleting = group.deleting.is_some();
    group.active().filter(|member| deleting || !member.protected).min_by_key(|member| {
        let full = std::cmp::Reverse(zones.get(member.zone.as_str()).copied());
        (full, newer(member), member.launched)
    })
}

/// Goes on with what is being let go.
pub fn carry_on(group: &mut Group, turn: &mut Turn<'_>, targets: &Targets) {
    let force = group.deleting.is_some();
    let mut over = Vec::new();
    let mut draining = Vec::new();
    for member in group.members.values_mut().filter(|member| member.stage == Stage::Terminating) {
        if !member.ended {
            leave(turn, member);
            if !force && turn.state(&member.id).alive() && drains(turn, member, targets) {
                draining.push(member.activity.clone());
                continue;
            }
            turn.terminate_instance(&member.id);
            member.ended = true;
        }
        if turn.state(&member.id) == State::Terminated {
            over.push((member.id.clone(), member.activity.clone()));
        }
    }
    for id in draining {
        if let Some(activity) = group.activity(&id) {
            activity.status = "WaitingForELBConnectionDraining";
            activity.message = Some("Waiting for ELB Connection Draining.".to_owned());
            activity.progress = 60;
        }
    }
    for (id, activity) in over {
        group.members.shift_remove(&id);
        if let Some(activity) = group.activity(&activity) {
            activity.message = None;
            activity.succeed(turn.now);
        }
    }
}

/// Takes an instance out of its target groups; asking again for what is draining already changes nothing.
fn leave(turn: &mut Turn<'_>, member: &Member) {
    for arn in &member.registered {
        // A target group that is gone needs no leaving.
        let _ = turn.target("DeregisterTargets", arn, &member.id);
    }
}

/// Whether a target group still lets connections end. Those of this turn's states are from before it was taken out.
fn drains(turn: &mut Turn<'_>, member: &mut Member, targets: &Targets) -> bool {
    if !targets.contains_key(&member.id) {
        return false;
    }
    let arns: Vec<String> = member.registered.iter().cloned().collect();
    for arn in arns {
        if turn.target_states(&arn).get(&member.id).is_none_or(|state| state != "draining") {
            member.registered.remove(&arn);
        }
    }
    !member.registered.is_empty()
}
