//! What has to wait for AWS: a NAT gateway takes one to three minutes, and takes no route before.

use anyhow::Result;
use common::call::{all, both};
use common::session::Session;
use common::tags::{ec2_filter, ec2_name};
use common::wait::{State, until_ready};

use crate::network::Network;
use crate::{nat_gateway, peering, s3_endpoint};

/// Waits until all is ready, then leads the routes to the NAT gateways and moves the subnets that need them.
///
/// # Errors
/// A NAT gateway that failed, with AWS's reason; not in time; AWS's refusal.
pub async fn settle(session: &Session, network: &mut Network) -> Result<()> {
    if !session.waits() {
        return Ok(());
    }
    wait(session, network).await?;
    for nat in &mut network.nats {
        nat.is_available = true;
    }
    let ways: Vec<_> = network.tables.iter().map(|table| network.way(session, table)).collect();
    all(network.tables.iter_mut().zip(&ways).map(|(table, way)| table.connect(session, way))).await?;
    network.move_members(session).await
}

async fn wait(session: &Session, network: &Network) -> Result<()> {
    let nats: Vec<String> =
        network.nats.iter().filter(|it| !it.is_available).filter_map(|it| it.id.clone()).collect();
    let endpoint = network.endpoint.as_ref().filter(|it| !it.is_ready).and_then(|it| it.id.clone());
    let peering = network.peering.as_ref().filter(|it| !it.is_active).and_then(|it| it.section.id.clone());
    if nats.is_empty() && endpoint.is_none() && peering.is_none() {
        return Ok(());
    }
    until_ready(session, nat_gateway::LONGEST, async || {
        let (nats, (endpoint, peering)) = both(
            nat_states(session, &nats),
            both(endpoint_state(session, endpoint.as_ref()), peering_state(session, peering.as_ref())),
        )
        .await?;
        Ok(nats.into_iter().chain(endpoint).chain(peering).collect())
    })
    .await
}

/// One that AWS does not tell of yet was made a moment ago.
async fn nat_states(session: &Session, ids: &[String]) -> Result<Vec<(String, State)>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = nat_gateway::list(session, vec![ec2_filter("nat-gateway-id", ids.iter().cloned())]).await?;
    ids.iter()
        .map(|id| match found.iter().find(|nat| nat.nat_gateway_id() == Some(id)) {
            Some(nat) => Ok((format!("NAT gateway {}", ec2_name(nat.tags())), nat_gateway::state(nat)?)),
            None => Ok((format!("NAT gateway {id}"), State::Pending("not known yet".to_owned()))),
        })
        .collect()
}

async fn endpoint_state(session: &Session, id: Option<&String>) -> Result<Option<(String, State)>> {
    let Some(id) = id else { return Ok(None) };
    let found = s3_endpoint::list(session, vec![ec2_filter("vpc-endpoint-id", [id])]).await?;
    let state = found.first().map_or(Ok(State::Pending("not known yet".to_owned())), s3_endpoint::state)?;
    Ok(Some((format!("VPC endpoint {id}"), state)))
}

async fn peering_state(session: &Session, id: Option<&String>) -> Result<Option<(String, State)>> {
    let Some(id) = id else { return Ok(None) };
    let found = peering::list(session, vec![ec2_filter("vpc-peering-connection-id", [id])]).await?;
    let state = found.first().map_or(Ok(State::Pending("not known yet".to_owned())), peering::state)?;
    Ok(Some((format!("peering {id}"), state)))
}
