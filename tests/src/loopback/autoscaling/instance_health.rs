//! A client's own word on an instance's health.

use super::error::{invalid, parsed, required};
use super::member;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::Result;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] =
    &[write("SetInstanceHealth", set, "InstanceId HealthStatus ShouldRespectGracePeriod")];

fn set(call: &mut Call<'_>) -> Result<Reply> {
    let id = required(call.params, "InstanceId")?.to_owned();
    let sick = match required(call.params, "HealthStatus")? {
        "Healthy" => false,
        "Unhealthy" => true,
        other => {
            return Err(invalid(format!("{other} is not a valid HealthStatus. Use Healthy or Unhealthy.")));
        }
    };
    let respect = parsed::<bool>(call.params, "ShouldRespectGracePeriod")?.unwrap_or(true);
    let name = member::group_of(call, &id)?;
    let (clock, now) = (call.clock.clone(), call.now);
    let Some(group) = call.region.autoscaling.groups.get_mut(&name) else { return Ok(Node::new().into()) };
    let grace = group.settings.grace;
    if let Some(member) = group.members.get_mut(&id) {
        let fresh = respect && member.in_grace(&clock, now, grace);
        let why = || "in response to a user health-check".to_owned();
        match (sick, fresh) {
            (true, true) => {}
            (true, false) => member.sick = Some(why()),
            (false, _) => member.sick = None,
        }
    }
    Ok(Node::new().into())
}
