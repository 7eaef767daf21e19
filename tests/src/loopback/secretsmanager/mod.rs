//! Secrets Manager: secrets, their versions, and the time in which a deleted one can be had back.

mod create;
mod delete;
mod error;
mod list;
mod password;
mod secret;
mod tag;
#[cfg(test)]
mod tests;
mod value;
mod version;

use std::collections::BTreeMap;

pub use secret::{Secret, own};

use super::action::{Protocol, Resource, Service};
use super::clock::{Clock, Time};
use super::world::Region;

pub const SERVICE: Service = Service {
    name: "secretsmanager",
    protocol: Protocol::Json { target: "secretsmanager", minor: 1 },
    actions: &[
        create::ACTIONS,
        secret::ACTIONS,
        value::ACTIONS,
        list::ACTIONS,
        delete::ACTIONS,
        tag::ACTIONS,
        password::ACTIONS,
    ],
    hooks: &[],
    route: None,
    settle,
    resources,
};

/// The secrets of a Region, by name.
#[derive(Clone, Debug, Default)]
pub struct SecretsManager {
    pub secrets: BTreeMap<String, Secret>,
}

/// Takes away the secrets whose recovery window has passed.
fn settle(region: &mut Region, _clock: &Clock, now: Time) {
    region.secretsmanager.secrets.retain(|_, secret| secret.deleted.is_none_or(|at| now < at));
}

fn resources(region: &Region, _now: Time) -> Vec<Resource> {
    region.secretsmanager.secrets.values().map(Secret::resource).collect()
}
