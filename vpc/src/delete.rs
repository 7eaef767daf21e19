//! `vpc delete`: the reverse of `create`. Only what carries the tags of this environment is touched; the default security group, the
//! default network ACL and the main route table go with the VPC.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{all, both};
use common::fault::Fault;
use common::session::Session;
use common::tags::{ec2_filter, ec2_name};
use common::wait::{State, until_ready, while_refused};

use crate::cli::Delete;
use crate::inventory::Inventory;
use crate::{
    elastic_ip, holders, internet_gateway, nat_gateway, peering, peering_routes, route_table, s3_endpoint,
    subnet, vpc,
};

/// For as long AWS may refuse because of network interfaces that go away minutes after their owner.
const LONGEST: Duration = Duration::from_mins(20);

/// For as long a describe may still show what was deleted.
const UNTIL_GONE: Duration = Duration::from_mins(5);

/// Takes the network down and its section out of the document, which is written at the end.
///
/// # Errors
/// Usage where production is not confirmed; a conflict that names what else holds the VPC; not in time; AWS's refusal.
pub async fn delete(session: &Session, flags: &Delete) -> Result<()> {
    session.confirm(flags.confirm.as_deref())?;
    let inventory = session.inventory(Inventory::read(session)).await?;
    if !session.is_planning() {
        holders::refuse(session, &inventory).await?;
    }
    let (_, ()) =
        both(both(peerings(session, &inventory), nats(session, &inventory)), tables(session, &inventory))
            .await?;
    both(subnets(session, &inventory), gateways(session, &inventory)).await?;
    vpcs(session, &inventory).await?;
    if !session.is_planning() && !is_empty(&inventory) {
        until_gone(session).await?;
    }
    session.write(|document| {
        document.remove_section("vpc");
        Ok(())
    })
}

/// The routes that `create` made in the default VPC, then the peering. Dead ones count too: their routes are still there.
async fn peerings(session: &Session, inventory: &Inventory) -> Result<()> {
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
async fn nats(session: &Session, inventory: &Inventory) -> Result<()> {
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

/// The endpoint's routes stand in the route tables, so it goes first.
async fn tables(session: &Session, inventory: &Inventory) -> Result<()> {
    endpoints(session, inventory).await?;
    let tables = inventory.route_tables.iter().filter(|it| !route_table::is_main(it));
    all(tables.map(|it| async move {
        let (id, name) = (it.route_table_id().unwrap_or_default(), ec2_name(it.tags()));
        session.delete(format!("route table {name} ({id})"), table(session, it, id, name)).await
    }))
    .await
    .map(|_| ())
}

async fn table(session: &Session, table: &ec2::RouteTable, id: &str, name: &str) -> Result<()> {
    let associations =
        table.associations().iter().filter_map(ec2::RouteTableAssociation::route_table_association_id);
    all(associations.map(|association| route_table::disassociate(session, association))).await?;
    let what = format!("the route table {name} to be free");
    while_refused(session, &["DependencyViolation"], &what, LONGEST, async || {
        route_table::delete(session, id, name).await
    })
    .await
}

async fn endpoints(session: &Session, inventory: &Inventory) -> Result<()> {
    let live: Vec<_> = inventory.endpoints.iter().filter(|it| s3_endpoint::is_live(it)).collect();
    let ids: Vec<String> = live.iter().filter_map(|it| it.vpc_endpoint_id().map(str::to_owned)).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = live.iter().map(|it| ec2_name(it.tags())).collect();
    let what = format!("VPC endpoint {} ({})", names.join(", "), ids.join(", "));
    let deleted = session.delete(what, s3_endpoint::delete(session, &ids)).await?;
    if deleted.is_none() {
        return Ok(());
    }
    until_ready(session, UNTIL_GONE, async || {
        let filter = ec2_filter("vpc-endpoint-id", ids.iter().cloned());
        let left = s3_endpoint::list(session, vec![filter]).await?;
        let is_gone = |it: &ec2::VpcEndpoint| {
            it.state().is_some_and(|state| state.as_str().eq_ignore_ascii_case("deleted"))
        };
        Ok(left
            .iter()
            .filter(|it| !is_gone(it))
            .map(|it| {
                (format!("VPC endpoint {}", ec2_name(it.tags())), State::Pending("deleting".to_owned()))
            })
            .collect())
    })
    .await
}

async fn subnets(session: &Session, inventory: &Inventory) -> Result<()> {
    all(inventory.subnets.iter().map(|it| async move {
        let (id, name) = (it.subnet_id().unwrap_or_default(), ec2_name(it.tags()));
        let what = format!("subnet {name} to be free");
        let filter = ec2_filter("subnet-id", [id]);
        let delete = while_refused(session, &["DependencyViolation"], &what, LONGEST, async || {
            subnet::delete(session, id, name).await
        });
        Box::pin(session.delete(format!("subnet {name} ({id})"), holders::naming(session, filter, delete)))
            .await
    }))
    .await
    .map(|_| ())
}

async fn gateways(session: &Session, inventory: &Inventory) -> Result<()> {
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
        let what = "the public addresses of the vpc to be free";
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

async fn vpcs(session: &Session, inventory: &Inventory) -> Result<()> {
    let name = session.identity.base();
    all(inventory.vpcs.iter().map(|it| {
        let what = format!("the vpc {name} to be free");
        let filter = ec2_filter("vpc-id", [it.id.as_str()]);
        let label = format!("vpc {name} ({})", it.id);
        async move {
            let delete = while_refused(session, &["DependencyViolation"], &what, LONGEST, async || {
                vpc::delete(session, &it.id).await
            });
            Box::pin(session.delete(label, holders::naming(session, filter, delete))).await
        }
    }))
    .await
    .map(|_| ())
}

fn is_empty(inventory: &Inventory) -> bool {
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
async fn until_gone(session: &Session) -> Result<()> {
    let gone = until_ready(session, UNTIL_GONE, async || {
        let left = left_of(&Inventory::read(session).await?);
        Ok(left.into_iter().map(|it| (it, State::Pending("still there".to_owned()))).collect())
    });
    gone.await.map_err(|error| {
        let fault = Fault::conflict(format!("the network of {} is not gone", session.identity.base()));
        error.context(fault.hint("run `vpc delete` again; another run may be making the same network"))
    })
}
