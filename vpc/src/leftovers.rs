//! What an earlier wish needed and this one does not: NAT gateways with their elastic IPs, and route tables that no subnet uses any more.

use anyhow::Result;
use common::call::{all, both};
use common::session::Session;
use common::tags::ec2_name;

use crate::inventory::Inventory;
use crate::network::Network;
use crate::routing::Table;
use crate::{elastic_ip, nat_gateway, route_table, s3_endpoint};

/// Removes them, once every subnet has moved to where it belongs. Without waiting some are left to the next run.
///
/// # Errors
/// AWS's refusal.
pub async fn remove(session: &Session, inventory: &Inventory, network: &Network) -> Result<()> {
    if !session.is_planning() && !network.tables.iter().all(Table::is_connected) {
        return Ok(());
    }
    both(tables(session, inventory, network), nats(session, inventory, network)).await.map(|_| ())
}

async fn tables(session: &Session, inventory: &Inventory, network: &Network) -> Result<()> {
    let is_planned = |name: &str| network.tables.iter().any(|table| table.name == name);
    let left: Vec<(String, &str)> = inventory
        .route_tables
        .iter()
        .filter(|table| !route_table::is_main(table) && !is_planned(ec2_name(table.tags())))
        .filter_map(|table| Some((table.route_table_id()?.to_owned(), ec2_name(table.tags()))))
        .collect();
    for endpoint in inventory.endpoints.iter().filter(|it| s3_endpoint::is_live(it)) {
        let id = endpoint.vpc_endpoint_id().unwrap_or_default();
        let has = |table: &&String| endpoint.route_table_ids().contains(table);
        let gone: Vec<String> = left.iter().map(|(table, _)| table).filter(has).cloned().collect();
        if !gone.is_empty() {
            let what = format!("VPC endpoint {}: take off {}", ec2_name(endpoint.tags()), gone.join(", "));
            Box::pin(session.change(what, s3_endpoint::remove_tables(session, id, gone))).await?;
        }
    }
    all(left.iter().map(|(id, name)| {
        session.delete(format!("route table {name} ({id})"), route_table::delete(session, id, name))
    }))
    .await
    .map(|_| ())
}

async fn nats(session: &Session, inventory: &Inventory, network: &Network) -> Result<()> {
    let is_planned = |name: &str| network.nats.iter().any(|nat| nat.name == name);
    let left: Vec<(String, &str)> = inventory
        .nat_gateways
        .iter()
        .filter(|nat| nat_gateway::is_live(nat) && !is_planned(ec2_name(nat.tags())))
        .filter_map(|nat| Some((nat.nat_gateway_id()?.to_owned(), ec2_name(nat.tags()))))
        .collect();
    all(left.iter().map(|(id, name)| {
        session.delete(format!("NAT gateway {name} ({id})"), nat_gateway::delete(session, id, name))
    }))
    .await?;
    if !left.is_empty() && !session.waits() && !session.is_planning() {
        return Ok(());
    }
    if !left.is_empty() && session.waits() {
        let ids: Vec<String> = left.into_iter().map(|(id, _)| id).collect();
        nat_gateway::until_deleted(session, &ids).await?;
    }
    let addresses = inventory.addresses.iter().filter(|it| !is_planned(ec2_name(it.tags())));
    all(addresses.map(|address| {
        let allocation = address.allocation_id().unwrap_or_default();
        let what = format!("elastic IP {} ({allocation})", ec2_name(address.tags()));
        session.delete(what, elastic_ip::release(session, allocation))
    }))
    .await
    .map(|_| ())
}
