//! Auto Scaling: groups that keep as many instances as they should have, behind whatever target groups they are told.
//!
//! A group lives by turns, one a second of AWS's time (`turn.rs`): what has fallen due since the last call is done turn
//! after turn, so that a refresh goes on while nobody asks. What a group needs of EC2 and of load balancers it asks for
//! as any client does (`client.rs`), and is refused as any client is.

mod activity;
mod capacity;
mod client;
mod delete;
mod describe;
mod error;
pub mod group;
mod health;
mod instance_health;
mod launch;
pub mod member;
mod membership;
mod policy;
mod preferences;
mod process;
mod refresh;
mod refresh_course;
mod refresh_end;
mod refresh_start;
mod serving;
mod settings;
mod standby;
mod tag;
mod target_group;
mod template;
mod terminate;
#[cfg(test)]
mod tests;
mod turn;

use indexmap::IndexMap;

use activity::Activity;
pub use group::Group;

use super::action::{Protocol, Resource, Service};
use super::clock::Time;
use super::world::Region;

pub const SERVICE: Service = Service {
    name: "autoscaling",
    protocol: Protocol::Query { xmlns: "http://autoscaling.amazonaws.com/doc/2011-01-01/" },
    actions: &[
        activity::ACTIONS,
        capacity::ACTIONS,
        delete::ACTIONS,
        describe::ACTIONS,
        group::ACTIONS,
        instance_health::ACTIONS,
        member::ACTIONS,
        policy::ACTIONS,
        process::ACTIONS,
        refresh::ACTIONS,
        refresh_end::ACTIONS,
        refresh_start::ACTIONS,
        standby::ACTIONS,
        tag::ACTIONS,
        target_group::ACTIONS,
    ],
    hooks: &[policy::SET_LOAD, serving::DESCRIBE_SERVING],
    route: None,
    settle: turn::settle,
    resources,
};

/// The groups of a Region by name.
#[derive(Clone, Debug, Default)]
pub struct AutoScaling {
    pub groups: IndexMap<String, Group>,
    /// What groups did that are gone.
    past: Vec<Activity>,
    /// Up to when all turns have been taken.
    settled: Time,
}

fn resources(region: &Region, _now: Time) -> Vec<Resource> {
    region.autoscaling.groups.values().map(Group::resource).collect()
}
