//! Starting instance refreshes.

use std::collections::BTreeSet;

use super::error::{invalid, required};
use super::group::{Group, named, named_mut};
use super::preferences::Preferences;
use super::refresh::Refresh;
use super::template::{self, Spec};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::id;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[write(
    "StartInstanceRefresh",
    start,
    "AutoScalingGroupName Strategy DesiredConfiguration.LaunchTemplate.LaunchTemplateId \
     DesiredConfiguration.LaunchTemplate.LaunchTemplateName DesiredConfiguration.LaunchTemplate.Version \
     Preferences.MinHealthyPercentage Preferences.MaxHealthyPercentage Preferences.InstanceWarmup \
     Preferences.CheckpointPercentages.N Preferences.CheckpointDelay Preferences.SkipMatching Preferences.AutoRollback \
     Preferences.ScaleInProtectedInstances Preferences.StandbyInstances Preferences.BakeTime",
)];

/// Refreshes that a group remembers.
const KEPT: usize = 100;

fn start(call: &mut Call<'_>) -> Result<Reply> {
    let group = named(call.region, required(call.params, "AutoScalingGroupName")?)?.clone();
    if let Some(other) = call.params.text("Strategy").filter(|strategy| *strategy != "Rolling") {
        return Err(invalid(format!("The loopback AWS has no strategy '{other}'")));
    }
    if group.refreshing().is_some() {
        let message =
            "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.";
        return Err(AwsError::new("InstanceRefreshInProgress", message));
    }
    let preferences =
        Preferences::read(call.params.nested("Preferences").unwrap_or(&Params::default()), &group)?;
    let desired = call.params.nested("DesiredConfiguration.LaunchTemplate");
    let desired = template::read(call, desired, &group.settings.subnets)?;
    if preferences.auto_rollback {
        reversible(&group, desired.as_ref())?;
    }
    if desired.is_none() {
        template::check(call, &group.template, &group.settings.subnets)?;
    }
    let refresh = make(call, &group, desired, preferences);
    let id = refresh.id.clone();
    let group = named_mut(call)?;
    group.refreshes.push(refresh);
    let over = group.refreshes.len().saturating_sub(KEPT);
    group.refreshes.drain(..over);
    Ok(Node::new().put("InstanceRefreshId", id).into())
}

/// Refuses a roll-back on failure where there would be nothing to go back to.
fn reversible(group: &Group, desired: Option<&Spec>) -> Result<()> {
    let why = match desired {
        None => {
            "The AutoRollback parameter cannot be set to true when the DesiredConfiguration parameter is empty. Set \
             AutoRollback to false or specify a desired configuration and try again."
        }
        Some(desired) if !desired.numbered() || !group.template.numbered() => {
            "The AutoRollback parameter cannot be set to true when the launch template version is $Latest or $Default. Set \
             AutoRollback to false or specify a launch template version number and try again."
        }
        Some(_) => return Ok(()),
    };
    Err(invalid(format!("The request isn't valid. {why}")))
}

fn make(call: &mut Call<'_>, group: &Group, desired: Option<Spec>, preferences: Preferences) -> Refresh {
    let previous = group.template.resolved(call.region);
    Refresh {
        id: id::uuid(&mut call.region.rng),
        status: "Pending",
        reason: None,
        made: call.now,
        start: None,
        end: None,
        target: desired.as_ref().map_or(previous.clone(), |desired| desired.resolved(call.region)),
        desired,
        previous,
        preferences,
        old: BTreeSet::new(),
        total: 0,
        done: 0,
        checkpoint: 0,
        until: None,
        moved: call.now,
        lost: (0, String::new()),
        rollback: None,
    }
}
