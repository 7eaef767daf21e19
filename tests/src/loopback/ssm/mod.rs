//! Systems Manager: the Parameter Store, and the public parameters that AWS keeps in it.

mod describe;
mod parameter;
mod path;
mod put;
mod tag;

use std::collections::BTreeMap;

pub use parameter::Parameter;

use super::action::{Protocol, Resource, Service};
use super::clock::Time;
use super::world::Region;

pub const SERVICE: Service = Service {
    name: "ssm",
    protocol: Protocol::Json { target: "AmazonSSM", minor: 1 },
    actions: &[parameter::ACTIONS, path::ACTIONS, put::ACTIONS, describe::ACTIONS, tag::ACTIONS],
    hooks: &[],
    route: None,
    settle: |_, _, _| {},
    resources,
};

/// The parameters of a Region, by name.
#[derive(Clone, Debug, Default)]
pub struct Ssm {
    pub parameters: BTreeMap<String, Parameter>,
}

fn resources(region: &Region, _now: Time) -> Vec<Resource> {
    region.ssm.parameters.values().map(|parameter| parameter.resource(region)).collect()
}
