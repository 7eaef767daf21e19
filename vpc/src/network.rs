//! The network as one run knows it: each thing of the plan with the id it has, or none where a dry run would make it.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::all;
use common::section::Peering as PeeringSection;
use common::session::Session;
use common::tags::ec2_name;
use ipnet::Ipv4Net;

use crate::inventory::Inventory;
use crate::plan::{Place, Plan};
use crate::route::Target;
use crate::routing::{Held, Member, Table, Way};
use crate::{nat_gateway, peering, s3_endpoint};

/// The network.
pub struct Network {
    pub id: Option<String>,
    pub name: String,
    pub cidr: Ipv4Net,
    pub subnets: Vec<Subnet>,
    pub internet_gateway: Option<String>,
    pub nats: Vec<Nat>,
    pub tables: Vec<Table>,
    pub endpoint: Option<Endpoint>,
    pub peering: Option<Peering>,
    /// The NAT gateways of ours in this VPC, those that are to go and those that are gone included.
    pub known_nats: Vec<String>,
}

pub struct Subnet {
    pub place: Place,
    pub name: String,
    pub id: Option<String>,
}

pub struct Nat {
    pub zone: String,
    pub name: String,
    pub id: Option<String>,
    pub subnet: Option<String>,
    pub allocation: Option<String>,
    pub public_ip: Option<String>,
    pub is_available: bool,
}

pub struct Endpoint {
    pub id: Option<String>,
    pub service: String,
    pub is_ready: bool,
}

pub struct Peering {
    pub section: PeeringSection,
    pub is_active: bool,
}

impl Nat {
    /// The one of this zone as AWS has it, or an empty one with its name.
    pub fn of_zone(session: &Session, inventory: &Inventory, zone: &str) -> Self {
        let name = session.identity.name(&format!("nat-{zone}"));
        let found = inventory
            .nat_gateways
            .iter()
            .find(|nat| nat_gateway::is_live(nat) && ec2_name(nat.tags()) == name);
        let mut nat = Self {
            zone: zone.to_owned(),
            name,
            id: None,
            subnet: None,
            allocation: None,
            public_ip: None,
            is_available: false,
        };
        if let Some(found) = found {
            nat.fill(found);
        }
        nat
    }

    /// Takes over what AWS tells. A gateway that was just asked for shows no public address yet.
    pub fn fill(&mut self, found: &ec2::NatGateway) {
        self.id = found.nat_gateway_id().map(str::to_owned);
        self.subnet = found.subnet_id().map(str::to_owned);
        self.is_available = nat_gateway::is_available(found);
        for address in found.nat_gateway_addresses() {
            self.allocation = address.allocation_id().map(str::to_owned).or(self.allocation.take());
            self.public_ip = address.public_ip().map(str::to_owned).or(self.public_ip.take());
        }
    }
}

impl Network {
    /// What AWS has of the plan.
    pub fn standing(session: &Session, plan: &Plan, inventory: &Inventory) -> Self {
        let identity = &session.identity;
        let id_of = |place: &Place| {
            let name = place.name(identity);
            let found = inventory.subnets.iter().find(|it| ec2_name(it.tags()) == name);
            found.and_then(|it| it.subnet_id().map(str::to_owned))
        };
        let subnets: Vec<Subnet> = plan
            .places
            .iter()
            .map(|place| Subnet { place: place.clone(), name: place.name(identity), id: id_of(place) })
            .collect();
        let gateway = identity.name("igw");
        let gateway = inventory.internet_gateways.iter().find(|it| ec2_name(it.tags()) == gateway);
        let nats = plan.nats.iter().map(|zone| Nat::of_zone(session, inventory, zone)).collect();
        Self {
            id: inventory.vpc().map(|vpc| vpc.id.clone()),
            name: identity.base(),
            cidr: plan.cidr,
            internet_gateway: gateway.and_then(|it| it.internet_gateway_id().map(str::to_owned)),
            nats,
            tables: tables(session, plan, inventory, &subnets),
            subnets,
            endpoint: endpoint(session, inventory),
            peering: peering(inventory),
            known_nats: inventory
                .nat_gateways
                .iter()
                .filter_map(|nat| nat.nat_gateway_id().map(str::to_owned))
                .collect(),
        }
    }

    /// Where a table's default route is to lead, as things stand.
    pub fn way(&self, session: &Session, table: &Table) -> Way {
        if table.plan.tier == crate::tier::Tier::Public {
            return Way::To(Target::InternetGateway(self.internet_gateway.clone()));
        }
        let Some(zone) = &table.plan.nat else {
            return Way::Nowhere { nats: self.known_nats.clone() };
        };
        match self.nats.iter().find(|nat| nat.zone == *zone) {
            Some(nat) if nat.is_available || session.is_planning() => {
                Way::To(Target::NatGateway(nat.id.clone()))
            }
            _ => Way::NotYet,
        }
    }

    /// Moves every subnet to the table that it is to use, where that one is ready.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn move_members(&mut self, session: &Session) -> Result<()> {
        all(self.tables.iter_mut().map(|table| table.move_members(session))).await.map(|_| ())
    }

    /// The public subnet of a zone.
    pub fn public_subnet(&self, zone: &str) -> Option<&str> {
        let is_it = |it: &&Subnet| it.place.tier == crate::tier::Tier::Public && it.place.zone == zone;
        self.subnets.iter().find(is_it)?.id.as_deref()
    }

    /// Fills in which subnets are to use which table.
    pub fn fill_members(&mut self, inventory: &Inventory) {
        for table in &mut self.tables {
            table.members = members(&table.plan, &self.subnets, inventory);
        }
    }
}

fn tables(session: &Session, plan: &Plan, inventory: &Inventory, subnets: &[Subnet]) -> Vec<Table> {
    let of_plan = |table: &crate::plan::Table| {
        let name = table.name(&session.identity);
        let found = inventory.route_tables.iter().find(|it| ec2_name(it.tags()) == name);
        Table {
            plan: table.clone(),
            name,
            id: found.and_then(|it| it.route_table_id().map(str::to_owned)),
            routes: found.map(|it| it.routes().to_vec()).unwrap_or_default(),
            members: members(table, subnets, inventory),
            is_led: false,
        }
    };
    plan.tables.iter().map(of_plan).collect()
}

fn members(table: &crate::plan::Table, subnets: &[Subnet], inventory: &Inventory) -> Vec<Member> {
    subnets
        .iter()
        .filter(|subnet| table.serves(&subnet.place))
        .map(|subnet| Member {
            name: subnet.name.clone(),
            subnet: subnet.id.clone(),
            held: subnet.id.as_deref().and_then(|id| Held::of(id, &inventory.route_tables)),
        })
        .collect()
}

fn endpoint(session: &Session, inventory: &Inventory) -> Option<Endpoint> {
    let name = session.identity.name("s3");
    let found =
        inventory.endpoints.iter().find(|it| s3_endpoint::is_live(it) && ec2_name(it.tags()) == name)?;
    Some(Endpoint {
        id: found.vpc_endpoint_id().map(str::to_owned),
        service: found.service_name().unwrap_or_default().to_owned(),
        is_ready: matches!(s3_endpoint::state(found), Ok(common::wait::State::Ready)),
    })
}

fn peering(inventory: &Inventory) -> Option<Peering> {
    let found = inventory.peerings.iter().find(|it| peering::is_live(it))?;
    let peer = found.accepter_vpc_info();
    let section = PeeringSection {
        id: found.vpc_peering_connection_id().map(str::to_owned),
        peer_vpc_id: peer.and_then(|vpc| vpc.vpc_id().map(str::to_owned)),
        peer_cidr_block: peer.and_then(|vpc| vpc.cidr_block()?.parse().ok()),
    };
    Some(Peering { section, is_active: peering::is_active(found) })
}
