//! Instances as they are: looked up by tags, waited for, terminated. A terminated one lingers in describes for an hour.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types::{self as ec2, InstanceStateName as Name};

use crate::call::Call as _;
use crate::fault::is_missing;
use crate::session::Session;
use crate::tags::{ec2_filter, ec2_name, ec2_own};
use crate::wait::{State, until_ready};

/// Launching takes half a minute, stopping and terminating up to some minutes where the operating system takes its time.
pub const LONGEST: Duration = Duration::from_mins(10);

/// All instances of this environment that fit the filters, dead ones included.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::Instance>> {
    let all = ec2_own(&session.identity).into_iter().chain(filters).collect();
    describe(session, all).await
}

/// Instances by id, whoever's. One that is not known is not among them.
///
/// # Errors
/// AWS's refusal.
pub async fn by_id(session: &Session, ids: &[String]) -> Result<Vec<ec2::Instance>> {
    describe(session, vec![ec2_filter("instance-id", ids.iter().cloned())]).await
}

async fn describe(session: &Session, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::Instance>> {
    let reservations = session
        .aws
        .ec2()
        .describe_instances()
        .set_filters(Some(filters))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the instances")?;
    Ok(reservations.into_iter().flat_map(|it| it.instances.unwrap_or_default()).collect())
}

fn state_of(instance: &ec2::Instance) -> Option<&Name> {
    instance.state()?.name()
}

/// EC2's word for its state.
pub fn name_of(instance: &ec2::Instance) -> &str {
    state_of(instance).map_or("unknown", Name::as_str)
}

/// Whether it is neither terminated nor about to be.
pub fn is_live(instance: &ec2::Instance) -> bool {
    !matches!(state_of(instance), Some(Name::ShuttingDown | Name::Terminated))
}

pub fn is_running(instance: &ec2::Instance) -> bool {
    state_of(instance) == Some(&Name::Running)
}

/// Waits until it runs. Answers it as it is then.
///
/// # Errors
/// It was terminated or stopped meanwhile, with EC2's reason; not in time; AWS's refusal.
pub async fn until_running(session: &Session, id: &str) -> Result<Option<ec2::Instance>> {
    until(session, &[id.to_owned()], |instance| match state_of(instance) {
        Some(Name::Running) => State::Ready,
        Some(Name::Pending) | None => State::Pending("pending".to_owned()),
        Some(other) => State::Failed(reason(instance, other)),
    })
    .await
    .map(|mut found| found.pop())
}

/// Waits until it is stopped.
///
/// # Errors
/// It was terminated meanwhile; not in time; AWS's refusal.
pub async fn until_stopped(session: &Session, id: &str) -> Result<()> {
    until(session, &[id.to_owned()], |instance| match state_of(instance) {
        Some(Name::Stopped) => State::Ready,
        Some(other @ (Name::ShuttingDown | Name::Terminated)) => State::Failed(reason(instance, other)),
        other => State::Pending(other.map_or("unknown", Name::as_str).to_owned()),
    })
    .await
    .map(|_| ())
}

/// Waits until they are terminated: before that they hold their security groups and their elastic IPs.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn until_terminated(session: &Session, ids: &[String]) -> Result<()> {
    until_ready(session, LONGEST, async || {
        let found = by_id(session, ids).await?;
        Ok(found
            .iter()
            .map(|it| match state_of(it) {
                Some(Name::Terminated) => (label(it), State::Ready),
                other => (label(it), State::Pending(other.map_or("unknown", Name::as_str).to_owned())),
            })
            .collect())
    })
    .await
}

async fn until(
    session: &Session,
    ids: &[String],
    state: impl Fn(&ec2::Instance) -> State,
) -> Result<Vec<ec2::Instance>> {
    let mut last = Vec::new();
    until_ready(session, LONGEST, async || {
        last = by_id(session, ids).await?;
        let known = |id: &String| last.iter().find(|it| it.instance_id() == Some(id));
        Ok(ids
            .iter()
            .map(|id| match known(id) {
                Some(instance) => (label(instance), state(instance)),
                // One that EC2 does not tell of yet was made a moment ago.
                None => (format!("instance {id}"), State::Pending("not known yet".to_owned())),
            })
            .collect())
    })
    .await?;
    Ok(last)
}

fn label(instance: &ec2::Instance) -> String {
    format!("instance {} ({})", ec2_name(instance.tags()), instance.instance_id().unwrap_or_default())
}

/// EC2 says why an instance died right after its launch: a volume that could not be encrypted, a quota.
fn reason(instance: &ec2::Instance, state: &Name) -> String {
    match instance.state_reason().and_then(ec2::StateReason::message) {
        Some(message) => format!("it is {state}: {}", message.trim_end_matches('.')),
        None => format!("it is {state}"),
    }
}

/// Terminates them; ones that are gone already are as good.
///
/// # Errors
/// AWS's refusal.
pub async fn terminate(session: &Session, ids: &[String]) -> Result<()> {
    let call = session.aws.ec2().terminate_instances().set_instance_ids(Some(ids.to_vec()));
    match call.send().await.cannot(format!("terminate the instance {}", ids.join(", "))) {
        Err(error) if !is_missing(&error) => Err(error),
        _ => Ok(()),
    }
}
