//! Single routes.

use std::fmt;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::fault::{Fault, is_code, is_missing};
use common::session::Session;
use common::wait::while_missing;

use crate::route_table;

/// The default route's destination.
pub const ANYWHERE: &str = "0.0.0.0/0";

/// Where a route leads. The id is absent in a dry run, where it is still to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    InternetGateway(Option<String>),
    NatGateway(Option<String>),
    Peering(Option<String>),
}

/// A route table as far as its routes go.
pub struct Table<'a> {
    pub name: &'a str,
    pub id: Option<&'a str>,
    pub routes: &'a [ec2::Route],
    /// Whether it is ours: in another's table only what leads nowhere is replaced.
    pub is_ours: bool,
}

impl Target {
    fn id(&self) -> Option<&str> {
        match self {
            Self::InternetGateway(id) | Self::NatGateway(id) | Self::Peering(id) => id.as_deref(),
        }
    }

    fn is_of(&self, route: &ec2::Route) -> bool {
        let there = match self {
            Self::InternetGateway(_) => route.gateway_id(),
            Self::NatGateway(_) => route.nat_gateway_id(),
            Self::Peering(_) => route.vpc_peering_connection_id(),
        };
        there.is_some() && there == self.id()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id().unwrap_or(match self {
            Self::InternetGateway(_) => "the internet gateway",
            Self::NatGateway(_) => "the NAT gateway",
            Self::Peering(_) => "the peering",
        }))
    }
}

/// The route to this destination that a table has.
pub fn to<'a>(routes: &'a [ec2::Route], destination: &str) -> Option<&'a ec2::Route> {
    routes.iter().find(|route| route.destination_cidr_block() == Some(destination))
}

/// Makes the route, or turns the one that is there.
///
/// # Errors
/// A conflict where another's table leads elsewhere; AWS's refusal.
pub async fn keep(session: &Session, table: &Table<'_>, destination: &str, target: &Target) -> Result<()> {
    let there = to(table.routes, destination);
    if there.is_some_and(|route| target.is_of(route)) {
        return Ok(());
    }
    if let Some(route) = there {
        check(table, route)?;
        let what = format!("route {destination} of {}: turn to {target}", table.name);
        let replace = while_missing(session, async || replace(session, table, destination, target).await);
        Box::pin(session.change(what, replace)).await?;
        return Ok(());
    }
    let what = format!("route {destination} of {} to {target}", table.name);
    session
        .make(what, async {
            let made = while_missing(session, async || make(session, table, destination, target).await);
            match made.await {
                Err(error) if is_code(&error, &["RouteAlreadyExists"]) => {
                    compare(session, table, destination, target).await?;
                }
                other => other?,
            }
            Ok(target.to_string())
        })
        .await
        .map(|_| ())
}

/// Made by a call whose answer was lost, or by another run, or missed by the look before.
async fn compare(session: &Session, table: &Table<'_>, destination: &str, target: &Target) -> Result<()> {
    let now = route_table::read(session, table.id.unwrap_or_default()).await?;
    match to(now.routes(), destination) {
        Some(route) if target.is_of(route) => Ok(()),
        Some(route) => {
            check(table, route)?;
            replace(session, table, destination, target).await
        }
        None => replace(session, table, destination, target).await,
    }
}

fn check(table: &Table<'_>, route: &ec2::Route) -> Result<()> {
    let leads_nowhere = route.state() == Some(&ec2::RouteState::Blackhole);
    if table.is_ours || leads_nowhere {
        return Ok(());
    }
    let destination = route.destination_cidr_block().unwrap_or_default();
    Err(Fault::conflict(format!(
        "{} has a route to {destination} already, which leads elsewhere",
        table.name
    ))
    .hint("take that route away if it is not needed, then run the same command again")
    .into())
}

async fn make(session: &Session, table: &Table<'_>, destination: &str, target: &Target) -> Result<()> {
    let call = session.aws.ec2().create_route().destination_cidr_block(destination);
    let call = call.set_route_table_id(table.id.map(str::to_owned));
    let call = match target {
        Target::InternetGateway(id) => call.set_gateway_id(id.clone()),
        Target::NatGateway(id) => call.set_nat_gateway_id(id.clone()),
        Target::Peering(id) => call.set_vpc_peering_connection_id(id.clone()),
    };
    call.send().await.cannot(format!("create the route {destination} of {}", table.name)).map(|_| ())
}

async fn replace(session: &Session, table: &Table<'_>, destination: &str, target: &Target) -> Result<()> {
    let call = session.aws.ec2().replace_route().destination_cidr_block(destination);
    let call = call.set_route_table_id(table.id.map(str::to_owned));
    let call = match target {
        Target::InternetGateway(id) => call.set_gateway_id(id.clone()),
        Target::NatGateway(id) => call.set_nat_gateway_id(id.clone()),
        Target::Peering(id) => call.set_vpc_peering_connection_id(id.clone()),
    };
    call.send().await.cannot(format!("replace the route {destination} of {}", table.name)).map(|_| ())
}

/// Deletes it; one that is gone already is as good.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, table: &str, name: &str, destination: &str) -> Result<()> {
    let call = session.aws.ec2().delete_route().route_table_id(table).destination_cidr_block(destination);
    match call.send().await.cannot(format!("delete the route {destination} of {name}")) {
        Err(error) if !is_missing(&error) => Err(error),
        _ => Ok(()),
    }
}
