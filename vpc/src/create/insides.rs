//! Step 2: what needs the VPC only.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{all, both};
use common::converge::{converge, converge_unique};
use common::tags::ec2_name;

use super::Act;
use super::ground::Ground;
use crate::internet_gateway::{self, Gateway};
use crate::network::{self, Network};
use crate::route_table::RouteTable;
use crate::routing;
use crate::subnet::Subnet;

impl Act<'_> {
    pub(super) async fn insides(&self, ground: &Ground, network: &mut Network) -> Result<()> {
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

    async fn subnet(&self, wanted: &network::Subnet, vpc: Option<&str>) -> Result<Option<ec2::Subnet>> {
        let found: Vec<_> =
            self.inventory.subnets.iter().filter(|it| ec2_name(it.tags()) == wanted.name).cloned().collect();
        let subnet = Subnet { name: wanted.name.clone(), place: &wanted.place, vpc };
        Box::pin(converge_unique(self.session, &subnet, &found)).await
    }

    async fn table(&self, wanted: &routing::Table, ground: &Ground) -> Result<Option<ec2::RouteTable>> {
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
}
