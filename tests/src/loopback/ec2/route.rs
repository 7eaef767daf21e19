//! Routes: where they lead, and whether what they lead to is still there.

use std::fmt;

use ipnet::Ipv4Net;

use super::Noun;
use super::internet_gateway::InternetGateway;
use super::nat_gateway::NatGateway;
use super::network_interface::NetworkInterface;
use super::route_table::RouteTable;
use super::vpc_peering_connection::VpcPeeringConnection;
use crate::loopback::action::{Action, Call, Reply, View, done, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::missing;
use crate::loopback::xml::Node;

const TARGETS: &str =
    "RouteTableId! DestinationCidrBlock GatewayId NatGatewayId VpcPeeringConnectionId NetworkInterfaceId";

pub const ACTIONS: &[Action] = &[
    write("CreateRoute", create, TARGETS),
    write("ReplaceRoute", replace, TARGETS),
    write("DeleteRoute", delete, "RouteTableId! DestinationCidrBlock"),
];

/// Routes a table.
const QUOTA: usize = 50;

#[derive(Clone, Debug)]
pub struct Route {
    pub destination: Destination,
    pub target: Target,
    pub origin: Origin,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    Cidr(Ipv4Net),
    PrefixList(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    Local,
    InternetGateway(String),
    NatGateway(String),
    Peering(String),
    Interface(String),
    Endpoint(String),
}

/// What made a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Table,
    Route,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Table { "CreateRouteTable" } else { "CreateRoute" })
    }
}

impl Destination {
    #[must_use]
    pub fn cidr(&self) -> Option<String> {
        if let Self::Cidr(cidr) = self { Some(cidr.to_string()) } else { None }
    }

    #[must_use]
    pub fn prefix_list(&self) -> Option<String> {
        if let Self::PrefixList(id) = self { Some(id.clone()) } else { None }
    }
}

impl Target {
    #[must_use]
    pub fn gateway(&self) -> Option<String> {
        match self {
            Self::Local => Some("local".to_owned()),
            Self::InternetGateway(id) | Self::Endpoint(id) => Some(id.clone()),
            _ => None,
        }
    }

    #[must_use]
    pub fn nat_gateway(&self) -> Option<String> {
        if let Self::NatGateway(id) = self { Some(id.clone()) } else { None }
    }

    #[must_use]
    pub fn peering(&self) -> Option<String> {
        if let Self::Peering(id) = self { Some(id.clone()) } else { None }
    }

    fn interface(&self) -> Option<String> {
        if let Self::Interface(id) = self { Some(id.clone()) } else { None }
    }
}

impl Route {
    /// `active`, or `blackhole` where the target is gone, detached or not yet one.
    #[must_use]
    pub fn state(&self, table: &RouteTable, view: View<'_>) -> &'static str {
        let ec2 = &view.region.ec2;
        let active = match &self.target {
            Target::Local | Target::Endpoint(_) => true,
            Target::InternetGateway(id) => {
                ec2.internet_gateways.get(id).is_some_and(|g| g.vpc.as_ref() == Some(&table.vpc))
            }
            Target::NatGateway(id) => ec2
                .nat_gateways
                .get(id)
                .is_some_and(|nat| matches!(nat.state(view.now), "pending" | "available")),
            Target::Peering(id) => {
                ec2.vpc_peering_connections.get(id).is_some_and(|p| p.status(view.now).0 == "active")
            }
            Target::Interface(id) => ec2.network_interfaces.get(id).is_some_and(|i| i.attachment.is_some()),
        };
        if active { "active" } else { "blackhole" }
    }

    #[must_use]
    pub fn show(&self, table: &RouteTable, view: View<'_>) -> Node {
        Node::new()
            .maybe("destinationCidrBlock", self.destination.cidr())
            .maybe("destinationPrefixListId", self.destination.prefix_list())
            .maybe("gatewayId", self.target.gateway())
            .maybe("natGatewayId", self.target.nat_gateway())
            .maybe("vpcPeeringConnectionId", self.target.peering())
            .maybe("networkInterfaceId", self.target.interface())
            .put("state", self.state(table, view))
            .put("origin", self.origin)
    }
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let table = call.named::<RouteTable>("RouteTableId")?;
    let (id, cidr) = (table.meta.id.clone(), destination(call)?);
    let destination = Destination::Cidr(cidr);
    if table.routes.iter().any(|route| route.destination == destination) {
        return Err(AwsError::new(
            "RouteAlreadyExists",
            format!("The route identified by {cidr} already exists."),
        ));
    }
    if table.routes.len() >= call.conditions.quota("route", QUOTA) {
        return Err(AwsError::new("RouteLimitExceeded", "The maximum number of routes has been reached."));
    }
    let target = target(call, table)?;
    call.find_mut::<RouteTable>(&id)?.routes.push(Route { destination, target, origin: Origin::Route });
    done()
}

fn replace(call: &mut Call<'_>) -> Result<Reply> {
    let table = call.named::<RouteTable>("RouteTableId")?;
    let (id, cidr) = (table.meta.id.clone(), destination(call)?);
    let target = target(call, table)?;
    let routes = &mut call.find_mut::<RouteTable>(&id)?.routes;
    let route = routes.iter_mut().find(|route| route.destination == Destination::Cidr(cidr));
    let route = route.ok_or_else(|| {
        AwsError::invalid_value(format!(
            "There is no route defined for '{cidr}' in the route table. Use CreateRoute instead."
        ))
    })?;
    if route.target == Target::Local {
        return Err(AwsError::invalid_value(format!(
            "cannot replace local route {cidr} in route table {id}"
        )));
    }
    route.target = target;
    done()
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let table = call.named::<RouteTable>("RouteTableId")?;
    let (id, cidr) = (table.meta.id.clone(), destination(call)?);
    let destination = Destination::Cidr(cidr);
    match table.routes.iter().find(|route| route.destination == destination) {
        None => {
            let message = format!("no route with destination-cidr-block {cidr} in route table {id}");
            return Err(AwsError::new("InvalidRoute.NotFound", message));
        }
        Some(route) if route.target == Target::Local => {
            return Err(AwsError::invalid_value(format!(
                "cannot remove local route {cidr} in route table {id}"
            )));
        }
        Some(_) => call.find_mut::<RouteTable>(&id)?.routes.retain(|route| route.destination != destination),
    }
    done()
}

/// The block asked for. AWS takes away the bits behind the mask.
fn destination(call: &Call<'_>) -> Result<Ipv4Net> {
    let text = call.params.text("DestinationCidrBlock").ok_or_else(|| missing("destinationCidrBlock"))?;
    let message = format!(
        "Value ({text}) for parameter destinationCidrBlock is invalid. This is not a valid CIDR block."
    );
    text.parse::<Ipv4Net>().map(|net| net.trunc()).map_err(|_| AwsError::invalid_value(message))
}

/// The one target that a call names, which must be there and reachable from the table's VPC.
fn target(call: &Call<'_>, table: &RouteTable) -> Result<Target> {
    let params = call.params;
    let names = ["GatewayId", "NatGatewayId", "VpcPeeringConnectionId", "NetworkInterfaceId"];
    let given: Vec<(&str, &str)> =
        names.into_iter().filter_map(|name| Some((name, params.text(name)?))).collect();
    let [(name, id)] = given.as_slice() else {
        let message = "The request must contain exactly one of gatewayId, natGatewayId, networkInterfaceId, vpcPeeringConnectionId";
        let code = if given.is_empty() { "MissingParameter" } else { "InvalidParameterCombination" };
        return Err(AwsError::new(code, message));
    };
    let id = (*id).to_owned();
    match *name {
        "GatewayId" => gateway(call, table, id),
        "NatGatewayId" => nat(call, table, id),
        "VpcPeeringConnectionId" => peering(call, table, id),
        _ => {
            same(table, &id, &call.find::<NetworkInterface>(&id)?.vpc)?;
            Ok(Target::Interface(id))
        }
    }
}

fn same(table: &RouteTable, id: &str, vpc: &str) -> Result<()> {
    if vpc == table.vpc {
        return Ok(());
    }
    let message =
        format!("route table {} and network gateway {id} belong to different networks", table.meta.id);
    Err(AwsError::invalid_value(message))
}

fn gateway(call: &Call<'_>, table: &RouteTable, id: String) -> Result<Target> {
    let missing =
        |_| AwsError::new("InvalidGatewayID.NotFound", format!("The gateway ID '{id}' does not exist"));
    let gateway = call.find::<InternetGateway>(&id).map_err(missing)?;
    same(table, &id, gateway.vpc.as_deref().unwrap_or_default())?;
    Ok(Target::InternetGateway(id))
}

/// AWS does not know a NAT gateway as a target before it is available.
fn nat(call: &Call<'_>, table: &RouteTable, id: String) -> Result<Target> {
    let missing =
        || AwsError::new("InvalidNatGatewayID.NotFound", format!("The natGateway ID '{id}' does not exist"));
    let nat = call.find::<NatGateway>(&id).map_err(|_| missing())?;
    if nat.state(call.now) != "available" {
        return Err(missing());
    }
    same(table, &id, &nat.vpc)?;
    Ok(Target::NatGateway(id))
}

fn peering(call: &Call<'_>, table: &RouteTable, id: String) -> Result<Target> {
    let peering = call.find::<VpcPeeringConnection>(&id)?;
    if !peering.alive(call.now) {
        return Err(VpcPeeringConnection::KIND.not_found(&[&id]));
    }
    if !peering.joins(&table.vpc) {
        same(table, &id, "")?;
    }
    Ok(Target::Peering(id))
}
