//! `vpc show`: the section filled from AWS.

use anyhow::Result;
use common::fault::Fault;
use common::session::Session;

use crate::cli::Show;
use crate::inventory::Inventory;
use crate::network::Network;
use crate::plan::Plan;
use crate::{decide, settle};

/// Fills the section; with `--wait` also waits, and does what `create --no-wait` had to leave.
///
/// # Errors
/// Not found; with `--wait` also what is missing, and what failed.
pub async fn show(session: &Session, flags: &Show) -> Result<()> {
    let inventory = session.inventory(Inventory::read(session)).await?;
    let Some(vpc) = decide::only(session, &inventory)? else {
        let base = session.identity.base();
        return Err(Fault::not_found(format!("there is no VPC {base}"))
            .hint("run `vpc create` first")
            .into());
    };
    let inventory = inventory.of_vpc(Some(&vpc));
    let plan = decide::standing(session, &inventory)?;
    let mut network = Network::standing(session, &plan, &inventory);
    let section = network.section(session);
    session.write(|document| document.set_section("vpc", &section))?;
    if !flags.wait {
        return Ok(());
    }
    let missing = missing(&plan, &network);
    if !missing.is_empty() {
        let missing = missing.join(", ");
        return Err(Fault::not_found(format!("VPC {} is not complete: there is no {missing}", network.name))
            .hint("run `vpc create` again: it makes what is missing")
            .into());
    }
    settle::settle(session, &mut network).await
}

fn missing(plan: &Plan, network: &Network) -> Vec<String> {
    let mut missing = Vec::new();
    if plan.zones.len() < plan.wish.zones {
        missing.push(format!("{}. availability zone", plan.zones.len() + 1));
    }
    if plan.places.len() < plan.zones.len() * 3 {
        missing.push("subnet in each tier of each availability zone".to_owned());
    }
    if network.internet_gateway.is_none() {
        missing.push("internet gateway".to_owned());
    }
    let nats = network.nats.iter().filter(|nat| nat.id.is_none());
    missing.extend(nats.map(|nat| format!("NAT gateway {}", nat.name)));
    let tables = network.tables.iter().filter(|table| table.id.is_none());
    missing.extend(tables.map(|table| format!("route table {}", table.name)));
    if network.endpoint.is_none() {
        missing.push("VPC endpoint for S3".to_owned());
    }
    if plan.wish.peer_default && network.peering.is_none() {
        missing.push("peering with the default VPC".to_owned());
    }
    missing
}
