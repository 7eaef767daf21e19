//! What AWS has of this network, read in one round trip.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::both;
use common::fault::Fault;
use common::section::Vpc as Section;
use common::session::Session;
use common::tags::{ec2_filter, ec2_name, ec2_own, ec2_value};

use crate::dns::{self, Dns};
use crate::plan::Standing;
use crate::vpc::FoundVpc;
use crate::{
    elastic_ip, internet_gateway, nat_gateway, peering, route_table, s3_endpoint, subnet, vpc, zones,
};

/// Everything that carries the environment's tags, dead states included.
pub struct Inventory {
    pub vpcs: Vec<FoundVpc>,
    pub subnets: Vec<ec2::Subnet>,
    pub internet_gateways: Vec<ec2::InternetGateway>,
    pub addresses: Vec<ec2::Address>,
    pub nat_gateways: Vec<ec2::NatGateway>,
    pub route_tables: Vec<ec2::RouteTable>,
    pub endpoints: Vec<ec2::VpcEndpoint>,
    pub peerings: Vec<ec2::VpcPeeringConnection>,
}

/// What else `create` has to know.
pub struct Surroundings {
    /// Availability zones to use, by name.
    pub zones: Vec<String>,
    pub default_vpc: Option<ec2::Vpc>,
    /// Of the VPC that the inventory found.
    pub dns: Option<Dns>,
    /// The route tables in use in the default VPC, where there is or is to be a peering with it.
    pub default_tables: Vec<ec2::RouteTable>,
}

impl Inventory {
    /// One round trip.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn read(session: &Session) -> Result<Self> {
        let own = || ec2_own(&session.identity);
        let ground = both(vpc::list(session, own()), subnet::list(session, own()));
        let gateways = both(internet_gateway::list(session, own()), nat_gateway::list(session, own()));
        let rest = both(
            both(elastic_ip::list(session, own()), route_table::list(session, own())),
            both(s3_endpoint::list(session, own()), peering::list(session, own())),
        );
        let (ground, (gateways, rest)) = both(ground, both(gateways, rest)).await?;
        let ((vpcs, subnets), (internet_gateways, nat_gateways)) = (ground, gateways);
        let ((mut addresses, route_tables), (endpoints, peerings)) = rest;
        // Bastion and VPN have elastic IPs too.
        let nat = session.identity.name("nat-");
        addresses.retain(|it| {
            ec2_value(it.tags(), "Component") == Some("vpc") || ec2_name(it.tags()).starts_with(&nat)
        });
        let name = session.identity.base();
        let vpcs = vpcs
            .into_iter()
            .filter(|vpc| ec2_name(vpc.tags()) == name)
            .map(|vpc| FoundVpc::new(vpc, &subnets, &internet_gateways))
            .collect();
        Ok(Self {
            vpcs,
            subnets,
            internet_gateways,
            addresses,
            nat_gateways,
            route_tables,
            endpoints,
            peerings,
        })
    }

    /// The same with its surroundings: one round trip where the document says which VPC it is, or there is none yet; a second one for
    /// what AWS tells by id only.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn read_with_surroundings(
        session: &Session,
        document: Option<&Section>,
        peers: bool,
    ) -> Result<(Self, Surroundings)> {
        let guess = document.and_then(|section| section.id.clone());
        let peer = document.and_then(|section| section.peering.as_ref()?.peer_vpc_id.clone());
        let by_id = |vpc: Option<String>, peer: Option<String>| {
            both(dns::read(session, vpc), route_table::in_use_of(session, peer))
        };
        let is_default = vec![ec2_filter("is-default", ["true"])];
        let ((inventory, guessed), (zones, mut default)) = both(
            both(Self::read(session), by_id(guess.clone(), peer.clone())),
            both(zones::list(session), vpc::list(session, is_default)),
        )
        .await?;
        let default_vpc = default.pop();
        let (mut dns, mut default_tables) = guessed;
        let id = inventory.vpc().map(|vpc| vpc.id.clone());
        let peers = peers || inventory.peers();
        let peer_id = default_vpc.as_ref().filter(|_| peers).and_then(|vpc| vpc.vpc_id.clone());
        let missing = (id.clone().filter(|_| id != guess), peer_id.clone().filter(|_| peer_id != peer));
        if missing != (None, None) {
            let (more_dns, more_tables) = by_id(missing.0.clone(), missing.1.clone()).await?;
            dns = if missing.0.is_some() { more_dns } else { dns };
            default_tables = if missing.1.is_some() { more_tables } else { default_tables };
        }
        let default_tables = if peers { default_tables } else { Vec::new() };
        let dns = dns.filter(|_| id.is_some());
        Ok((inventory, Surroundings { zones, default_vpc, dns, default_tables }))
    }

    /// The VPC: of several the one that stays (see `common::converge`).
    pub fn vpc(&self) -> Option<&FoundVpc> {
        self.vpcs.iter().min_by_key(|vpc| (!vpc.in_use, vpc.id.clone()))
    }

    /// Whether the network is peered with the default VPC, or is meant to be.
    pub fn peers(&self) -> bool {
        self.peerings.iter().any(peering::is_live)
            || self.vpc().and_then(|vpc| vpc.wish).is_some_and(|wish| wish.peer_default)
    }

    /// What lies in this VPC, and the gateway and addresses, which lie in none.
    #[must_use]
    pub fn of_vpc(mut self, id: Option<&str>) -> Self {
        let is_in = |vpc: Option<&str>| vpc.is_some() && vpc == id;
        self.subnets.retain(|it| is_in(it.vpc_id()));
        self.nat_gateways.retain(|it| is_in(it.vpc_id()));
        self.route_tables.retain(|it| is_in(it.vpc_id()));
        self.endpoints.retain(|it| is_in(it.vpc_id()));
        self.peerings.retain(|it| is_in(it.requester_vpc_info().and_then(|vpc| vpc.vpc_id())));
        self
    }

    /// The subnets by tier and zone.
    ///
    /// # Errors
    /// A conflict where two have one name.
    pub fn standing(&self, session: &Session) -> Result<Standing> {
        let mut standing = Standing::new();
        for subnet in &self.subnets {
            let (Some(tier), Some(zone)) = (subnet::tier_of(session, subnet), subnet.availability_zone())
            else {
                continue;
            };
            let Some(cidr) = subnet.cidr_block().and_then(|cidr| cidr.parse().ok()) else { continue };
            if standing.insert((tier, zone.to_owned()), cidr).is_some() {
                let name = ec2_name(subnet.tags());
                return Err(Fault::conflict(format!("there is more than one subnet {name}"))
                    .hint("delete the one that is not in use, then run the same command again")
                    .into());
            }
        }
        Ok(standing)
    }

    /// The zones that have a NAT gateway, then those that have its elastic IP.
    pub fn nat_zones(&self, session: &Session) -> Vec<String> {
        let zone_of = |tags: &[ec2::Tag]| {
            let prefix = session.identity.name("nat-");
            ec2_name(tags).strip_prefix(&prefix).map(str::to_owned)
        };
        let live = self.nat_gateways.iter().filter(|nat| nat_gateway::is_live(nat));
        let mut zones: Vec<String> = live.filter_map(|nat| zone_of(nat.tags())).collect();
        zones.sort();
        let mut more: Vec<String> = self.addresses.iter().filter_map(|it| zone_of(it.tags())).collect();
        more.sort();
        more.retain(|zone| !zones.contains(zone));
        zones.extend(more);
        zones
    }
}
