//! The ways out of the network: peering, NAT gateways, internet gateway.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::all;
use common::session::Session;
use common::tags::{ec2_filter, ec2_name};
use common::wait::while_refused;

use super::LONGEST;
use crate::inventory::Inventory;
use crate::{elastic_ip, holders, internet_gateway, nat_gateway, peering, peering_routes, route_table};

/// The routes that `create` made in the default VPC, then the peering. Dead ones count too: their routes are still there.
pub async fn peerings(session: &Session, inventory: &Inventory) -> Result<()> {
    let id = |it: &ec2::VpcPeeringConnection| it.vpc_peering_connection_id().map(str::to_owned);
    let ids: Vec<String> = inventory.peerings.iter().filter_map(id).collect();
    let accepter = |it: &ec2::VpcPeeringConnection| it.accepter_vpc_info()?.vpc_id().map(str::to_owned);
    let mut peers: Vec<String> = inventory.peerings.iter().filter_map(accepter).collect();
    peers.sort();
    peers.dedup();
    if peers.is_empty() {
        return Ok(());
    }
    let tables = route_table::list(session, vec![ec2_filter("vpc-id", peers)]).await?;
    peering_routes::delete(session, &tables, &ids).await?;
    let live = inventory.peerings.iter().filter(|it| peering::is_live(it));
    all(live.map(|it| async move {
        let id = it.vpc_peering_connection_id().unwrap_or_default();
        let what = format!("peering {} ({id})", ec2_name(it.tags()));
        session.delete(what, peering::delete(session, id)).await
    }))
    .await
    .map(|_| ())
}

/// The NAT gateways, and when they have let go, their elastic IPs.
pub async fn nats(session: &Session, inventory: &Inventory) -> Result<()> {
    let live = inventory.nat_gateways.iter().filter(|it| nat_gateway::is_live(it));
    all(live.map(|it| async move {
        let (id, name) = (it.nat_gateway_id().unwrap_or_default(), ec2_name(it.tags()));
        let delete = nat_gateway::delete(session, id, name);
        session.delete(format!("NAT gateway {name} ({id})"), delete).await
    }))
    .await?;
    let going: Vec<String> = inventory
        .nat_gateways
        .iter()
        .filter(|it| nat_gateway::is_live(it) || it.state() == Some(&ec2::NatGatewayState::Deleting))
        .filter_map(|it| it.nat_gateway_id().map(str::to_owned))
        .collect();
    if !going.is_empty() && !session.is_planning() {
        nat_gateway::until_deleted(session, &going).await?;
    }
    all(inventory.addresses.iter().map(|it| async move {
        let allocation = it.allocation_id().unwrap_or_default();
        let what = format!("elastic IP {} ({allocation})", ec2_name(it.tags()));
        session.delete(what, elastic_ip::release(session, allocation)).await
    }))
    .await
    .map(|_| ())
}

/// The internet gateway.
pub async fn gateways(session: &Session, inventory: &Inventory) -> Result<()> {
    all(inventory.internet_gateways.iter().map(|it| async move {
        let id = it.internet_gateway_id().unwrap_or_default();
        let what = format!("internet gateway {} ({id})", ec2_name(it.tags()));
        Box::pin(session.delete(what, gateway(session, id, internet_gateway::attached_to(it)))).await
    }))
    .await
    .map(|_| ())
}

/// AWS detaches it only when no public address is mapped in the VPC any more.
async fn gateway(session: &Session, id: &str, vpc: Option<&str>) -> Result<()> {
    if let Some(vpc) = vpc {
        let what = "the public addresses of the VPC to be free";
        let detach = while_refused(session, &["DependencyViolation"], what, LONGEST, async || {
            internet_gateway::detach(session, id, vpc).await
        });
        holders::naming(session, ec2_filter("vpc-id", [vpc]), detach).await?;
    }
    let what = format!("the internet gateway {id} to be detached");
    while_refused(session, &["DependencyViolation"], &what, LONGEST, async || {
        internet_gateway::delete(session, id).await
    })
    .await
}
