//! The document's section, from what was found.

use anyhow::Result;
use aws_sdk_autoscaling::types::AutoScalingGroup;
use aws_sdk_ec2::types::InstanceType;
use common::section::asg::{LaunchTemplate, Rule, TargetGroup};
use common::section::{Component, Named};
use common::session::Session;

use crate::inventory::Found;
use crate::launch_template::Version;
use crate::names::Names;
use crate::ownership::{BALANCER, elb_value};
use crate::{group, policy, rule};

/// The name of the section.
pub const SECTION: &str = "asg";

/// A component as the document shows it. `version` is the one deployed, where it is not the group's yet.
pub fn component(names: &Names, found: &Found, version: Option<&Version>) -> Component {
    let of_group = found.group.as_ref();
    let number = version.map(|it| it.number).or_else(|| of_group.and_then(group::version));
    let data = number.and_then(|number| found.version(number)?.launch_template_data());
    let target = found.target_group.as_ref();
    Component {
        arn: of_group.and_then(|it| it.auto_scaling_group_arn()).map(str::to_owned),
        name: Some(names.full.clone()),
        launch_template: Some(LaunchTemplate {
            id: found.template.as_ref().and_then(|it| it.launch_template_id()).map(str::to_owned),
            name: Some(names.full.clone()),
            version: number,
            image_id: data.and_then(|it| it.image_id()).map(str::to_owned),
            instance_type: data
                .and_then(|it| it.instance_type())
                .map(InstanceType::as_str)
                .map(str::to_owned),
        }),
        target_group: target.map(|it| TargetGroup {
            arn: it.arn().map(str::to_owned),
            name: Some(names.target_group.clone()),
            port: it.found.port().and_then(|port| u16::try_from(port).ok()),
            health_check_path: it.found.health_check_path().map(str::to_owned),
        }),
        rule: found.rules.first().map(|it| entry(&it.rule)),
        load_balancer: target.and_then(|it| elb_value(&it.tags, BALANCER)).map(str::to_owned),
        security_group_id: data.and_then(|it| it.security_group_ids().first().cloned()),
        min_size: of_group.and_then(AutoScalingGroup::min_size),
        max_size: of_group.and_then(AutoScalingGroup::max_size),
        cpu_target: policy::target(&found.policies),
    }
}

/// A rule as the document shows it.
pub fn entry(found: &aws_sdk_elasticloadbalancingv2::types::Rule) -> Rule {
    Rule {
        arn: found.rule_arn().map(str::to_owned),
        priority: rule::priority_of(found),
        hosts: rule::hosts(found),
        paths: rule::paths(found),
    }
}

/// Writes the document with these components brought up to date, beside those of other runs.
///
/// # Errors
/// Stdout cannot be written.
pub fn write(session: &Session, components: impl IntoIterator<Item = (String, Component)>) -> Result<()> {
    let components: Named<Component> = components.into_iter().collect();
    session.write(|document| document.set_section(SECTION, &components))
}
