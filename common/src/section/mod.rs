//! The typed sections of the document, one file a section, and the JSON Schema made from them.

mod alb;
pub mod asg;
mod bake;
mod bastion;
mod named;
mod rds;
mod sg;
mod vpc;
mod vpn;

pub use alb::{Listeners, LoadBalancer};
pub use asg::Component;
pub use bake::Baked;
pub use bastion::Bastion;
pub use named::{Entry, Named};
pub use rds::{Database, Endpoint};
pub use sg::SecurityGroup;
pub use vpc::{
    InternetGateway, NatGateway, Peering, RouteTable, RouteTables, S3Endpoint, Subnet, Subnets, Vpc,
};
pub use vpn::Vpn;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One environment, as the commands hand it on. Keys that are not named here are passed on untouched.
#[derive(JsonSchema, Deserialize)]
#[allow(dead_code, reason = "only its schema is used: the document itself is kept as JSON")]
struct Document {
    /// The version of this shape: 1.
    version: u64,
    /// The project, e.g. `expense`.
    #[schemars(regex(pattern = r"^[a-z](-?[a-z0-9])*$"), length(max = 24))]
    project: String,
    /// The environment, e.g. `dev`. `prod` and `production` ask for a confirmation before a delete.
    #[schemars(regex(pattern = r"^[a-z](-?[a-z0-9])*$"), length(max = 12))]
    environment: String,
    /// The AWS Region everything is in.
    region: String,
    /// The AWS account everything is in.
    #[schemars(regex(pattern = r"^[0-9]{12}$"))]
    account: String,
    /// The person's own tags, put on everything.
    #[serde(default)]
    tags: BTreeMap<String, String>,
    /// True where a dry run made this document: ids may be absent, and every command after it plans too.
    #[serde(default)]
    planned: bool,
    /// What `vpc` made.
    vpc: Option<Vpc>,
    /// What `sg` made: security groups by role, e.g. `mysql`.
    #[schemars(with = "Option<BTreeMap<String, SecurityGroup>>")]
    sg: Option<Named<SecurityGroup>>,
    /// What `bastion` made.
    bastion: Option<Bastion>,
    /// What `vpn` made.
    vpn: Option<Vpn>,
    /// What `rds` made: databases by name, `mysql` unless another is given.
    #[schemars(with = "Option<BTreeMap<String, Database>>")]
    rds: Option<Named<Database>>,
    /// What `alb` made: load balancers by name, e.g. `app`.
    #[schemars(with = "Option<BTreeMap<String, LoadBalancer>>")]
    alb: Option<Named<LoadBalancer>>,
    /// What `asg` made: components by name, e.g. `backend`.
    #[schemars(with = "Option<BTreeMap<String, Component>>")]
    asg: Option<Named<Component>>,
    /// What `bake` made: images by component, e.g. `backend`.
    #[schemars(with = "Option<BTreeMap<String, Baked>>")]
    bake: Option<Named<Baked>>,
}

/// The JSON Schema (2020-12) of the document.
pub fn schema() -> Schema {
    SchemaGenerator::default().into_root_schema_for::<Document>()
}

/// Checks every section this version knows, so that a wrong one is refused before any AWS call, whichever command reads it.
///
/// # Errors
/// A document fault that names the key.
pub fn check(document: &crate::document::Document) -> anyhow::Result<()> {
    document.section::<Vpc>("vpc")?;
    document.section::<Named<SecurityGroup>>("sg")?;
    document.section::<Bastion>("bastion")?;
    document.section::<Vpn>("vpn")?;
    document.section::<Named<Database>>("rds")?;
    document.section::<Named<LoadBalancer>>("alb")?;
    document.section::<Named<Component>>("asg")?;
    document.section::<Named<Baked>>("bake")?;
    Ok(())
}
