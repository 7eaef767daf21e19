//! `asg scale`: how many instances there are.

use anyhow::Result;
use common::call::Call as _;
use common::fault::{Fault, is_code};
use common::session::Session;
use common::wait::while_refused;

use crate::cli::Scale;
use crate::inventory::{self, Found, Target};
use crate::names::Names;
use crate::ownership::not_ours;
use crate::{section, settle};

/// How long a scaling activity may stand in the way.
const FREE_WITHIN: std::time::Duration = std::time::Duration::from_mins(10);

pub async fn scale(session: &Session, flags: &Scale) -> Result<()> {
    let names = Names::new(&session.identity, &flags.name);
    let found = session.inventory(inventory::read(session, &names, None)).await?;
    let group = own_group(session, &names, &found)?;
    let (min, max) = (group.min_size().unwrap_or_default(), group.max_size().unwrap_or_default());
    if flags.desired < min || flags.desired > max {
        return Err(Fault::conflict(format!("{names} has {min} to {max} instances, not {}", flags.desired))
            .hint(format!("change that with `asg create {} --min N --max N` first", names.name))
            .into());
    }
    if group.desired_capacity() != Some(flags.desired) {
        let set = Box::pin(set(session, &names, flags.desired));
        session.change(format_args!("group {names}: {} instances", flags.desired), set).await?;
    }
    section::write(session, [(names.name.clone(), section::component(&names, &found, None))])?;
    match found.target_group.as_ref().and_then(Target::arn) {
        Some(arn) if session.waits() => {
            settle::until_healthy(session, &names, arn, &found, session.changes.is_empty()).await
        }
        _ => Ok(()),
    }
}

async fn set(session: &Session, names: &Names, desired: i32) -> Result<()> {
    let codes = ["ScalingActivityInProgress", "ScalingActivityInProgressFault"];
    while_refused(session, &codes, &format!("{names} to be changeable"), FREE_WITHIN, async || {
        let call = session.aws.autoscaling().set_desired_capacity().auto_scaling_group_name(&names.full);
        let answer = call.desired_capacity(desired).honor_cooldown(false).send().await;
        answer.cannot(format_args!("set the size of the group {names}")).map(|_| ())
    })
    .await
}

/// The group where it is there and ours.
///
/// # Errors
/// Not found, or a conflict where it is not ours.
pub fn own_group<'a>(
    session: &Session,
    names: &Names,
    found: &'a Found,
) -> Result<&'a aws_sdk_autoscaling::types::AutoScalingGroup> {
    match &found.group {
        Some(group) if found.is_group_ours(&session.identity) => Ok(group),
        Some(_) => Err(not_ours(&format!("the group {names}")).into()),
        None => Err(Fault::not_found(format!("there is no group {names}"))
            .hint(format!("run `asg create {}` first", names.name))
            .into()),
    }
}

/// Whether Auto Scaling says that the group is not there.
pub fn is_gone(error: &anyhow::Error) -> bool {
    is_code(error, &["ValidationError"]) && format!("{error:#}").contains("not found")
}
