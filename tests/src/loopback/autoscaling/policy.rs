//! Scaling policies: target tracking, the kind that needs no alarms of one's own.

use super::activity::page;
use super::error::{invalid, parsed, required};
use super::group::{Group, named, named_mut};
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::id;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "PutScalingPolicy",
        put,
        "AutoScalingGroupName PolicyName PolicyType EstimatedInstanceWarmup Enabled \
         TargetTrackingConfiguration.PredefinedMetricSpecification.PredefinedMetricType \
         TargetTrackingConfiguration.PredefinedMetricSpecification.ResourceLabel \
         TargetTrackingConfiguration.TargetValue TargetTrackingConfiguration.DisableScaleIn",
    ),
    read("DescribePolicies", list, "AutoScalingGroupName PolicyNames.N PolicyTypes.N MaxRecords NextToken"),
    write("DeletePolicy", delete, "AutoScalingGroupName PolicyName"),
];

/// What a group's instances have to do: the mean of what its policy tracks.
pub const SET_LOAD: Action = write("SetLoad", load, "AutoScalingGroupName Value!");

const KIND: &str = "TargetTrackingScaling";
const METRICS: [&str; 4] =
    ["ASGAverageCPUUtilization", "ASGAverageNetworkIn", "ASGAverageNetworkOut", "ALBRequestCountPerTarget"];

#[derive(Clone, Debug)]
pub struct Policy {
    pub name: String,
    pub arn: String,
    pub metric: String,
    pub label: Option<String>,
    pub target: f64,
    pub scales_in: bool,
    pub warmup: Option<i64>,
    pub enabled: bool,
    /// The alarms that AWS keeps for it: name and ARN.
    pub alarms: Vec<(String, String)>,
}

impl Policy {
    /// What its owner has set.
    pub fn settings(&self) -> Node {
        let metric =
            Node::new().put("PredefinedMetricType", &self.metric).maybe("ResourceLabel", self.label.as_ref());
        let tracking = Node::new()
            .node("PredefinedMetricSpecification", metric)
            .put("TargetValue", format!("{:?}", self.target))
            .put("DisableScaleIn", !self.scales_in);
        Node::new()
            .put("PolicyName", &self.name)
            .put("PolicyType", KIND)
            .maybe("EstimatedInstanceWarmup", self.warmup)
            .put("Enabled", self.enabled)
            .node("TargetTrackingConfiguration", tracking)
    }

    fn show_alarms(&self) -> impl Iterator<Item = Node> {
        self.alarms.iter().map(|(name, arn)| Node::new().put("AlarmName", name).put("AlarmARN", arn))
    }

    fn show(&self, group: &str) -> Node {
        let node = Node::new().put("AutoScalingGroupName", group).put("PolicyARN", &self.arn);
        node.with(self.settings()).named_list("StepAdjustments", "member", []).named_list(
            "Alarms",
            "member",
            self.show_alarms(),
        )
    }
}

fn put(call: &mut Call<'_>) -> Result<Reply> {
    let name = required(call.params, "PolicyName")?.to_owned();
    if call.params.text("PolicyType") != Some(KIND) {
        return Err(invalid(format!("The loopback AWS has policies of type {KIND} only")));
    }
    let policy = read_policy(call.params, name)?;
    let group = named(call.region, required(call.params, "AutoScalingGroupName")?)?;
    if policy.label.is_some() != (policy.metric == METRICS[3]) {
        return Err(invalid("A ResourceLabel belongs to ALBRequestCountPerTarget, and to it only."));
    }
    let policy = if let Some(before) = group.policies.get(&policy.name) {
        Policy { arn: before.arn.clone(), alarms: before.alarms.clone(), ..policy }
    } else {
        let group = group.name.clone();
        with_alarms(call, &group, policy)
    };
    let answer =
        Node::new().put("PolicyARN", &policy.arn).named_list("Alarms", "member", policy.show_alarms());
    named_mut(call)?.policies.insert(policy.name.clone(), policy);
    Ok(answer.into())
}

fn read_policy(params: &Params, name: String) -> Result<Policy> {
    let tracking = "TargetTrackingConfiguration";
    let metric = format!("{tracking}.PredefinedMetricSpecification.PredefinedMetricType");
    let metric = params.text(&metric).unwrap_or_default().to_owned();
    if !METRICS.contains(&metric.as_str()) {
        return Err(invalid(format!("Invalid predefined metric type: {metric}")));
    }
    let label = params.text(&format!("{tracking}.PredefinedMetricSpecification.ResourceLabel"));
    let target = parsed::<f64>(params, &format!("{tracking}.TargetValue"))?;
    let target = target.filter(|target| target.is_finite() && *target > 0.0);
    Ok(Policy {
        name,
        arn: String::new(),
        metric,
        label: label.map(str::to_owned),
        target: target.ok_or_else(|| invalid("TargetValue must be a number above 0."))?,
        scales_in: parsed::<bool>(params, &format!("{tracking}.DisableScaleIn"))? != Some(true),
        warmup: parsed(params, "EstimatedInstanceWarmup")?,
        enabled: parsed(params, "Enabled")?.unwrap_or(true),
        alarms: Vec::new(),
    })
}

fn with_alarms(call: &mut Call<'_>, group: &str, policy: Policy) -> Policy {
    let alarm = |call: &mut Call<'_>, end: &str| {
        let name = format!("TargetTracking-{group}-{end}-{}", id::uuid(&mut call.region.rng));
        let arn = call.region.arn("cloudwatch", &format!("alarm:{name}"));
        (name, arn)
    };
    let mut alarms = vec![alarm(call, "AlarmHigh")];
    if policy.scales_in {
        alarms.push(alarm(call, "AlarmLow"));
    }
    let id = id::uuid(&mut call.region.rng);
    let rest = format!("scalingPolicy:{id}:autoScalingGroupName/{group}:policyName/{}", policy.name);
    Policy { arn: call.region.arn("autoscaling", &rest), alarms, ..policy }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let (names, kinds) = (call.params.texts("PolicyNames"), call.params.texts("PolicyTypes"));
    let group = call.params.text("AutoScalingGroupName");
    let groups: Vec<&Group> = match group {
        Some(name) => vec![named(call.region, name)?],
        None => call.region.autoscaling.groups.values().collect(),
    };
    let asked = |policy: &&Policy| {
        let meant = [&policy.name, &policy.arn].iter().any(|own| names.contains(&own.as_str()));
        (names.is_empty() || meant) && (kinds.is_empty() || kinds.contains(&KIND))
    };
    let of = |group: &Group| {
        group.policies.values().filter(asked).map(|p| p.show(&group.name)).collect::<Vec<_>>()
    };
    let page = page(call.params, groups.into_iter().flat_map(of).collect(), 50)?;
    Ok(Node::new().named_list("ScalingPolicies", "member", page.items).maybe("NextToken", page.next).into())
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let which = required(call.params, "PolicyName")?.to_owned();
    let missing = || AwsError::new("ValidationError", format!("PolicyName {which} not found"));
    let owner = match call.params.text("AutoScalingGroupName") {
        Some(name) => Some(named(call.region, name)?),
        None => call.region.autoscaling.groups.values().find(|g| g.policies.values().any(|p| p.arn == which)),
    };
    let group = owner.map(|group| group.name.clone()).ok_or_else(missing)?;
    let group = call.region.autoscaling.groups.get_mut(&group).ok_or_else(missing)?;
    let policy = group.policies.values().find(|policy| policy.name == which || policy.arn == which);
    let name = policy.map(|policy| policy.name.clone()).ok_or_else(missing)?;
    group.policies.shift_remove(&name);
    Ok(Node::new().into())
}

/// Tells a group how busy its instances are, and lets its policies act on that.
fn load(call: &mut Call<'_>) -> Result<Reply> {
    let value = parsed::<f64>(call.params, "Value")?.filter(|value| value.is_finite()).unwrap_or_default();
    let now = call.now;
    let group = named_mut(call)?;
    let active = group.active().count();
    let Some(policy) = group.policies.values().find(|policy| policy.enabled) else {
        return Ok(Node::new().into());
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "few instances"
    )]
    let needed = (active as f64 * value / policy.target).ceil().max(0.0) as usize;
    let wanted = needed.clamp(group.settings.min, group.settings.max);
    let alarm = policy.alarms.get(usize::from(wanted < group.settings.desired)).map(|(name, _)| name.clone());
    if let (Some(alarm), false) = (alarm, group.pauses("AlarmNotification")) {
        let why = format!("a monitor alarm {alarm} in state ALARM triggered policy {}", policy.name);
        group.want(wanted, &why, now);
    }
    Ok(Node::new().into())
}
