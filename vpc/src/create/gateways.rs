//! Step 3: what needs the subnets and the route tables.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{all, both};
use common::converge::converge;
use common::tags::ec2_name;
use common::wait::State;

use super::Act;
use super::ground::Ground;
use crate::elastic_ip::FoundAddress;
use crate::nat_gateway::{self, NatGateway};
use crate::network::{Endpoint, Nat, Network};
use crate::tier::Tier;
use crate::{s3_endpoint, subnet};

impl Act<'_> {
    pub(super) async fn gateways(&self, ground: &Ground, network: &mut Network) -> Result<()> {
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

    async fn nat(&self, zone: &str, address: Option<&FoundAddress>, subnet: Option<&str>) -> Result<Nat> {
        let mut nat = Nat::of_zone(self.session, &self.inventory, zone);
        let of_name = |it: &&ec2::NatGateway| ec2_name(it.tags()) == nat.name;
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
        let of_name = |it: &&ec2::VpcEndpoint| ec2_name(it.tags()) == name;
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
        let is_ready = made.as_ref().is_some_and(|it| matches!(s3_endpoint::state(it), Ok(State::Ready)));
        Ok(Endpoint { id: made.and_then(|it| it.vpc_endpoint_id), service: wanted.service, is_ready })
    }
}
