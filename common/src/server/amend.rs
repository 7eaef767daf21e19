//! What is changed on a server in place.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;

use super::power::stop;
use super::until_stopped;
use crate::call::Call as _;
use crate::session::Session;
use crate::wait::while_missing;

/// Its instance type.
pub fn type_of(found: &ec2::Instance) -> &str {
    found.instance_type().map_or("", ec2::InstanceType::as_str)
}

/// Whether it gives metadata only to who asks with a token, and not past itself.
pub fn guards_metadata(found: &ec2::Instance) -> bool {
    found.metadata_options().is_some_and(|options| {
        options.http_tokens() == Some(&ec2::HttpTokensState::Required)
            && options.http_put_response_hop_limit() == Some(1)
    })
}

/// Makes it so.
///
/// # Errors
/// AWS's refusal.
pub async fn guard_metadata(session: &Session, id: &str) -> Result<()> {
    let call = session.aws.ec2().modify_instance_metadata_options().instance_id(id);
    let call = call.http_tokens(ec2::HttpTokensState::Required).http_put_response_hop_limit(1);
    call.send().await.cannot(format!("guard the metadata of the instance {id}")).map(|_| ())
}

/// Whether it is in a security group.
pub fn is_in_group(found: &ec2::Instance, group: &str) -> bool {
    found.security_groups().iter().any(|it| it.group_id() == Some(group))
}

/// Puts it into a security group, beside those it is in.
///
/// # Errors
/// AWS's refusal.
pub async fn join_group(session: &Session, found: &ec2::Instance, group: &str) -> Result<()> {
    let id = found.instance_id().unwrap_or_default();
    let has = found.security_groups().iter().filter_map(|it| it.group_id()).map(str::to_owned);
    let groups: Vec<String> = has.chain([group.to_owned()]).collect();
    let call = session.aws.ec2().modify_instance_attribute().instance_id(id).set_groups(Some(groups));
    call.send().await.cannot(format!("put the instance {id} into {group}")).map(|_| ())
}

/// Stops it and makes it another instance type. It is stopped afterwards.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn change_type(session: &Session, id: &str, wanted: &str) -> Result<()> {
    stop(session, id).await?;
    until_stopped(session, id).await?;
    let value = ec2::AttributeValue::builder().value(wanted).build();
    let call = session.aws.ec2().modify_instance_attribute().instance_id(id).instance_type(value);
    call.send().await.cannot(format!("make the instance {id} a {wanted}")).map(|_| ())
}

/// Whether EC2 drops what the server forwards for others.
pub fn is_checked(found: &ec2::Instance) -> bool {
    found.source_dest_check() != Some(false)
}

/// Turns the source/destination check off, so that it may forward.
///
/// # Errors
/// AWS's refusal.
pub async fn stop_checking(session: &Session, id: &str) -> Result<()> {
    while_missing(session, async || {
        let off = ec2::AttributeBooleanValue::builder().value(false).build();
        let call = session.aws.ec2().modify_instance_attribute().instance_id(id).source_dest_check(off);
        call.send().await.cannot(format!("turn off the source/destination check of the instance {id}"))
    })
    .await
    .map(|_| ())
}
