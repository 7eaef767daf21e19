//! Taking instances out of service for a while, and back.

use super::error::{invalid, parsed, required};
use super::group::{Group, named_mut};
use super::member::Stage;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::clock::Time;
use crate::loopback::error::Result;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("EnterStandby", enter, "InstanceIds.N AutoScalingGroupName ShouldDecrementDesiredCapacity"),
    write("ExitStandby", exit, "InstanceIds.N AutoScalingGroupName"),
];

/// Refuses instances that are not in the group, or not in the stage that they have to be in.
fn check(group: &Group, ids: &[String], stage: Stage) -> Result<()> {
    for id in ids {
        let member = group.members.get(id);
        let member = member.ok_or_else(|| {
            invalid(format!("The instance {id} is not part of Auto Scaling group {}.", group.name))
        })?;
        if member.stage != stage {
            return Err(invalid(format!("The instance {id} is not in {}.", stage.name())));
        }
    }
    Ok(())
}

fn enter(call: &mut Call<'_>) -> Result<Reply> {
    required(call.params, "ShouldDecrementDesiredCapacity")?;
    let decrement = parsed::<bool>(call.params, "ShouldDecrementDesiredCapacity")?.unwrap_or_default();
    let ids: Vec<String> = call.params.texts("InstanceIds").into_iter().map(str::to_owned).collect();
    let now = call.now;
    let mut rng = call.region.rng.clone();
    let group = named_mut(call)?;
    check(group, &ids, Stage::InService)?;
    let settings = &mut group.settings;
    if decrement && settings.desired < settings.min + ids.len() {
        return Err(invalid(format!(
            "AutoScalingGroup {} has min-size={}, max-size={}, and desired-size={}. To place into standby {} instance, \
             please update the AutoScalingGroup sizes appropriately.",
            group.name,
            settings.min,
            settings.max,
            settings.desired,
            ids.len()
        )));
    }
    if decrement {
        settings.desired -= ids.len();
    }
    let nodes: Vec<Node> =
        ids.iter().filter_map(|id| moved(group, &mut rng, now, id, Stage::Standby)).collect();
    call.region.rng = rng;
    Ok(Node::new().named_list("Activities", "member", nodes).into())
}

fn exit(call: &mut Call<'_>) -> Result<Reply> {
    let ids: Vec<String> = call.params.texts("InstanceIds").into_iter().map(str::to_owned).collect();
    let now = call.now;
    let mut rng = call.region.rng.clone();
    let group = named_mut(call)?;
    check(group, &ids, Stage::Standby)?;
    let settings = &mut group.settings;
    if settings.desired + ids.len() > settings.max {
        return Err(invalid(format!(
            "AutoScalingGroup {} has min-size={}, max-size={}, and desired-size={}. To place in service {} instances, \
             please update the AutoScalingGroup sizes appropriately.",
            group.name,
            settings.min,
            settings.max,
            settings.desired,
            ids.len()
        )));
    }
    settings.desired += ids.len();
    let nodes: Vec<Node> =
        ids.iter().filter_map(|id| moved(group, &mut rng, now, id, Stage::Pending)).collect();
    call.region.rng = rng;
    Ok(Node::new().named_list("Activities", "member", nodes).into())
}

/// Moves an instance, and answers with the activity. What target groups hear of it follows with the next turn.
fn moved(group: &mut Group, rng: &mut fastrand::Rng, now: Time, id: &str, stage: Stage) -> Option<Node> {
    let (what, cause) = match stage {
        Stage::Standby => ("to Standby", "was moved to standby"),
        _ => ("out of Standby", "was moved out of standby"),
    };
    let cause =
        format!("At {} instance {id} {cause} in response to a user request.", super::activity::at(now));
    let member = group.members.get_mut(id)?;
    member.stage = stage;
    let place = Some((member.subnet.clone(), member.zone.clone()));
    let activity =
        group.begin(rng, now, (format!("Moving EC2 instance {what}: {id}"), cause, "InProgress"), place);
    if let Some(member) = group.members.get_mut(id) {
        member.activity.clone_from(&activity);
    }
    let activity = group.activity(&activity)?;
    if stage == Stage::Standby {
        activity.succeed(now);
    }
    Some(activity.show())
}
