//! Step 1: what depends on nothing. None of it is protected by a token or a name.

use anyhow::Result;
use aws_sdk_ec2::types::InternetGateway;
use common::call::{all, both};
use common::converge::converge_unprotected;
use common::fault::Fault;
use common::tags::ec2_name;

use super::Act;
use crate::elastic_ip::{ElasticIp, FoundAddress};
use crate::internet_gateway::Gateway;
use crate::vpc::Vpc;

/// What the first step made.
pub struct Ground {
    pub vpc: Option<String>,
    /// Whether the VPC was made just now.
    pub is_new: bool,
    pub gateway: Option<InternetGateway>,
    /// The elastic IPs, in the order of the plan's NAT gateways.
    pub addresses: Vec<Option<FoundAddress>>,
}

impl Act<'_> {
    pub(super) async fn ground(&self) -> Result<Ground> {
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
}
