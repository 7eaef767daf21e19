//! `vpc create`: the network from outside in. What depends on nothing is made side by side.
//!
//! 1. VPC, internet gateway, elastic IPs
//! 2. subnets, route tables, the gateway's attachment
//! 3. NAT gateways, default routes, associations, the S3 endpoint
//!
//! DNS attributes, tags and the peering go beside 2 and 3. Then the document is written, and what must wait for a NAT gateway is done as
//! soon as that is available.

use anyhow::Result;
use common::call::{all, both};
use common::converge::{converge, converge_unique, converge_unprotected};
use common::fault::Fault;
use common::section::{Peering as PeeringSection, Vpc as Section};
use common::session::Session;
use common::tags::ec2_name;

use crate::cli::Create;
use crate::dns::Dns;
use crate::elastic_ip::{ElasticIp, FoundAddress};
use crate::internet_gateway::Gateway;
use crate::inventory::{Inventory, Surroundings};
use crate::nat_gateway::NatGateway;
use crate::network::{Endpoint, Network, Peering};
use crate::plan::Plan;
use crate::request::Request;
use crate::route_table::RouteTable;
use crate::subnet::Subnet;
use crate::tier::Tier;
use crate::vpc::Vpc;
use crate::{
    dns, internet_gateway, leftovers, nat_gateway, peering, peering_routes, retag, s3_endpoint, settle,
    subnet, wish,
};

/// Makes the network or brings it in line.
///
/// # Errors
/// Usage, conflict and not-found faults; AWS's refusal.
pub async fn create(session: &Session, flags: &Create) -> Result<()> {
    let request = Request::from_flags(flags)?;
    let document = session.section::<Section>("vpc")?;
    let read = Inventory::read_with_surroundings(session, document.as_ref(), request.peer_default);
    let (inventory, surroundings) = session.inventory(read).await?;
    let act = Act::decide(session, &request, inventory, surroundings)?;
    let mut network = act.make().await?;
    let section = network.section(session);
    session.write(|document| document.set_section("vpc", &section))?;
    settle::settle(session, &mut network).await?;
    leftovers::remove(session, &act.inventory, &network).await
}

/// Everything that is decided before anything is made.
struct Act<'a> {
    session: &'a Session,
    plan: Plan,
    inventory: Inventory,
    surroundings: Surroundings,
}

/// What the first step made.
struct Ground {
    vpc: Option<String>,
    is_new: bool,
    gateway: Option<aws_sdk_ec2::types::InternetGateway>,
    addresses: Vec<Option<FoundAddress>>,
}

impl<'a> Act<'a> {
    fn decide(
        session: &'a Session,
        request: &Request,
        inventory: Inventory,
        surroundings: Surroundings,
    ) -> Result<Self> {
        let id = inventory.vpc().map(|vpc| vpc.id.clone());
        let inventory = inventory.of_vpc(id.as_deref());
        let standing = inventory.standing(session)?;
        let plan = wish::plan(session, request, &inventory, &standing, &surroundings.zones)?;
        if plan.wish.peer_default {
            peering_routes::check(surroundings.default_vpc.as_ref(), plan.cidr)?;
        }
        Ok(Self { session, plan, inventory, surroundings })
    }

    async fn make(&self) -> Result<Network> {
        let ground = self.ground().await?;
        let mut network = Network::standing(self.session, &self.plan, &self.inventory);
        network.id.clone_from(&ground.vpc);
        let vpc = ground.vpc.as_deref();
        let beside = both(self.dns(vpc), both(retag::retag(self.session, &self.inventory), self.peer(vpc)));
        let inside = async {
            self.insides(&ground, &mut network).await?;
            self.gateways(&ground, &mut network).await
        };
        let (((), ((), peering)), ()) = both(beside, inside).await?;
        if self.plan.wish.peer_default {
            self.peering_routes(&mut network, peering).await?;
        }
        network.move_members(self.session).await?;
        Ok(network)
    }

    async fn ground(&self) -> Result<Ground> {
        let (session, plan) = (self.session, &self.plan);
        let vpc = Vpc { name: session.identity.base(), cidr: plan.cidr, wish: plan.wish };
        let gateway = Gateway { name: session.identity.name("igw") };
        let gateways: Vec<_> = self
            .inventory
            .internet_gateways
            .iter()
            .filter(|it| ec2_name(it.tags()) == gateway.name)
            .cloned()
            .collect();
        let (vpc, (gateway, addresses)) = both(
            converge_unprotected(session, &vpc, &self.inventory.vpcs),
            both(
                converge_unprotected(session, &gateway, &gateways),
                all(plan.nats.iter().map(|zone| self.address(zone))),
            ),
        )
        .await?;
        let vpc = vpc.map(|vpc| vpc.id);
        let known = self.inventory.vpc().map(|vpc| vpc.id.clone());
        if known.is_some() && vpc.is_some() && known != vpc {
            return Err(Fault::conflict("another run is making the same network at this moment")
                .hint("run the same command again")
                .into());
        }
        Ok(Ground { is_new: known.is_none(), vpc, gateway, addresses })
    }

    async fn address(&self, zone: &str) -> Result<Option<FoundAddress>> {
        let wanted = ElasticIp { name: self.session.identity.name(&format!("nat-{zone}")) };
        let of_name = self.inventory.addresses.iter().filter(|it| ec2_name(it.tags()) == wanted.name);
        let found: Vec<FoundAddress> =
            of_name.map(|it| FoundAddress::new(it, &self.inventory.nat_gateways)).collect();
        Box::pin(converge_unprotected(self.session, &wanted, &found)).await
    }

    async fn dns(&self, vpc: Option<&str>) -> Result<()> {
        // AWS makes a VPC with support on and host names off.
        let of_new = Dns { support: self.inventory.vpc().is_none(), host_names: false };
        let found = self.surroundings.dns.unwrap_or(of_new);
        dns::turn_on(self.session, &self.session.identity.base(), vpc, found).await
    }

    async fn peer(&self, vpc: Option<&str>) -> Result<Option<String>> {
        if !self.plan.wish.peer_default {
            return Ok(None);
        }
        let default = peering_routes::check(self.surroundings.default_vpc.as_ref(), self.plan.cidr)?;
        let name = self.session.identity.name("default");
        let peer = default.vpc_id().unwrap_or_default();
        let wanted = peering::Peering { name, vpc, peer };
        let live: Vec<_> =
            self.inventory.peerings.iter().filter(|it| peering::is_live(it)).cloned().collect();
        Box::pin(peering::connect(self.session, &wanted, &live)).await
    }

    /// Step 2.
    async fn insides(&self, ground: &Ground, network: &mut Network) -> Result<()> {
        let (session, vpc) = (self.session, ground.vpc.as_deref());
        let gateway = Gateway { name: session.identity.name("igw") };
        let attach = internet_gateway::attach(session, &gateway, ground.gateway.as_ref(), vpc);
        let subnets = all(network.subnets.iter().map(|it| self.subnet(it, vpc)));
        let tables = all(network.tables.iter().map(|it| self.table(it, ground)));
        let (attached, (subnets, tables)) = both(attach, both(subnets, tables)).await?;
        network.internet_gateway = attached;
        for (subnet, found) in network.subnets.iter_mut().zip(subnets) {
            subnet.id = found.and_then(|found| found.subnet_id);
        }
        for (table, found) in network.tables.iter_mut().zip(tables) {
            let Some(found) = found else { continue };
            table.id = found.route_table_id;
            table.routes = found.routes.unwrap_or_default();
        }
        network.fill_members(&self.inventory);
        Ok(())
    }

    async fn subnet(
        &self,
        wanted: &crate::network::Subnet,
        vpc: Option<&str>,
    ) -> Result<Option<aws_sdk_ec2::types::Subnet>> {
        let found: Vec<_> =
            self.inventory.subnets.iter().filter(|it| ec2_name(it.tags()) == wanted.name).cloned().collect();
        let subnet = Subnet { name: wanted.name.clone(), place: &wanted.place, vpc };
        Box::pin(converge_unique(self.session, &subnet, &found)).await
    }

    async fn table(
        &self,
        wanted: &crate::routing::Table,
        ground: &Ground,
    ) -> Result<Option<aws_sdk_ec2::types::RouteTable>> {
        let found: Vec<_> = self
            .inventory
            .route_tables
            .iter()
            .filter(|it| ec2_name(it.tags()) == wanted.name)
            .cloned()
            .collect();
        let address = wanted.plan.zone.as_ref().and_then(|zone| {
            let index = self.plan.nats.iter().position(|it| it == zone)?;
            Some(ground.addresses.get(index)?.as_ref()?.allocation.clone())
        });
        let table = RouteTable {
            name: wanted.name.clone(),
            vpc: ground.vpc.as_deref(),
            purpose: address.unwrap_or_default(),
            is_new: ground.is_new,
        };
        Box::pin(converge(self.session, &table, &found)).await
    }

    /// Step 3.
    async fn gateways(&self, ground: &Ground, network: &mut Network) -> Result<()> {
        let ways: Vec<_> = network.tables.iter().map(|table| network.way(self.session, table)).collect();
        let mut tables = std::mem::take(&mut network.tables);
        let ids: Vec<String> = tables.iter().filter_map(|table| table.id.clone()).collect();
        let connect = all(tables.iter_mut().zip(&ways).map(|(table, way)| table.connect(self.session, way)));
        let nats = all(self
            .plan
            .nats
            .iter()
            .zip(&ground.addresses)
            .map(|(zone, address)| self.nat(zone, address.as_ref(), network.public_subnet(zone))));
        let unmapped = self.unmapped(network);
        let map = subnet::map_public_addresses(self.session, &unmapped);
        let made = both(both(nats, connect), both(map, self.endpoint(ground, ids))).await;
        network.tables = tables;
        let ((nats, _), ((), endpoint)) = made?;
        network.nats = nats;
        network.endpoint = Some(endpoint);
        Ok(())
    }

    async fn nat(
        &self,
        zone: &str,
        address: Option<&FoundAddress>,
        subnet: Option<&str>,
    ) -> Result<crate::network::Nat> {
        let mut nat = crate::network::Nat::of_zone(self.session, &self.inventory, zone);
        let of_name = |it: &&aws_sdk_ec2::types::NatGateway| ec2_name(it.tags()) == nat.name;
        let (found, dead): (Vec<_>, Vec<_>) =
            self.inventory.nat_gateways.iter().filter(of_name).cloned().partition(nat_gateway::is_live);
        let allocation = address.map(|address| address.allocation.as_str());
        let wanted = NatGateway { name: nat.name.clone(), subnet, allocation, dead: &dead };
        nat.subnet = subnet.map(str::to_owned);
        nat.allocation = allocation.map(str::to_owned);
        nat.public_ip = address.and_then(|address| address.public_ip.clone());
        if let Some(found) = Box::pin(converge(self.session, &wanted, &found)).await? {
            nat.fill(&found);
        }
        Ok(nat)
    }

    /// The public subnets that do not give public addresses yet.
    fn unmapped(&self, network: &Network) -> Vec<(String, Option<String>)> {
        let maps = |id: &Option<String>| {
            self.inventory
                .subnets
                .iter()
                .any(|it| it.subnet_id == *id && it.map_public_ip_on_launch() == Some(true))
        };
        let public = network.subnets.iter().filter(|it| it.place.tier == Tier::Public);
        public.filter(|it| !maps(&it.id)).map(|it| (it.name.clone(), it.id.clone())).collect()
    }

    async fn endpoint(&self, ground: &Ground, mut tables: Vec<String>) -> Result<Endpoint> {
        tables.sort();
        let name = self.session.identity.name("s3");
        let of_name = |it: &&aws_sdk_ec2::types::VpcEndpoint| ec2_name(it.tags()) == name;
        let (found, dead): (Vec<_>, Vec<_>) =
            self.inventory.endpoints.iter().filter(of_name).cloned().partition(s3_endpoint::is_live);
        let wanted = s3_endpoint::Endpoint {
            service: s3_endpoint::service_name(self.session.aws.region()),
            vpc: ground.vpc.as_deref(),
            tables,
            dead: dead.len(),
            is_new: ground.is_new,
            name: name.clone(),
        };
        let made = Box::pin(converge(self.session, &wanted, &found)).await?;
        let is_ready =
            made.as_ref().is_some_and(|it| matches!(s3_endpoint::state(it), Ok(common::wait::State::Ready)));
        Ok(Endpoint { id: made.and_then(|it| it.vpc_endpoint_id), service: wanted.service, is_ready })
    }

    async fn peering_routes(&self, network: &mut Network, peering: Option<String>) -> Result<()> {
        let default = peering_routes::check(self.surroundings.default_vpc.as_ref(), self.plan.cidr)?;
        let tables = &self.surroundings.default_tables;
        peering_routes::keep(self.session, &network.tables, self.plan.cidr, default, tables, peering.clone())
            .await?;
        let is_active = network.peering.as_ref().is_some_and(|it| it.is_active && it.section.id == peering);
        let section = PeeringSection {
            id: peering,
            peer_vpc_id: default.vpc_id().map(str::to_owned),
            peer_cidr_block: default.cidr_block().and_then(|cidr| cidr.parse().ok()),
        };
        network.peering = Some(Peering { section, is_active });
        Ok(())
    }
}
