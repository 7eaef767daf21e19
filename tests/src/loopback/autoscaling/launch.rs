//! Launching what is missing, spread over the zones.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::activity::at;
use super::client::Turn;
use super::group::Group;
use super::member::{Member, Stage};
use super::template::Spec;
use crate::loopback::clock::Time;
use crate::loopback::error::AwsError;

/// How long a zone is left alone that could not be launched in.
const ZONE_REST_SECONDS: f64 = 180.0;
/// How long a group rests after a launch that would fail in any zone, doubled with each that follows.
const REST_SECONDS: f64 = 15.0;
const MOST_DOUBLINGS: u32 = 6;
/// The tag by which instances tell their group.
const GROUP_TAG: &str = "aws:autoscaling:groupName";

/// Refusals that are about a place: another zone may do.
const OF_PLACE: [&str; 6] = [
    "InsufficientInstanceCapacity",
    "InsufficientFreeAddressesInSubnet",
    "Unsupported",
    "InvalidSubnet",
    "InvalidSubnetID.NotFound",
    "InsufficientHostCapacity",
];

/// Launches until there are as many as there should be, or nothing can be launched for now.
pub fn fill(group: &mut Group, turn: &mut Turn<'_>) {
    let wanted = if group.deleting.is_some() { 0 } else { group.wanted() };
    while group.active().count() < wanted && !group.pauses("Launch") && turn.now >= group.resting.0 {
        let Some(subnet) = place(group, turn) else { return };
        one(group, turn, &subnet);
    }
}

/// The subnet to launch in: in the zone that has the fewest, of those that are not left alone.
fn place(group: &Group, turn: &Turn<'_>) -> Option<String> {
    let mut zones: BTreeMap<&str, usize> =
        group.settings.zones.iter().map(|zone| (zone.as_str(), 0)).collect();
    zones.retain(|zone, _| group.empty_zones.get(*zone).is_none_or(|until| *until <= turn.now));
    for member in group.active() {
        if let Some(count) = zones.get_mut(member.zone.as_str()) {
            *count += 1;
        }
    }
    let zone = zones.into_iter().min_by_key(|(_, count)| *count)?.0;
    let subnets = &turn.region.ec2.subnets;
    let here = |id: &&String| subnets.get(*id).is_some_and(|subnet| subnet.zone.name == zone);
    group.settings.subnets.iter().find(here).cloned()
}

/// Launches one instance, or notes why it could not be.
fn one(group: &mut Group, turn: &mut Turn<'_>, subnet: &str) {
    let zone = turn.region.ec2.subnets.get(subnet).map(|subnet| subnet.zone.name.clone()).unwrap_or_default();
    let propagated = group.tags.iter().filter(|(_, tag)| tag.propagate);
    let tags: Vec<(String, String)> = propagated.map(|(key, tag)| (key.clone(), tag.value.clone())).collect();
    let template = group.launch_template().resolved(turn.region);
    let params = template.launch(turn.region, Some(subnet), &tags);
    let place = (subnet.to_owned(), zone.clone());
    let what = ("Launching a new EC2 instance".to_owned(), why(group, turn.now), "PreInService");
    let activity = group.begin(&mut turn.region.rng, turn.now, what, Some(place.clone()));
    let instance = match turn.run_instance(&params) {
        Ok(instance) => instance,
        Err(error) => return failed(group, turn, &activity, &zone, &error),
    };
    let member = member(group, turn.now, &instance, template, place, &activity);
    if let Some(instance) = turn.region.ec2.instances.get_mut(&member.id) {
        instance.meta.tags.insert(GROUP_TAG.to_owned(), group.name.clone());
    }
    if let Some(activity) = group.activity(&activity) {
        activity.description = format!("Launching a new EC2 instance: {}", member.id);
        activity.progress = 30;
    }
    group.resting.1 = 0;
    group.members.insert(member.id.clone(), member);
}

/// Why there is one more.
fn why(group: &Group, now: Time) -> String {
    let from = group.active().count();
    format!(
        "{}At {} an instance was started in response to a difference between desired and actual capacity, increasing the \
         capacity from {from} to {}.",
        group.reason,
        at(now),
        from + 1
    )
}

/// The instance that EC2 has answered with, as its group sees it.
fn member(
    group: &Group,
    now: Time,
    instance: &Json,
    template: Spec,
    (subnet, zone): (String, String),
    activity: &str,
) -> Member {
    let text = |name: &str| instance[name].as_str().unwrap_or_default().to_owned();
    Member {
        id: text("instanceId"),
        kind: text("instanceType"),
        zone,
        subnet,
        image: text("imageId"),
        template,
        stage: Stage::Pending,
        sick: None,
        protected: group.settings.protect_new,
        launched: now,
        in_service: None,
        registered: BTreeSet::new(),
        activity: activity.to_owned(),
        ended: false,
    }
}

fn failed(group: &mut Group, turn: &Turn<'_>, activity: &str, zone: &str, error: &AwsError) {
    if let Some(activity) = group.activity(activity) {
        activity.description = format!("Launching a new EC2 instance.  Status Reason: {}", error.message);
        activity.message = Some(format!("{} Launching EC2 instance failed.", error.message));
        (activity.status, activity.progress, activity.end) = ("Failed", 100, Some(turn.now));
    }
    if OF_PLACE.contains(&error.code.as_str()) {
        group.empty_zones.insert(zone.to_owned(), turn.after(ZONE_REST_SECONDS));
        return;
    }
    let times = group.resting.1;
    let rest = REST_SECONDS * f64::from(1_u32 << times.min(MOST_DOUBLINGS));
    group.resting = (turn.after(rest), times + 1);
    if let Some(refresh) = group.refreshing_mut() {
        refresh.failed_launch(&error.message);
    }
}
