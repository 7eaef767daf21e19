//! Deleting groups.

use super::error::parsed;
use super::group::{Group, named_mut};
use super::member::Stage;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[write("DeleteAutoScalingGroup", delete, "AutoScalingGroupName ForceDelete")];

/// How long a group is seen being deleted, with nothing in it any more.
const GOING_SECONDS: f64 = 10.0;

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let force = parsed::<bool>(call.params, "ForceDelete")?.unwrap_or_default();
    let gone = call.after(GOING_SECONDS);
    let group = named_mut(call)?;
    if !force {
        check_empty(group)?;
    }
    group.deleting = Some(gone);
    group.settings.min = 0;
    group.settings.desired = 0;
    // Whatever a refresh was about to do, there is nothing left to do it with.
    if let Some(refresh) = group.refreshing_mut() {
        refresh.end("Cancelled", Some("The Auto Scaling group is being deleted.".to_owned()), gone);
    }
    Ok(Node::new().into())
}

fn check_empty(group: &Group) -> Result<()> {
    if group.members.values().any(|member| member.stage != Stage::Terminating) {
        let message = "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance \
                       request(s) still in the group.";
        return Err(AwsError::new("ResourceInUse", message));
    }
    if !group.members.is_empty() {
        let message = "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.";
        return Err(AwsError::new("ScalingActivityInProgress", message));
    }
    Ok(())
}

impl Group {
    /// Whether it is gone by now.
    #[must_use]
    pub fn gone(&self, now: Time) -> bool {
        self.members.is_empty() && self.deleting.is_some_and(|at| at <= now)
    }
}
