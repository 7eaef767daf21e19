//! Whether it is all gone.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::fault::Fault;
use common::session::Session;
use common::tags::ec2_name;
use common::wait::{State, until_ready};

use super::UNTIL_GONE;
use crate::inventory::Inventory;
use crate::{nat_gateway, peering, route_table, s3_endpoint};

/// Whether there is nothing to delete.
pub fn is_empty(inventory: &Inventory) -> bool {
    left_of(inventory).is_empty()
}

/// What lives, by name and id.
fn left_of(inventory: &Inventory) -> Vec<String> {
    let named = |noun: &str, tags: &[ec2::Tag], id: Option<&str>| {
        format!("{noun} {} ({})", ec2_name(tags), id.unwrap_or_default())
    };
    let mut left = Vec::new();
    left.extend(inventory.vpcs.iter().map(|it| named("vpc", &it.tags, Some(&it.id))));
    left.extend(inventory.subnets.iter().map(|it| named("subnet", it.tags(), it.subnet_id())));
    let gateways = inventory.internet_gateways.iter();
    left.extend(gateways.map(|it| named("internet gateway", it.tags(), it.internet_gateway_id())));
    left.extend(inventory.addresses.iter().map(|it| named("elastic IP", it.tags(), it.allocation_id())));
    let nats = inventory.nat_gateways.iter().filter(|it| nat_gateway::is_live(it));
    left.extend(nats.map(|it| named("NAT gateway", it.tags(), it.nat_gateway_id())));
    let tables = inventory.route_tables.iter().filter(|it| !route_table::is_main(it));
    left.extend(tables.map(|it| named("route table", it.tags(), it.route_table_id())));
    let endpoints = inventory.endpoints.iter().filter(|it| s3_endpoint::is_live(it));
    left.extend(endpoints.map(|it| named("VPC endpoint", it.tags(), it.vpc_endpoint_id())));
    let peerings = inventory.peerings.iter().filter(|it| peering::is_live(it));
    left.extend(peerings.map(|it| named("peering", it.tags(), it.vpc_peering_connection_id())));
    left
}

/// A describe may show for a while what is gone, and a run at the same time may have made something anew.
///
/// # Errors
/// Not in time, with what is left.
pub async fn until_gone(session: &Session) -> Result<()> {
    let gone = until_ready(session, UNTIL_GONE, async || {
        let left = left_of(&Inventory::read(session).await?);
        Ok(left.into_iter().map(|it| (it, State::Pending("still there".to_owned()))).collect())
    });
    gone.await.map_err(|error| {
        let fault = Fault::conflict(format!("the network of {} is not gone", session.identity.base()));
        error.context(fault.hint("run `vpc delete` again; another run may be making the same network"))
    })
}
