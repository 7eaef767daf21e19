//! Deleting what the instance stood on, and naming what may hold up the network.

use std::time::Duration;

use anyhow::Result;
use common::call::{Call as _, both};
use common::fault::is_missing;
use common::secret;
use common::session::Session;
use common::tags::ec2_filter;
use common::wait::while_refused;

use crate::inventory::Found;
use crate::names::Names;
use crate::ownership::is_ours;

/// How long a group may count as in use after its instance is gone.
const RELEASED_WITHIN: Duration = Duration::from_mins(15);

/// Deletes secret and groups, as far as they are ours. The groups go last: by them a run without a name finds what is left to do.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, names: &Names, found: &Found, is_password_needed: bool) -> Result<()> {
    secret::delete(session, &names.secret, found.secret.as_ref(), is_password_needed).await?;
    both(subnet_group(session, names, found), parameter_group(session, names, found)).await?;
    Ok(())
}

async fn subnet_group(session: &Session, names: &Names, found: &Found) -> Result<()> {
    let what = format!("subnet group {}", names.identifier);
    let Some(group) = &found.subnet_group else {
        return Ok(());
    };
    if !is_ours(&session.identity, &group.tags) {
        session.progress.line(&format!("left {what}: it is not tagged as ours"));
        return Ok(());
    }
    let waiting = format!("the {what} to be free");
    let codes = ["InvalidDBSubnetGroupStateFault", "InvalidDBSubnetStateFault"];
    let delete = while_refused(session, &codes, &waiting, RELEASED_WITHIN, async || {
        let call = session.aws.rds().delete_db_subnet_group().db_subnet_group_name(&names.identifier);
        gone(call.send().await.cannot(format_args!("delete the {what}")))
    });
    session.delete(&what, delete).await?;
    Ok(())
}

async fn parameter_group(session: &Session, names: &Names, found: &Found) -> Result<()> {
    let what = format!("parameter group {}", names.identifier);
    let Some(group) = &found.parameter_group else {
        return Ok(());
    };
    if !is_ours(&session.identity, &group.tags) {
        session.progress.line(&format!("left {what}: it is not tagged as ours"));
        return Ok(());
    }
    let waiting = format!("the {what} to be free");
    let codes = ["InvalidDBParameterGroupState"];
    let delete = while_refused(session, &codes, &waiting, RELEASED_WITHIN, async || {
        let call = session.aws.rds().delete_db_parameter_group().db_parameter_group_name(&names.identifier);
        gone(call.send().await.cannot(format_args!("delete the {what}")))
    });
    session.delete(&what, delete).await?;
    Ok(())
}

/// What is not there any more is deleted.
fn gone<T>(answer: Result<T>) -> Result<()> {
    match answer {
        Err(error) if is_missing(&error) => Ok(()),
        other => other.map(|_| ()),
    }
}

/// The network interfaces by which RDS still holds these security groups.
///
/// # Errors
/// AWS's refusal.
pub async fn interfaces(session: &Session, groups: &[String]) -> Result<Vec<String>> {
    if groups.is_empty() {
        return Ok(Vec::new());
    }
    let call = session.aws.ec2().describe_network_interfaces();
    let interfaces = call
        .filters(ec2_filter("group-id", groups))
        .filters(ec2_filter("description", ["RDSNetworkInterface"]))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the network interfaces of RDS")?;
    Ok(interfaces.into_iter().filter_map(|interface| interface.network_interface_id).collect())
}
