//! How many instances of a group have served, from change to change: a client that only asks now and then would miss a moment with
//! fewer.

use super::error::required;
use super::group::{Group, named};
use super::member::{Member, Stage};
use super::membership::Targets;
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::clock::Time;
use crate::loopback::error::Result;
use crate::loopback::xml::Node;

/// No action of AWS: it is there for tests.
pub const DESCRIBE_SERVING: Action = read("DescribeServing", list, "AutoScalingGroupName!");

/// Notes how many serve now, where that is another number than before.
pub fn note(group: &mut Group, now: Time, targets: &Targets) {
    let serving = group.members.values().filter(|member| serves(group, member, targets)).count();
    if group.serving.last().is_none_or(|(_, before)| *before != serving) {
        group.serving.push((now, serving));
    }
}

/// Whether it gets requests and answers them: in service, and healthy in each target group of its group.
fn serves(group: &Group, member: &Member, targets: &Targets) -> bool {
    let states = targets.get(&member.id).map(Vec::as_slice).unwrap_or_default();
    member.stage == Stage::InService
        && member.sick.is_none()
        && states.len() >= group.target_groups.len()
        && states.iter().all(|state| state == "healthy")
}

/// The oldest first.
fn list(call: &mut Call<'_>) -> Result<Reply> {
    let group = named(call.region, required(call.params, "AutoScalingGroupName")?)?;
    let nodes =
        group.serving.iter().map(|(since, serving)| Node::new().put("Since", since).put("Serving", serving));
    Ok(Node::new().named_list("Serving", "member", nodes).into())
}
