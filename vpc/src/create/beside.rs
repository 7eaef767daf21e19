//! What goes beside steps 2 and 3.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::section::Peering as PeeringSection;
use common::tags::ec2_name;

use super::Act;
use crate::dns::{self, Dns};
use crate::network::{Network, Peering};
use crate::{peering, peering_routes};

impl Act<'_> {
    pub(super) async fn dns(&self, vpc: Option<&str>) -> Result<()> {
        // AWS makes a VPC with support on and host names off.
        let of_new = Dns { support: self.inventory.vpc().is_none(), host_names: false };
        let found = self.surroundings.dns.unwrap_or(of_new);
        dns::turn_on(self.session, &self.session.identity.base(), vpc, found).await
    }

    pub(super) async fn peer(&self, vpc: Option<&str>) -> Result<Option<String>> {
        if !self.peers {
            return Ok(None);
        }
        let default = peering_routes::check(self.surroundings.default_vpc.as_ref(), self.plan.cidr)?;
        let name = self.session.identity.name("default");
        let is_it = |it: &&ec2::VpcPeeringConnection| peering::is_live(it) && ec2_name(it.tags()) == name;
        let live: Vec<_> = self.inventory.peerings.iter().filter(is_it).cloned().collect();
        let peer = default.vpc_id().unwrap_or_default();
        let wanted = peering::Peering { name: name.clone(), vpc, peer };
        Box::pin(peering::connect(self.session, &wanted, &live)).await
    }

    pub(super) async fn peering_routes(&self, network: &mut Network, peering: Option<String>) -> Result<()> {
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
