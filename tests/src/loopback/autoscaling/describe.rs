//! Describing groups.

use super::activity::page;
use super::error::{invalid, parsed};
use super::group::Group;
use super::member::Member;
use super::policy::Policy;
use crate::loopback::action::{Action, Call, Reply, Resource, read};
use crate::loopback::error::Result;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read(
    "DescribeAutoScalingGroups",
    list,
    "AutoScalingGroupNames.N IncludeInstances NextToken MaxRecords Filters.N.Name Filters.N.Values.N",
)];

impl Group {
    /// As describe calls show it.
    pub fn show(&self, account: &str, instances: bool) -> Node {
        let role = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
        let suspended = self
            .suspended
            .iter()
            .map(|(process, reason)| Node::new().put("ProcessName", process).put("SuspensionReason", reason));
        let traffic =
            self.target_groups.iter().map(|arn| Node::new().put("Identifier", arn).put("Type", "elbv2"));
        Node::new()
            .put("AutoScalingGroupName", &self.name)
            .put("AutoScalingGroupARN", &self.arn)
            .node("LaunchTemplate", self.template.show())
            .with(self.settings.show())
            .texts("LoadBalancerNames", "member", [""; 0])
            .texts("TargetGroupARNs", "member", &self.target_groups)
            .named_list("Instances", "member", self.members.values().filter(|_| instances).map(Member::show))
            .put("CreatedTime", self.made)
            .named_list("SuspendedProcesses", "member", suspended)
            .named_list("EnabledMetrics", "member", [])
            .named_list("Tags", "member", self.tags.iter().map(|(key, tag)| tag.show(key, &self.name)))
            .named_list("TrafficSources", "member", traffic)
            .maybe("Status", self.deleting.map(|_| "Delete in progress"))
            .put("ServiceLinkedRoleARN", format!("arn:aws:iam::{account}:{role}"))
    }

    /// As a dump has it.
    pub fn resource(&self) -> Resource {
        let policies = self.policies.values().map(Policy::settings);
        let account = self.arn.split(':').nth(4).unwrap_or_default();
        let body = self.show(account, true).named_list("ScalingPolicies", "member", policies);
        Resource {
            kind: "auto-scaling-group",
            id: self.arn.clone(),
            name: Some(self.name.clone()),
            aliases: Vec::new(),
            body: body.json(),
        }
    }

    fn passes(&self, filter: &Params) -> Result<bool> {
        let values = filter.texts("Values");
        let any = |held: &str| values.contains(&held);
        match filter.text("Name").unwrap_or_default() {
            "tag-key" => Ok(self.tags.keys().any(|key| any(key))),
            "tag-value" => Ok(self.tags.values().any(|tag| any(&tag.value))),
            name => match name.strip_prefix("tag:") {
                Some(key) => Ok(self.tags.get(key).is_some_and(|tag| any(&tag.value))),
                None => Err(invalid(format!(
                    "Filter type {name} is not correct. Allowed Filter types are: tag-key, tag-value, tag:<key>"
                ))),
            },
        }
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let names = call.params.texts("AutoScalingGroupNames");
    let instances = parsed::<bool>(call.params, "IncludeInstances")?.unwrap_or(true);
    let filters = call.params.items("Filters");
    let mut groups = Vec::new();
    for group in call.region.autoscaling.groups.values() {
        let mut fits = names.is_empty() || names.contains(&group.name.as_str());
        for filter in &filters {
            fits &= group.passes(filter)?;
        }
        if fits {
            groups.push(group);
        }
    }
    let page = page(call.params, groups, 50)?;
    let nodes = page.items.into_iter().map(|group| group.show(&call.region.account, instances));
    Ok(Node::new().named_list("AutoScalingGroups", "member", nodes).maybe("NextToken", page.next).into())
}
