//! The network as the document carries it.

use common::section::{
    InternetGateway, NatGateway, RouteTable, RouteTables, S3Endpoint, Subnet, Subnets, Vpc,
};
use common::session::Session;

use crate::network::Network;
use crate::tier::Tier;

impl Network {
    /// The section `vpc`. What AWS does not have is left out, but for a dry run, which has no ids to show.
    pub fn section(&self, session: &Session) -> Vpc {
        let planned = session.is_planning();
        let shown = |id: &Option<String>| planned || id.is_some();
        Vpc {
            id: self.id.clone(),
            name: Some(self.name.clone()),
            cidr_block: Some(self.cidr),
            subnets: Subnets {
                public: self.subnets_of(Tier::Public, planned),
                private: self.subnets_of(Tier::Private, planned),
                database: self.subnets_of(Tier::Database, planned),
            },
            internet_gateway: shown(&self.internet_gateway)
                .then(|| InternetGateway { id: self.internet_gateway.clone() }),
            nat_gateways: self
                .nats
                .iter()
                .filter(|nat| shown(&nat.id))
                .map(|nat| NatGateway {
                    id: nat.id.clone(),
                    name: Some(nat.name.clone()),
                    availability_zone: Some(nat.zone.clone()),
                    subnet_id: nat.subnet.clone(),
                    allocation_id: nat.allocation.clone(),
                    public_ip: nat.public_ip.clone(),
                })
                .collect(),
            route_tables: RouteTables {
                public: self.tables_of(Tier::Public, planned),
                private: self.tables_of(Tier::Private, planned),
                database: self.tables_of(Tier::Database, planned),
            },
            s3_endpoint: self.endpoint.as_ref().map(|endpoint| S3Endpoint {
                id: endpoint.id.clone(),
                service_name: Some(endpoint.service.clone()),
            }),
            peering: self.peering.as_ref().map(|peering| peering.section.clone()),
        }
    }

    fn subnets_of(&self, tier: Tier, planned: bool) -> Vec<Subnet> {
        self.subnets
            .iter()
            .filter(|subnet| subnet.place.tier == tier && (planned || subnet.id.is_some()))
            .map(|subnet| Subnet {
                id: subnet.id.clone(),
                name: Some(subnet.name.clone()),
                availability_zone: Some(subnet.place.zone.clone()),
                cidr_block: Some(subnet.place.cidr),
            })
            .collect()
    }

    fn tables_of(&self, tier: Tier, planned: bool) -> Vec<RouteTable> {
        self.tables
            .iter()
            .filter(|table| table.plan.tier == tier && (planned || table.id.is_some()))
            .map(|table| RouteTable {
                id: table.id.clone(),
                name: Some(table.name.clone()),
                availability_zone: table.plan.zone.clone(),
            })
            .collect()
    }
}
