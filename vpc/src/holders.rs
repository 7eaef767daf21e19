//! What else is in the VPC and holds it: told by name, and before anything is deleted where it will not go away by itself.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, both};
use common::fault::{Fault, is_code};
use common::session::Session;
use common::tags::{ec2_filter, ec2_name, ec2_value};

use crate::inventory::Inventory;
use crate::{nat_gateway, s3_endpoint};

/// How many are named.
const SHOWN: usize = 10;

/// Refuses while a VPC that is to go has security groups, instances, or endpoints and NAT gateways of somebody else: taking the network
/// from under them would break them, and the VPC would stay all the same.
///
/// # Errors
/// A conflict that names them; AWS's refusal.
pub async fn refuse(session: &Session, inventory: &Inventory) -> Result<()> {
    if inventory.vpcs.is_empty() {
        return Ok(());
    }
    let ids = inventory.vpcs.iter().map(|vpc| vpc.id.clone());
    let holders = holders(session, ec2_filter("vpc-id", ids), inventory).await?;
    if holders.is_empty() {
        return Ok(());
    }
    let base = session.identity.base();
    Err(Fault::conflict(format!("VPC {base} is in use by {}; nothing was deleted", listed(&holders)))
        .hint("delete those first (`rds delete`, `alb delete`, `sg delete`, …), then run the same command again")
        .into())
}

async fn holders(session: &Session, in_vpc: ec2::Filter, inventory: &Inventory) -> Result<Vec<String>> {
    let ((groups, instances), (endpoints, nats)) = both(
        both(security_groups(session, in_vpc.clone()), instances(session, in_vpc.clone())),
        both(
            s3_endpoint::list(session, vec![in_vpc.clone()]),
            nat_gateway::list(session, vec![in_vpc.clone()]),
        ),
    )
    .await?;
    let own_endpoint = |it: &ec2::VpcEndpoint| {
        inventory.endpoints.iter().any(|own| own.vpc_endpoint_id() == it.vpc_endpoint_id())
    };
    let own_nat = |it: &ec2::NatGateway| {
        inventory.nat_gateways.iter().any(|own| own.nat_gateway_id() == it.nat_gateway_id())
    };
    let mut holders = groups;
    holders.extend(instances);
    let endpoints = endpoints.iter().filter(|it| s3_endpoint::is_live(it) && !own_endpoint(it));
    holders.extend(endpoints.map(|it| {
        let by = if ec2_value(it.tags(), "GuardDutyManaged").is_some() { " of GuardDuty" } else { "" };
        format!("VPC endpoint {}{by}", named(it.tags(), it.vpc_endpoint_id()))
    }));
    let nats = nats.iter().filter(|it| nat_gateway::is_live(it) && !own_nat(it));
    holders.extend(nats.map(|it| format!("NAT gateway {}", named(it.tags(), it.nat_gateway_id()))));
    Ok(holders)
}

async fn security_groups(session: &Session, in_vpc: ec2::Filter) -> Result<Vec<String>> {
    let groups = session
        .aws
        .ec2()
        .describe_security_groups()
        .filters(in_vpc)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the security groups of the VPC")?;
    Ok(groups
        .iter()
        .filter(|group| group.group_name() != Some("default"))
        .map(|group| {
            let id = group.group_id().unwrap_or_default();
            format!("security group {} ({id})", group.group_name().unwrap_or_default())
        })
        .collect())
}

async fn instances(session: &Session, in_vpc: ec2::Filter) -> Result<Vec<String>> {
    let living = ["pending", "running", "shutting-down", "stopping", "stopped"];
    let reservations = session
        .aws
        .ec2()
        .describe_instances()
        .filters(in_vpc)
        .filters(ec2_filter("instance-state-name", living))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the instances of the VPC")?;
    let instances = reservations.iter().flat_map(ec2::Reservation::instances);
    Ok(instances.map(|it| format!("instance {}", named(it.tags(), it.instance_id()))).collect())
}

/// Runs a delete, and where AWS refuses it because of what is in the way, adds which network interfaces these are.
///
/// # Errors
/// What the delete fails with.
pub async fn naming<T>(
    session: &Session,
    among: ec2::Filter,
    delete: impl Future<Output = Result<T>>,
) -> Result<T> {
    let error = match delete.await {
        Err(error) if is_code(&error, &["DependencyViolation"]) => error,
        other => return other,
    };
    let interfaces = session
        .aws
        .ec2()
        .describe_network_interfaces()
        .filters(among)
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .unwrap_or_default();
    if interfaces.is_empty() {
        return Err(error);
    }
    let interfaces: Vec<String> = interfaces.iter().map(interface).collect();
    Err(error.context(format!("held by {}", listed(&interfaces))))
}

/// `network interface eni-… (RDSNetworkInterface, of amazon-rds)`.
fn interface(it: &ec2::NetworkInterface) -> String {
    let owner = it.attachment().and_then(|attachment| {
        attachment.instance_id().or(attachment.instance_owner_id()).map(|owner| format!("of {owner}"))
    });
    let about = [it.description().map(str::to_owned), owner];
    let about: Vec<String> = about.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    format!("network interface {} ({})", it.network_interface_id().unwrap_or_default(), about.join(", "))
}

fn named(tags: &[ec2::Tag], id: Option<&str>) -> String {
    let id = id.unwrap_or_default();
    match ec2_name(tags) {
        "" => id.to_owned(),
        name => format!("{name} ({id})"),
    }
}

fn listed(holders: &[String]) -> String {
    let shown = holders.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match holders.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let holders: Vec<String> = (0..12).map(|number| format!("instance i-{number}")).collect();
        assert!(listed(&holders).ends_with("instance i-9 and 2 more"));
        assert_eq!(listed(&holders[..1]), "instance i-0");
    }

    #[test]
    fn an_interface_is_told_with_its_owner() {
        let attachment = ec2::NetworkInterfaceAttachment::builder().instance_owner_id("amazon-elb").build();
        let it = ec2::NetworkInterface::builder()
            .network_interface_id("eni-1")
            .description("ELB app/x/1")
            .attachment(attachment)
            .build();
        assert_eq!(interface(&it), "network interface eni-1 (ELB app/x/1, of amazon-elb)");
    }
}
