//! Tags on what is there already: the person's own, which may have been given only now, and those that somebody took away.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::session::Session;
use common::tags::{ec2_tags, ec2_value, missing};

use crate::inventory::Inventory;
use crate::{nat_gateway, peering, s3_endpoint};

/// Puts on everything what is missing on anything, in one call.
///
/// # Errors
/// AWS's refusal.
pub async fn retag(session: &Session, inventory: &Inventory) -> Result<()> {
    let mut wanted = session.identity.tags_of("vpc", "");
    // What was found, was found by its name.
    wanted.retain(|(key, _)| key != "Name" && key != crate::wish::TAG);
    let mut lacking: Vec<(String, String)> = Vec::new();
    let mut ids = Vec::new();
    for (id, tags) in things(inventory) {
        let missing = missing(&wanted, |key| ec2_value(tags, key).map(str::to_owned));
        if missing.is_empty() {
            continue;
        }
        ids.extend(id.map(str::to_owned));
        lacking.extend(missing);
    }
    if ids.is_empty() {
        return Ok(());
    }
    lacking.sort();
    lacking.dedup();
    let keys: Vec<&str> = lacking.iter().map(|(key, _)| key.as_str()).collect();
    let what = format!("tags {} of {}", keys.join(", "), ids.join(", "));
    let call = session.aws.ec2().create_tags().set_resources(Some(ids)).set_tags(Some(ec2_tags(&lacking)));
    Box::pin(session.change(what, async { call.send().await.cannot("tag the network") })).await.map(|_| ())
}

fn things(inventory: &Inventory) -> Vec<(Option<&str>, &[ec2::Tag])> {
    let mut things: Vec<(Option<&str>, &[ec2::Tag])> = Vec::new();
    things.extend(inventory.vpc().map(|it| (Some(it.id.as_str()), it.tags.as_slice())));
    things.extend(inventory.subnets.iter().map(|it| (it.subnet_id(), it.tags())));
    things.extend(inventory.internet_gateways.iter().map(|it| (it.internet_gateway_id(), it.tags())));
    let nats = inventory.nat_gateways.iter().filter(|it| nat_gateway::is_live(it));
    things.extend(nats.map(|it| (it.nat_gateway_id(), it.tags())));
    things.extend(inventory.addresses.iter().map(|it| (it.allocation_id(), it.tags())));
    things.extend(inventory.route_tables.iter().map(|it| (it.route_table_id(), it.tags())));
    let endpoints = inventory.endpoints.iter().filter(|it| s3_endpoint::is_live(it));
    things.extend(endpoints.map(|it| (it.vpc_endpoint_id(), it.tags())));
    let peerings = inventory.peerings.iter().filter(|it| peering::is_live(it));
    things.extend(peerings.map(|it| (it.vpc_peering_connection_id(), it.tags())));
    things
}
