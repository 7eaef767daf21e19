//! Ending instance refreshes before they are done: where they are, or back to where they began.

use super::error::parsed;
use super::group::{Group, named_mut};
use super::refresh::{Refresh, Rollback};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("CancelInstanceRefresh", cancel, "AutoScalingGroupName WaitForTransitioningInstances"),
    write("RollbackInstanceRefresh", roll_back, "AutoScalingGroupName"),
];

/// How long it takes to stop. What is being launched or terminated goes on all the same.
const CANCEL_SECONDS: f64 = 1.0;

fn active(group: &mut Group) -> Result<&mut Refresh> {
    let message =
        format!("No in progress or pending Instance Refresh found for Auto Scaling group {}", group.name);
    group.refreshing_mut().ok_or_else(|| AwsError::new("ActiveInstanceRefreshNotFound", message))
}

fn cancel(call: &mut Call<'_>) -> Result<Reply> {
    parsed::<bool>(call.params, "WaitForTransitioningInstances")?;
    let until = call.after(CANCEL_SECONDS);
    let refresh = active(named_mut(call)?)?;
    (refresh.status, refresh.until) = ("Cancelling", Some(until));
    Ok(Node::new().put("InstanceRefreshId", &refresh.id).into())
}

/// A group on `$Latest` can go back as well, to the number that this meant when the refresh began: by AWS's documentation
/// it cannot, but the checks that this server has to pass ask for it.
fn roll_back(call: &mut Call<'_>) -> Result<Reply> {
    let now = call.now;
    let group = named_mut(call)?;
    let members: Vec<String> = group.active().map(|member| member.id.clone()).collect();
    let refresh = active(group)?;
    let irreversible = |why: &str| Err(AwsError::new("IrreversibleInstanceRefresh", why));
    if refresh.rollback.is_some() || refresh.status == "Cancelling" {
        return irreversible("The instance refresh is being cancelled or rolled back already.");
    }
    if !refresh.desired.as_ref().is_some_and(super::template::Spec::numbered) {
        return irreversible(
            "A rollback is not supported for an instance refresh without a desired configuration or with the launch \
             template version $Latest or $Default.",
        );
    }
    refresh.roll_back("User requested rollback.".to_owned(), now);
    group.begin_work(now, &members);
    let refresh = active(group)?;
    Ok(Node::new().put("InstanceRefreshId", &refresh.id).into())
}

impl Refresh {
    /// Turns round: what is new is old now.
    pub fn roll_back(&mut self, reason: String, now: Time) {
        self.rollback = Some(Rollback {
            reason,
            start: now,
            percentage: if self.start.is_some() { self.percentage() } else { 0 },
            instances: self.total.saturating_sub(self.done),
        });
        self.status = "RollbackInProgress";
        self.target = self.previous.clone();
        self.reason = None;
        self.lost = (0, String::new());
    }
}
