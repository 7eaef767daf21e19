//! What holds a group that AWS will not delete: network interfaces, most often of a database or a load balancer that is going.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::session::Session;
use common::tags::ec2_filter;

use crate::inventory::Group;

/// The interfaces in these groups, described, by the group's id.
///
/// # Errors
/// AWS's refusal.
pub async fn interfaces(session: &Session, groups: &[Group]) -> Result<BTreeMap<String, Vec<String>>> {
    let found = session
        .aws
        .ec2()
        .describe_network_interfaces()
        .filters(ec2_filter("group-id", groups.iter().map(|group| group.id.as_str())))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the network interfaces in the security groups")?;
    let mut holders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for interface in &found {
        for group in interface.groups().iter().filter_map(ec2::GroupIdentifier::group_id) {
            holders.entry(group.to_owned()).or_default().push(describe(interface));
        }
    }
    Ok(holders)
}

/// `eni-… (RDSNetworkInterface)`, or the instance it is attached to.
fn describe(interface: &ec2::NetworkInterface) -> String {
    let id = interface.network_interface_id().unwrap_or("an interface");
    let attachment = interface.attachment();
    let described = interface.description().filter(|text| !text.is_empty());
    let owner = attachment
        .and_then(|it| it.instance_id())
        .or(described)
        .or_else(|| attachment.and_then(|it| it.instance_owner_id()))
        .or_else(|| interface.requester_id());
    match owner {
        Some(owner) => format!("{id} ({owner})"),
        None => id.to_owned(),
    }
}
