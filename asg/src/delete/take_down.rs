//! Taking one component down.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_autoscaling::types::AutoScalingGroup;
use common::call::{Call as _, all, both};
use common::fault::{Fault, is_code, is_missing};
use common::session::Session;
use common::wait::{State, until_ready, while_refused};

use crate::inventory::{Found, Target};
use crate::names::Names;
use crate::scale::is_gone;
use crate::{balancer, group, instances, refresh, rule, settle, target_group};

/// How long until every instance is drained and terminated.
const DRAINED_WITHIN: Duration = Duration::from_mins(20);

/// How long the target group may count as in use after its group and its rules are gone.
const RELEASED_WITHIN: Duration = Duration::from_mins(5);

/// Takes a component down. False where it is still on its way out and this run does not wait.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn take_down(session: &Session, names: &Names, found: &Found) -> Result<bool> {
    if found.is_target_group_ours(&session.identity) {
        all(found.rules.iter().map(|it| rule::delete(session, names, &it.rule))).await?;
    }
    let is_ours = found.is_group_ours(&session.identity);
    if found.group.is_some() && !is_ours {
        left(session, &format!("group {names}"));
    }
    if let Some(group) = found.group.as_ref().filter(|_| is_ours)
        && !take_down_group(session, names, group, found).await?
    {
        return Ok(false);
    }
    if session.waits() {
        until_terminated(session, names).await?;
    }
    both(routing(session, names, found), launch_template(session, names, found)).await?;
    Ok(true)
}

fn left(session: &Session, what: &str) {
    session.progress.line(&format!("left the {what}: it is not tagged as ours"));
}

/// Drains and deletes the group. False where this run does not wait for its instances to go.
async fn take_down_group(
    session: &Session,
    names: &Names,
    found: &AutoScalingGroup,
    all: &Found,
) -> Result<bool> {
    let is_planning = session.is_planning();
    if !group::is_deleting(found) {
        if refresh::running(&all.refreshes).is_some() && !is_planning {
            cancel(session, names).await?;
        }
        if !is_planning {
            shrink(session, names, found).await?;
        }
        if !session.waits() && !is_planning && !found.instances().is_empty() {
            session
                .progress
                .line(&format!("the rest of {names} goes with `asg delete` once its instances are gone"));
            return Ok(false);
        }
        session.delete(format_args!("group {names}"), Box::pin(remove(session, names))).await?;
    }
    if session.waits() {
        settle::until_gone(session, names).await?;
    }
    Ok(true)
}

/// A deployment would launch what is being taken down.
async fn cancel(session: &Session, names: &Names) -> Result<()> {
    let call = session.aws.autoscaling().cancel_instance_refresh().auto_scaling_group_name(&names.full);
    match call.send().await.cannot(format_args!("cancel the deployment of {names}")) {
        Err(error) if is_code(&error, &["ActiveInstanceRefreshNotFound*"]) => Ok(()),
        other => other.map(|_| ()),
    }
}

/// No instances from now on. Those there are drain first.
async fn shrink(session: &Session, names: &Names, found: &AutoScalingGroup) -> Result<()> {
    if group::is_empty(found) {
        return Ok(());
    }
    let codes = ["ScalingActivityInProgress", "ScalingActivityInProgressFault"];
    let what = format!("{names} to be changeable");
    let call = Box::pin(while_refused(session, &codes, &what, DRAINED_WITHIN, async || {
        let call = session.aws.autoscaling().update_auto_scaling_group().auto_scaling_group_name(&names.full);
        let answer = call.min_size(0).desired_capacity(0).send().await;
        absent_is_done(answer.cannot(format_args!("empty the group {names}")))
    }));
    session.change(format_args!("group {names}: no instances"), call).await?;
    Ok(())
}

fn absent_is_done<T>(answer: Result<T>) -> Result<()> {
    match answer {
        Err(error) if is_gone(&error) || is_missing(&error) => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Waits until the group is empty, and deletes it.
async fn remove(session: &Session, names: &Names) -> Result<()> {
    let mut was_empty = false;
    until_ready(session, DRAINED_WITHIN, async || {
        let found = group::look(session, names).await?;
        let is_empty = found.as_ref().is_none_or(group::is_empty);
        if was_empty && !is_empty {
            return Err(Fault::conflict(format!("the group {names} is being filled again by another run"))
                .hint("run the same command again once that has ended")
                .into());
        }
        was_empty |= is_empty;
        let left = found.map_or(0, |found| found.instances().len());
        let state = if left == 0 { State::Ready } else { State::Pending(format!("{left} instances left")) };
        Ok(vec![(format!("group {names} to be empty"), state)])
    })
    .await?;
    let codes = [
        "ResourceInUse",
        "ResourceInUseFault",
        "ScalingActivityInProgress",
        "ScalingActivityInProgressFault",
    ];
    while_refused(session, &codes, &format!("group {names} to be deletable"), DRAINED_WITHIN, async || {
        let call = session.aws.autoscaling().delete_auto_scaling_group();
        let answer = call.auto_scaling_group_name(&names.full).send().await;
        match answer.cannot(format_args!("delete the group {names}")) {
            // Asked already, by an answer that was lost or by another run.
            Err(error) if format!("{error:#}").contains("pending delete") => Ok(()),
            other => absent_is_done(other),
        }
    })
    .await
}

/// Instances hold the security group and the subnets until they are terminated, not only until their group is gone.
async fn until_terminated(session: &Session, names: &Names) -> Result<()> {
    until_ready(session, DRAINED_WITHIN, async || {
        let alive = instances::of(session, names).await?;
        let pending = alive.iter().map(|it| {
            let id = it.instance_id().unwrap_or_default();
            (format!("instance {id} to be terminated"), State::Pending(instances::state(it)))
        });
        Ok(pending.collect())
    })
    .await
}

async fn routing(session: &Session, names: &Names, found: &Found) -> Result<()> {
    let what = format!("target group {}", names.target_group);
    let Some(target) = &found.target_group else {
        return Ok(());
    };
    let arn = target.arn().unwrap_or_default();
    if !found.is_target_group_ours(&session.identity) {
        left(session, &what);
        return Ok(());
    }
    let codes = ["ResourceInUse", "ResourceInUseException"];
    let waiting = format!("the {what} to be free");
    let call = while_refused(session, &codes, &waiting, RELEASED_WITHIN, async || {
        let call = session.aws.elasticloadbalancingv2().delete_target_group().target_group_arn(arn);
        let answer = absent_is_done(call.send().await.cannot(format_args!("delete the {what}")));
        if answer.as_ref().is_err_and(|error| is_code(error, &codes)) {
            // A rule that was too new to be listed.
            rules(session, names, target).await?;
        }
        answer
    });
    session.delete(&what, Box::pin(call)).await?;
    Ok(())
}

/// Deletes the rules that lead to a target group, wherever they are by now.
async fn rules(session: &Session, names: &Names, target: &Target) -> Result<()> {
    let now = target_group::look(session, names).await?;
    let behind = now.as_ref().unwrap_or(&target.found).load_balancer_arns();
    for balancer in behind {
        let balancer = balancer::with_arn(session, balancer).await?;
        let to_here = balancer.rules_to(target.arn().unwrap_or_default());
        all(to_here.map(|(_, it)| rule::delete(session, names, it))).await?;
    }
    Ok(())
}

async fn launch_template(session: &Session, names: &Names, found: &Found) -> Result<()> {
    let what = format!("launch template {names}");
    let Some(id) = found.template.as_ref().and_then(|it| it.launch_template_id()) else {
        return Ok(());
    };
    if !found.is_template_ours(&session.identity) {
        left(session, &what);
        return Ok(());
    }
    let call = async {
        let call = session.aws.ec2().delete_launch_template().launch_template_id(id);
        absent_is_done(call.send().await.cannot(format_args!("delete the {what}")))
    };
    session.delete(&what, call).await?;
    Ok(())
}
