//! The routes of the peering, in both directions: our tables to the default VPC, and the tables in use in the default VPC to ours.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{all, both};
use common::fault::Fault;
use common::session::Session;
use common::tags::ec2_name;
use ipnet::Ipv4Net;

use crate::cidr::overlap;
use crate::route::{self, Target};
use crate::routing::Table;

/// The ranges of a VPC, the first one first.
pub fn ranges(vpc: &ec2::Vpc) -> Vec<Ipv4Net> {
    let associated =
        vpc.cidr_block_association_set().iter().filter_map(ec2::VpcCidrBlockAssociation::cidr_block);
    let mut ranges = Vec::new();
    for range in vpc.cidr_block().into_iter().chain(associated).filter_map(|cidr| cidr.parse().ok()) {
        if !ranges.contains(&range) {
            ranges.push(range);
        }
    }
    ranges
}

/// Refuses a default VPC whose addresses are also ours: AWS would make a peering that fails.
///
/// # Errors
/// Not found where there is no default VPC; a conflict.
pub fn check(default: Option<&ec2::Vpc>, cidr: Ipv4Net) -> Result<&ec2::Vpc> {
    let default = default.ok_or_else(|| {
        Fault::not_found("this account has no default VPC in this Region to peer with")
            .hint("leave --peer-default out, or run `aws ec2 create-default-vpc`")
    })?;
    match ranges(default).into_iter().find(|range| overlap(*range, cidr)) {
        None => Ok(default),
        Some(range) => Err(Fault::conflict(format!("{cidr} overlaps the default VPC's {range}"))
            .hint("leave --peer-default out, or choose another --cidr")
            .into()),
    }
}

/// Makes the routes, all side by side.
///
/// # Errors
/// A conflict where the default VPC has another use for our range; AWS's refusal.
pub async fn keep(
    session: &Session,
    ours: &[Table],
    cidr: Ipv4Net,
    default: &ec2::Vpc,
    default_tables: &[ec2::RouteTable],
    peering: Option<String>,
) -> Result<()> {
    let target = Target::Peering(peering);
    let ranges: Vec<String> = ranges(default).iter().map(Ipv4Net::to_string).collect();
    let (cidr, target) = (&cidr.to_string(), &target);
    let there = all(ours.iter().flat_map(|table| {
        ranges.iter().map(move |range| async move {
            let (id, routes) = (table.id.as_deref(), table.routes.as_slice());
            let table = route::Table { name: &table.name, id, routes, is_ours: true };
            Box::pin(route::keep(session, &table, range, target)).await
        })
    }));
    let back = all(default_tables.iter().map(|table| async move {
        let name = format!("the default VPC's {}", name_of(table));
        let (id, routes) = (table.route_table_id(), table.routes());
        let table = route::Table { name: &name, id, routes, is_ours: false };
        Box::pin(route::keep(session, &table, cidr, target)).await
    }));
    both(there, back).await.map(|_| ())
}

/// Deletes the routes to these peerings from these tables.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, tables: &[ec2::RouteTable], peerings: &[String]) -> Result<()> {
    let routes = tables.iter().flat_map(|table| {
        table.routes().iter().filter_map(move |route| {
            let peering = route.vpc_peering_connection_id()?;
            let is_ours = peerings.iter().any(|ours| ours == peering);
            is_ours.then_some((table, route.destination_cidr_block()?))
        })
    });
    all(routes.map(|(table, destination)| async move {
        let name = format!("the default VPC's {}", name_of(table));
        let id = table.route_table_id().unwrap_or_default();
        let delete = route::delete(session, id, &name, destination);
        session.delete(format!("route {destination} of {name}"), delete).await
    }))
    .await
    .map(|_| ())
}

fn name_of(table: &ec2::RouteTable) -> &str {
    match ec2_name(table.tags()) {
        "" => table.route_table_id().unwrap_or_default(),
        name => name,
    }
}
