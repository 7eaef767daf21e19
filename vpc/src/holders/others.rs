//! Things of others in the VPC: whatever `vpc` did not make and AWS does not take away with it.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, both};
use common::session::Session;
use common::tags::{ec2_filter, ec2_name, ec2_value};

use super::interfaces;
use crate::inventory::Inventory;
use crate::{nat_gateway, route_table, s3_endpoint, subnet};

/// Each by noun, name and id. Interfaces of services are not among them: they go away minutes after their owner.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, in_vpc: ec2::Filter, inventory: &Inventory) -> Result<Vec<String>> {
    let filter = || in_vpc.clone();
    let users = both(
        both(security_groups(session, filter()), instances(session, filter())),
        both(s3_endpoint::list(session, vec![filter()]), nat_gateway::list(session, vec![filter()])),
    );
    let parts = both(
        both(subnet::list(session, vec![filter()]), route_table::list(session, vec![filter()])),
        interfaces::list(session, filter()),
    );
    let (users, ((subnets, tables), interfaces)) = both(users, parts).await?;
    let ((mut holders, instances), (endpoints, nats)) = users;
    holders.extend(instances);
    let own = |it: &ec2::VpcEndpoint| {
        is_among(&inventory.endpoints, it.vpc_endpoint_id(), ec2::VpcEndpoint::vpc_endpoint_id)
    };
    let endpoints = endpoints.iter().filter(|it| s3_endpoint::is_live(it) && !own(it));
    holders.extend(endpoints.map(|it| {
        let by = if ec2_value(it.tags(), "GuardDutyManaged").is_some() { " of GuardDuty" } else { "" };
        format!("VPC endpoint {}{by}", named(it.tags(), it.vpc_endpoint_id()))
    }));
    let own = |it: &ec2::NatGateway| {
        is_among(&inventory.nat_gateways, it.nat_gateway_id(), ec2::NatGateway::nat_gateway_id)
    };
    let nats = nats.iter().filter(|it| nat_gateway::is_live(it) && !own(it));
    holders.extend(nats.map(|it| format!("NAT gateway {}", named(it.tags(), it.nat_gateway_id()))));
    let own = |it: &ec2::Subnet| is_among(&inventory.subnets, it.subnet_id(), ec2::Subnet::subnet_id);
    let subnets = subnets.iter().filter(|it| !own(it));
    holders.extend(subnets.map(|it| format!("subnet {}", named(it.tags(), it.subnet_id()))));
    let own = |it: &ec2::RouteTable| {
        is_among(&inventory.route_tables, it.route_table_id(), ec2::RouteTable::route_table_id)
    };
    let tables = tables.iter().filter(|it| !route_table::is_main(it) && !own(it));
    holders.extend(tables.map(|it| format!("route table {}", named(it.tags(), it.route_table_id()))));
    holders.extend(interfaces.iter().filter(|it| interfaces::stays(it)).map(interfaces::described));
    Ok(holders)
}

fn is_among<T>(ours: &[T], id: Option<&str>, id_of: impl Fn(&T) -> Option<&str>) -> bool {
    ours.iter().any(|own| id_of(own) == id)
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

fn named(tags: &[ec2::Tag], id: Option<&str>) -> String {
    let id = id.unwrap_or_default();
    match ec2_name(tags) {
        "" => id.to_owned(),
        name => format!("{name} ({id})"),
    }
}
