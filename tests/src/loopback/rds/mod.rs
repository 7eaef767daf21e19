//! RDS: MySQL instances, the groups they are set up by, and their snapshots.
//!
//! An instance has [`settings::Settings`], which a call's parameters are laid over: when it is created, modified (then what
//! waits for its window is kept beside), restored or copied as a replica. What status it has follows from its
//! [`course::Course`]. AWS's own instances, hidden behind network interfaces, are [`network::Network`].

mod class;
mod course;
mod credentials;
mod describe;
mod engine_version;
mod hook;
mod identifier;
pub mod instance;
mod master_secret;
mod network;
mod noun;
mod option_group;
mod orderable;
mod parameter;
mod parameter_change;
mod parameter_group;
mod parameter_table;
mod placement;
mod replica;
mod restore;
mod settings;
mod settings_check;
mod settings_overlay;
mod snapshot;
mod snapshot_create;
mod storage;
mod subnet_choice;
mod subnet_group;
mod tag;
#[cfg(test)]
mod tests;
mod version;
mod window;

pub use noun::{Noun, Shelf};

use super::action::{Protocol, Resource, Service, View};
use super::clock::Time;
use super::world::{Region, hash};
use instance::Instance;
use option_group::OptionGroup;
use parameter_group::ParameterGroup;
use snapshot::Snapshot;
use subnet_group::SubnetGroup;

pub const SERVICE: Service = Service {
    name: "rds",
    protocol: Protocol::Query { xmlns: "http://rds.amazonaws.com/doc/2014-10-31/" },
    actions: &[
        instance::ACTIONS,
        replica::ACTIONS,
        restore::ACTIONS,
        snapshot::ACTIONS,
        subnet_group::ACTIONS,
        parameter_group::ACTIONS,
        parameter::ACTIONS,
        parameter_change::ACTIONS,
        option_group::ACTIONS,
        engine_version::ACTIONS,
        orderable::ACTIONS,
        tag::ACTIONS,
    ],
    hooks: hook::HOOKS,
    route: None,
    settle: instance::settle,
    resources,
};

/// The certificate authorities that a server certificate can be of, the usual one first.
const AUTHORITIES: [&str; 3] = ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"];

/// Everything that RDS holds in a Region.
#[derive(Clone, Debug, Default)]
pub struct Rds {
    pub instances: Shelf<Instance>,
    pub snapshots: Shelf<Snapshot>,
    pub subnet_groups: Shelf<SubnetGroup>,
    pub parameter_groups: Shelf<ParameterGroup>,
    pub option_groups: Shelf<OptionGroup>,
}

impl Rds {
    /// The key that AWS makes in an account for a service.
    fn own_key(region: &Region, service: &str) -> String {
        let seed = hash(&format!("{} {} {service}", region.account, region.name));
        let id = crate::loopback::id::uuid(&mut fastrand::Rng::with_seed(seed));
        region.arn("kms", &format!("key/{id}"))
    }
}

/// All but the default groups, which AWS makes by itself and nobody can delete.
fn resources(region: &Region, now: Time) -> Vec<Resource> {
    let rds = &region.rds;
    let view = View { region, now };
    let mut all = shown(&rds.instances, view);
    all.extend(shown(&rds.snapshots, view));
    all.extend(shown(&rds.subnet_groups, view));
    all.extend(shown(&rds.parameter_groups, view));
    all.extend(shown(&rds.option_groups, view));
    all
}

fn shown<T: Noun>(shelf: &Shelf<T>, view: View<'_>) -> Vec<Resource> {
    let own = shelf.values().filter(|noun| {
        let name = noun.name();
        name != subnet_group::DEFAULT && !name.starts_with("default.") && !name.starts_with("default:")
    });
    own.map(|noun| noun.resource(view)).collect()
}
