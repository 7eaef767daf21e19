//! Instances as their group sees them.

use std::collections::BTreeSet;

use super::activity::page;
use super::error::invalid;
use super::group::Group;
use super::template::Spec;
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::clock::Time;
use crate::loopback::error::Result;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] =
    &[read("DescribeAutoScalingInstances", list, "InstanceIds.N MaxRecords NextToken")];

/// Where an instance is in its life within the group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Pending,
    InService,
    Standby,
    Terminating,
}

impl Stage {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InService => "InService",
            Self::Standby => "Standby",
            Self::Terminating => "Terminating",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Member {
    pub id: String,
    pub kind: String,
    pub zone: String,
    pub subnet: String,
    pub image: String,
    /// What it was launched from, the version a number.
    pub template: Spec,
    pub stage: Stage,
    /// Why it is unhealthy, if it is.
    pub sick: Option<String>,
    pub protected: bool,
    pub launched: Time,
    /// When it came into service.
    pub in_service: Option<Time>,
    /// The target groups that it is in.
    pub registered: BTreeSet<String>,
    /// What is being done with it.
    pub activity: String,
    /// Whether EC2 has been told to terminate it.
    pub ended: bool,
}

impl Member {
    /// Whether it counts for the capacity of the group.
    #[must_use]
    pub fn active(&self) -> bool {
        matches!(self.stage, Stage::Pending | Stage::InService)
    }

    pub fn show(&self) -> Node {
        Node::new()
            .put("InstanceId", &self.id)
            .put("InstanceType", &self.kind)
            .put("AvailabilityZone", &self.zone)
            .put("LifecycleState", self.stage.name())
            .put("HealthStatus", if self.sick.is_some() { "Unhealthy" } else { "Healthy" })
            .node("LaunchTemplate", self.template.show())
            .put("ImageId", &self.image)
            .put("ProtectedFromScaleIn", self.protected)
    }

    /// The same in capitals and with its group, as the other call has it.
    fn show_alone(&self, group: &Group) -> Node {
        let health = if self.sick.is_some() { "UNHEALTHY" } else { "HEALTHY" };
        Node::new()
            .put("InstanceId", &self.id)
            .put("InstanceType", &self.kind)
            .put("AutoScalingGroupName", &group.name)
            .put("AvailabilityZone", &self.zone)
            .put("LifecycleState", self.stage.name())
            .put("HealthStatus", health)
            .node("LaunchTemplate", self.template.show())
            .put("ImageId", &self.image)
            .put("ProtectedFromScaleIn", self.protected)
    }
}

/// The name of the group that an instance belongs to.
///
/// # Errors
/// `ValidationError`.
pub fn group_of(call: &Call<'_>, instance: &str) -> Result<String> {
    let mut groups = call.region.autoscaling.groups.values();
    let group = groups.find(|group| group.members.contains_key(instance));
    let unknown =
        || invalid(format!("Instance Id not found - No managed instance found for instance ID: {instance}"));
    group.map(|group| group.name.clone()).ok_or_else(unknown)
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let ids = call.params.texts("InstanceIds");
    let groups = call.region.autoscaling.groups.values();
    let all = groups.flat_map(|group| group.members.values().map(move |member| (group, member)));
    let asked = all.filter(|(_, member)| ids.is_empty() || ids.contains(&member.id.as_str()));
    let page = page(call.params, asked.collect(), 50)?;
    let nodes = page.items.into_iter().map(|(group, member)| member.show_alone(group));
    Ok(Node::new().named_list("AutoScalingInstances", "member", nodes).maybe("NextToken", page.next).into())
}
