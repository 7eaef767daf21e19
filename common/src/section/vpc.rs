//! The section of `vpc`. Fields are the AWS ones in snake case; an id is absent in a planned document.

use ipnet::Ipv4Net;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::shape;

/// The VPC and what belongs to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Vpc {
    #[serde(default, deserialize_with = "shape::vpc_id")]
    #[schemars(regex(pattern = r"^vpc-[0-9a-f]{8,17}$"))]
    pub id: Option<String>,
    pub name: Option<String>,
    #[schemars(with = "Option<String>")]
    pub cidr_block: Option<Ipv4Net>,
    #[serde(default)]
    pub subnets: Subnets,
    pub internet_gateway: Option<InternetGateway>,
    /// One an AZ, or one, or none.
    #[serde(default)]
    pub nat_gateways: Vec<NatGateway>,
    #[serde(default)]
    pub route_tables: RouteTables,
    /// The gateway endpoint that keeps traffic to S3 off the NAT.
    pub s3_endpoint: Option<S3Endpoint>,
    /// The peering with the account's default VPC, where asked for.
    pub peering: Option<Peering>,
}

/// Subnets by tier, in the order of their AZs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subnets {
    #[serde(default)]
    pub public: Vec<Subnet>,
    #[serde(default)]
    pub private: Vec<Subnet>,
    #[serde(default)]
    pub database: Vec<Subnet>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subnet {
    #[serde(default, deserialize_with = "shape::subnet_id")]
    #[schemars(regex(pattern = r"^subnet-[0-9a-f]{8,17}$"))]
    pub id: Option<String>,
    pub name: Option<String>,
    pub availability_zone: Option<String>,
    #[schemars(with = "Option<String>")]
    pub cidr_block: Option<Ipv4Net>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InternetGateway {
    #[serde(default, deserialize_with = "shape::internet_gateway_id")]
    #[schemars(regex(pattern = r"^igw-[0-9a-f]{8,17}$"))]
    pub id: Option<String>,
}

/// A NAT gateway and its elastic IP. Its state is not in the document: `vpc show --wait` waits until it is ready.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NatGateway {
    #[serde(default, deserialize_with = "shape::nat_gateway_id")]
    #[schemars(regex(pattern = r"^nat-[0-9a-f]{8,17}$"))]
    pub id: Option<String>,
    pub name: Option<String>,
    pub availability_zone: Option<String>,
    #[serde(default, deserialize_with = "shape::subnet_id")]
    #[schemars(regex(pattern = r"^subnet-[0-9a-f]{8,17}$"))]
    pub subnet_id: Option<String>,
    #[serde(default, deserialize_with = "shape::allocation_id")]
    #[schemars(regex(pattern = r"^eipalloc-[0-9a-f]{8,17}$"))]
    pub allocation_id: Option<String>,
    pub public_ip: Option<String>,
}

/// Route tables by tier: one a tier, or with a NAT gateway in each AZ one an AZ for private and database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteTables {
    #[serde(default)]
    pub public: Vec<RouteTable>,
    #[serde(default)]
    pub private: Vec<RouteTable>,
    #[serde(default)]
    pub database: Vec<RouteTable>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RouteTable {
    #[serde(default, deserialize_with = "shape::route_table_id")]
    #[schemars(regex(pattern = r"^rtb-[0-9a-f]{8,17}$"))]
    pub id: Option<String>,
    pub name: Option<String>,
    /// The AZ whose subnets use it; absent where those of all AZs do.
    pub availability_zone: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct S3Endpoint {
    #[serde(default, deserialize_with = "shape::vpc_endpoint_id")]
    #[schemars(regex(pattern = r"^vpce-[0-9a-f]{8,17}$"))]
    pub id: Option<String>,
    pub service_name: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Peering {
    #[serde(default, deserialize_with = "shape::vpc_peering_connection_id")]
    #[schemars(regex(pattern = r"^pcx-[0-9a-f]{8,17}$"))]
    pub id: Option<String>,
    #[serde(default, deserialize_with = "shape::vpc_id")]
    #[schemars(regex(pattern = r"^vpc-[0-9a-f]{8,17}$"))]
    pub peer_vpc_id: Option<String>,
    #[schemars(with = "Option<String>")]
    pub peer_cidr_block: Option<Ipv4Net>,
}
