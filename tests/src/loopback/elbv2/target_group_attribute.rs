//! Attributes of target groups.

use super::TargetGroup;
use super::load_balancer_attribute::changes;
use super::noun::{invalid, tag_nodes};
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::Result;
use crate::loopback::tag::Tags;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    read("DescribeTargetGroupAttributes", show, "TargetGroupArn!"),
    write(
        "ModifyTargetGroupAttributes",
        modify,
        "TargetGroupArn! Attributes! Attributes.N.Key Attributes.N.Value",
    ),
];

/// For how long targets are drained that leave.
pub const DEREGISTRATION_DELAY: &str = "deregistration_delay.timeout_seconds";

/// Every attribute: its key, its usual value, and what it can be: words, a range of numbers, or anything.
const KNOWN: &[(&str, &str, &str)] = &[
    (DEREGISTRATION_DELAY, "300", "0-3600"),
    ("load_balancing.algorithm.anomaly_mitigation", "off", "on off"),
    (
        "load_balancing.algorithm.type",
        "round_robin",
        "round_robin least_outstanding_requests weighted_random",
    ),
    (
        "load_balancing.cross_zone.enabled",
        "use_load_balancer_configuration",
        "true false use_load_balancer_configuration",
    ),
    ("slow_start.duration_seconds", "0", "0-900"),
    ("stickiness.app_cookie.cookie_name", "", ""),
    ("stickiness.app_cookie.duration_seconds", "86400", "1-604800"),
    ("stickiness.enabled", "false", "true false"),
    ("stickiness.lb_cookie.duration_seconds", "86400", "1-604800"),
    ("stickiness.type", "lb_cookie", "lb_cookie app_cookie"),
    ("target_group_health.dns_failover.minimum_healthy_targets.count", "1", ""),
    ("target_group_health.dns_failover.minimum_healthy_targets.percentage", "off", ""),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.count", "1", ""),
    ("target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage", "off", ""),
];

/// The attributes of a new target group.
#[must_use]
pub fn usual() -> Tags {
    KNOWN.iter().map(|(key, value, _)| ((*key).to_owned(), (*value).to_owned())).collect()
}

impl TargetGroup {
    /// How long targets are drained that leave, in seconds.
    #[must_use]
    pub fn deregistration_delay(&self) -> f64 {
        self.attributes.get(DEREGISTRATION_DELAY).and_then(|value| value.parse().ok()).unwrap_or(300.0)
    }
}

fn answer(attributes: &Tags) -> Reply {
    Node::new().named_list("Attributes", "member", tag_nodes(attributes)).into()
}

fn show(call: &mut Call<'_>) -> Result<Reply> {
    Ok(answer(&call.balanced::<TargetGroup>(call.params.required("TargetGroupArn")?)?.attributes))
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let arn = call.params.required("TargetGroupArn")?;
    let changes = changes(call, KNOWN, "Target group")?;
    let attributes = &mut call.balanced_mut::<TargetGroup>(arn)?.attributes;
    attributes.extend(changes);
    let is = |key: &str, value: &str| attributes.get(key).is_some_and(|v| v == value);
    if !is("slow_start.duration_seconds", "0") && !is("load_balancing.algorithm.type", "round_robin") {
        return Err(invalid("Slow start needs the load balancing algorithm 'round_robin'"));
    }
    if is("load_balancing.algorithm.anomaly_mitigation", "on")
        && !is("load_balancing.algorithm.type", "weighted_random")
    {
        return Err(invalid("Anomaly mitigation needs the load balancing algorithm 'weighted_random'"));
    }
    Ok(answer(attributes))
}
