//! Target tracking: the number of instances follows the CPU.

use anyhow::Result;
use aws_sdk_autoscaling::types::{
    MetricType, PredefinedMetricSpecification, ScalingPolicy, TargetTrackingConfiguration,
};
use common::call::Call as _;
use common::fault::is_code;
use common::session::Session;

use crate::names::Names;

/// The name of the policy.
const NAME: &str = "cpu";

/// Percent that a new group is kept at.
const TARGET: i32 = 70;

/// The policies of a group; none where there is no such group.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, names: &Names) -> Result<Vec<ScalingPolicy>> {
    let call = session.aws.autoscaling().describe_policies().auto_scaling_group_name(&names.full);
    let pages = call.into_paginator().items().send().try_collect().await;
    match pages.cannot(format_args!("look up the scaling policies of {names}")) {
        // Auto Scaling has no code of its own for a group that is not there.
        Err(error) if is_code(&error, &["ValidationError"]) => Ok(Vec::new()),
        other => other,
    }
}

/// The percentage that a group is kept at.
pub fn target(policies: &[ScalingPolicy]) -> Option<i32> {
    let policy = policies.iter().find(|it| it.policy_name() == Some(NAME))?;
    let target = policy.target_tracking_configuration()?.target_value()?;
    // Percentages are small whole numbers.
    #[expect(clippy::cast_possible_truncation, reason = "a percentage is between 1 and 100")]
    Some(target.round() as i32)
}

/// Puts the policy in place. What it is called twice for is done once.
///
/// # Errors
/// AWS's refusal.
pub async fn put(
    session: &Session,
    names: &Names,
    asked: Option<i32>,
    policies: &[ScalingPolicy],
) -> Result<i32> {
    let has = target(policies);
    let wanted = asked.or(has).unwrap_or(TARGET);
    if has == Some(wanted) {
        return Ok(wanted);
    }
    let metric = PredefinedMetricSpecification::builder()
        .predefined_metric_type(MetricType::AsgAverageCpuUtilization)
        .build();
    let tracking = TargetTrackingConfiguration::builder()
        .predefined_metric_specification(metric)
        .target_value(f64::from(wanted))
        .build();
    let call = async {
        let call = session.aws.autoscaling().put_scaling_policy().auto_scaling_group_name(&names.full);
        call.policy_name(NAME)
            .policy_type("TargetTrackingScaling")
            .target_tracking_configuration(tracking)
            .send()
            .await
            .cannot(format_args!("put the scaling policy of {names}"))
    };
    let what = format!("group {names}: as many instances as keep the CPU at {wanted} %");
    Box::pin(session.change(what, call)).await?;
    Ok(wanted)
}
