//! Changing the capacity of a group: by a number, or by taking one instance out.

use super::error::{invalid, parsed, required};
use super::group::named_mut;
use super::member::{self, Stage};
use super::terminate;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::Result;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("SetDesiredCapacity", set, "AutoScalingGroupName DesiredCapacity HonorCooldown"),
    write("TerminateInstanceInAutoScalingGroup", terminate, "InstanceId ShouldDecrementDesiredCapacity"),
];

fn set(call: &mut Call<'_>) -> Result<Reply> {
    required(call.params, "DesiredCapacity")?;
    let desired = parsed::<i64>(call.params, "DesiredCapacity")?.unwrap_or_default();
    let now = call.now;
    let group = named_mut(call)?;
    let (min, max) = (group.settings.min, group.settings.max);
    let begin = format!("New SetDesiredCapacity value {desired} is");
    match usize::try_from(desired) {
        Ok(desired) if desired > max => {
            Err(invalid(format!("{begin} above max value {max} for the AutoScalingGroup.")))
        }
        Ok(desired) if desired >= min => {
            group.want(desired, "a user request explicitly set group desired capacity", now);
            Ok(Node::new().into())
        }
        _ => Err(invalid(format!("{begin} below min value {min} for the AutoScalingGroup."))),
    }
}

fn terminate(call: &mut Call<'_>) -> Result<Reply> {
    let id = required(call.params, "InstanceId")?.to_owned();
    required(call.params, "ShouldDecrementDesiredCapacity")?;
    let decrement = parsed::<bool>(call.params, "ShouldDecrementDesiredCapacity")?.unwrap_or_default();
    let name = member::group_of(call, &id)?;
    let now = call.now;
    let region = &mut *call.region;
    let (groups, rng) = (&mut region.autoscaling.groups, &mut region.rng);
    let unknown =
        || invalid(format!("Instance Id not found - No managed instance found for instance ID: {id}"));
    let group = groups.get_mut(&name).ok_or_else(unknown)?;
    let settings = &mut group.settings;
    if decrement {
        if settings.desired <= settings.min {
            return Err(invalid(format!(
                "Currently, desiredSize equals minSize ({}). Terminating instance without replacement will violate group's \
                 min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.",
                settings.min
            )));
        }
        settings.desired -= 1;
    }
    if group.members.get(&id).is_some_and(|member| member.stage == Stage::Terminating) {
        return Err(invalid(format!("The instance {id} is not in InService or Standby, Terminated.")));
    }
    let activity = terminate::begin(group, rng, now, &id, "in response to a user request");
    let activity = activity.and_then(|activity| group.activity(&activity).map(|activity| activity.show()));
    Ok(Node::new().maybe_node("Activity", activity).into())
}
