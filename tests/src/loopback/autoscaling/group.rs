//! Groups: what they are, how they are made and changed.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::activity::{Activity, at};
use super::error::{invalid, no_group, required};
use super::member::Member;
use super::policy::Policy;
use super::refresh::Refresh;
use super::settings::{self, Settings, TAKES};
use super::tag::{self, Tag};
use super::template::{self, Spec};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::id;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateAutoScalingGroup",
        create,
        settings::takes!(
            " TargetGroupARNs.N LoadBalancerNames.N Tags.N.Key Tags.N.Value Tags.N.PropagateAtLaunch \
             Tags.N.ResourceId Tags.N.ResourceType"
        ),
    ),
    write("UpdateAutoScalingGroup", update, TAKES),
];

/// Groups a Region.
const QUOTA: usize = 500;

#[derive(Clone, Debug)]
pub struct Group {
    pub name: String,
    pub arn: String,
    pub template: Spec,
    pub settings: Settings,
    pub target_groups: Vec<String>,
    pub tags: IndexMap<String, Tag>,
    /// What it does not do for now, with the reason.
    pub suspended: BTreeMap<String, String>,
    pub members: IndexMap<String, Member>,
    pub activities: Vec<Activity>,
    pub policies: IndexMap<String, Policy>,
    /// The newest last.
    pub refreshes: Vec<Refresh>,
    pub made: Time,
    /// What last changed the capacity, as activities tell it.
    pub reason: String,
    /// Until when nothing is launched because it failed, and how often it has.
    pub resting: (Time, u32),
    /// Until when nothing is launched in a zone.
    pub empty_zones: BTreeMap<String, Time>,
    /// When health was last looked at.
    pub checked: Time,
    /// How many instances have served, each with since when.
    pub serving: Vec<(Time, usize)>,
    /// When it is gone at the earliest, once it is being deleted.
    pub deleting: Option<Time>,
}

impl Group {
    /// What counts for its capacity.
    pub fn active(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter(|member| member.active())
    }

    /// Whether it does without a process for now.
    #[must_use]
    pub fn pauses(&self, process: &str) -> bool {
        self.suspended.contains_key(process)
    }

    /// Changes how many instances there should be, and notes why.
    pub fn want(&mut self, desired: usize, why: &str, now: Time) {
        let before = self.settings.desired;
        if before != desired {
            self.reason =
                format!("At {} {why} changing the desired capacity from {before} to {desired}.  ", at(now));
            self.settings.desired = desired;
            self.resting = (now, 0);
        }
    }
}

/// The group that a call names and that is not being deleted.
///
/// # Errors
/// `ValidationError`.
pub fn named<'a>(region: &'a Region, name: &str) -> Result<&'a Group> {
    region.autoscaling.groups.get(name).ok_or_else(|| no_group(name))
}

/// The same, to change it.
///
/// # Errors
/// `ValidationError`.
pub fn named_mut<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Group> {
    let name = required(call.params, "AutoScalingGroupName")?;
    let group = call.region.autoscaling.groups.get_mut(name).ok_or_else(|| no_group(name))?;
    if group.deleting.is_some() {
        return Err(invalid(format!("AutoScalingGroup by this name is pending delete: {name}")));
    }
    Ok(group)
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let name = required(call.params, "AutoScalingGroupName")?.to_owned();
    if name.chars().count() > 255 || name.contains(':') {
        return Err(invalid(
            "AutoScalingGroup name must be 1 to 255 characters long and have no colon in it.",
        ));
    }
    if call.region.autoscaling.groups.contains_key(&name) {
        let message = format!(
            "AutoScalingGroup by this name already exists - A group with the name {name} already exists"
        );
        return Err(AwsError::new("AlreadyExists", message));
    }
    if call.region.autoscaling.groups.len() >= call.conditions.quota("auto-scaling-group", QUOTA) {
        return Err(AwsError::new("LimitExceeded", "AutoScalingGroup limit exceeded"));
    }
    let settings = settings::read(call, None)?;
    let template = template::read(call, call.params.nested("LaunchTemplate"), &settings.subnets)?;
    let template = template.ok_or_else(|| {
        invalid("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.")
    })?;
    let target_groups: Vec<String> =
        call.params.texts("TargetGroupARNs").into_iter().map(str::to_owned).collect();
    super::target_group::check(call, &target_groups)?;
    let tags = tag::given(&call.params.items("Tags"))?;
    let group = make(call, name, template, settings, target_groups, tags);
    if call.region.autoscaling.groups.is_empty() {
        call.region.autoscaling.settled = call.now;
    }
    call.region.autoscaling.groups.insert(group.name.clone(), group);
    Ok(Node::new().into())
}

fn make(
    call: &mut Call<'_>,
    name: String,
    template: Spec,
    settings: Settings,
    target_groups: Vec<String>,
    tags: IndexMap<String, Tag>,
) -> Group {
    let id = id::uuid(&mut call.region.rng);
    let why = "a user request created an AutoScalingGroup changing the desired capacity from 0 to";
    Group {
        arn: call.region.arn("autoscaling", &format!("autoScalingGroup:{id}:autoScalingGroupName/{name}")),
        name,
        template,
        reason: format!("At {} {why} {}.  ", at(call.now), settings.desired),
        settings,
        target_groups,
        tags,
        suspended: BTreeMap::new(),
        members: IndexMap::new(),
        activities: Vec::new(),
        policies: IndexMap::new(),
        refreshes: Vec::new(),
        made: call.now,
        resting: (call.now, 0),
        empty_zones: BTreeMap::new(),
        checked: call.now,
        serving: Vec::new(),
        deleting: None,
    }
}

fn update(call: &mut Call<'_>) -> Result<Reply> {
    let group = named_mut(call)?.clone();
    if call.params.has("LaunchTemplate")
        && group.refreshing().is_some_and(|refresh| refresh.desired.is_some())
    {
        return Err(invalid(
            "An active instance refresh with a desired configuration exists. All configuration options derived from the \
             desired configuration are not available for update while the instance refresh is active.",
        ));
    }
    let settings = settings::read(call, Some(&group.settings))?;
    let template = template::read(call, call.params.nested("LaunchTemplate"), &settings.subnets)?;
    let (now, desired) = (call.now, settings.desired);
    let group = named_mut(call)?;
    let why = format!(
        "a user request update of AutoScalingGroup constraints to min: {}, max: {}, desired: {desired}",
        settings.min, settings.max
    );
    let before = group.settings.desired;
    group.settings = Settings { desired: before, ..settings };
    group.want(desired, &why, now);
    if let Some(template) = template {
        group.template = template;
    }
    Ok(Node::new().into())
}
