//! What a group does by itself, and can be told to leave.

use super::error::invalid;
use super::group::named_mut;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::Result;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("SuspendProcesses", suspend, "AutoScalingGroupName ScalingProcesses.N"),
    write("ResumeProcesses", resume, "AutoScalingGroupName ScalingProcesses.N"),
];

const PROCESSES: [&str; 9] = [
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
];

/// The processes that a call lists; all where it lists none.
fn listed(params: &Params) -> Result<Vec<String>> {
    let given = params.texts("ScalingProcesses");
    if let Some(other) = given.iter().find(|process| !PROCESSES.contains(process)) {
        return Err(invalid(format!("{other} is not a valid process name")));
    }
    let listed = if given.is_empty() { PROCESSES.to_vec() } else { given };
    Ok(listed.into_iter().map(str::to_owned).collect())
}

fn suspend(call: &mut Call<'_>) -> Result<Reply> {
    let processes = listed(call.params)?;
    let reason = format!("User suspended at {}", super::activity::at(call.now));
    let group = named_mut(call)?;
    group.suspended.extend(processes.into_iter().map(|process| (process, reason.clone())));
    Ok(Node::new().into())
}

fn resume(call: &mut Call<'_>) -> Result<Reply> {
    let processes = listed(call.params)?;
    named_mut(call)?.suspended.retain(|process, _| !processes.contains(process));
    Ok(Node::new().into())
}
