//! DNS support and host names of the VPC: without them the database's name does not resolve to its private address.

use anyhow::Result;
use aws_sdk_ec2::types::{AttributeBooleanValue, VpcAttributeName};
use common::call::{Call as _, both};
use common::fault::is_missing;
use common::session::Session;
use common::wait::while_missing;

/// The two attributes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dns {
    pub support: bool,
    pub host_names: bool,
}

/// Reads both, in one round trip: AWS tells one a call, and by id only. None where there is no such VPC.
///
/// # Errors
/// AWS's refusal.
pub async fn read(session: &Session, vpc: Option<String>) -> Result<Option<Dns>> {
    let Some(vpc) = vpc else { return Ok(None) };
    let attribute = |name: VpcAttributeName| {
        let call = session.aws.ec2().describe_vpc_attribute().vpc_id(&vpc).attribute(name);
        async move { call.send().await.cannot("look up the attributes of the VPC") }
    };
    let read =
        both(attribute(VpcAttributeName::EnableDnsSupport), attribute(VpcAttributeName::EnableDnsHostnames))
            .await;
    let is_on = |value: Option<AttributeBooleanValue>| value.and_then(|it| it.value).unwrap_or(false);
    match read {
        Ok((support, host_names)) => Ok(Some(Dns {
            support: is_on(support.enable_dns_support),
            host_names: is_on(host_names.enable_dns_hostnames),
        })),
        Err(error) if all_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Both calls fail where there is no such VPC, and are reported together.
fn all_missing(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<common::fault::Several>() {
        Some(several) => several.0.iter().all(is_missing),
        None => is_missing(error),
    }
}

/// Turns on what is off. Host names can only be on where support is.
///
/// # Errors
/// AWS's refusal.
pub async fn turn_on(session: &Session, name: &str, vpc: Option<&str>, found: Dns) -> Result<()> {
    let modify = || session.aws.ec2().modify_vpc_attribute().set_vpc_id(vpc.map(str::to_owned));
    let on = AttributeBooleanValue::builder().value(true).build();
    if !found.support {
        let call = async || {
            let call = modify().enable_dns_support(on.clone());
            call.send().await.cannot(format!("turn on DNS support of the VPC {name}"))
        };
        session.change(format!("VPC {name}: turn on DNS support"), while_missing(session, call)).await?;
    }
    if !found.host_names {
        let call = async || {
            let call = modify().enable_dns_hostnames(on.clone());
            call.send().await.cannot(format!("turn on DNS host names of the VPC {name}"))
        };
        session.change(format!("VPC {name}: turn on DNS host names"), while_missing(session, call)).await?;
    }
    Ok(())
}
