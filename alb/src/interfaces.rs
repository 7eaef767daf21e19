//! The network interfaces of load balancers. They outlive them by minutes, and hold security groups and subnets for so long.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types::NetworkInterface;
use common::call::Call as _;
use common::session::Session;
use common::tags::ec2_filter;
use common::wait::{State, until_ready};

use crate::names::Names;

/// How long they may linger.
const GONE_WITHIN: Duration = Duration::from_mins(15);

/// Those that these load balancers have or have left behind, by the description AWS gives them: `ELB app/NAME/ID`.
///
/// # Errors
/// AWS's refusal.
pub async fn of(session: &Session, names: &[Names]) -> Result<Vec<NetworkInterface>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let described = names.iter().map(|names| format!("{}*", names.interfaces()));
    let call = session.aws.ec2().describe_network_interfaces().filters(ec2_filter("description", described));
    let found = call.into_paginator().items().send().try_collect().await;
    found.cannot("look up the network interfaces of the load balancers")
}

/// Waits until none is left.
///
/// # Errors
/// Not in time, naming them; AWS's refusal.
pub async fn until_gone(session: &Session, names: &[Names]) -> Result<()> {
    until_ready(session, GONE_WITHIN, async || {
        let left = of(session, names).await?;
        let state = |it: &NetworkInterface| State::Pending(it.description().unwrap_or("of ELB").to_owned());
        Ok(left.iter().map(|it| (label(it), state(it))).collect())
    })
    .await
}

/// `network interface eni-…`.
pub fn label(it: &NetworkInterface) -> String {
    format!("network interface {}", it.network_interface_id().unwrap_or_default())
}
