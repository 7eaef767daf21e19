//! What a group remembers of its rule, so that a run without a document need not look for it.
//!
//! ELB tells of listeners only by the ARN of their load balancer, of rules only by that of their listener, and of a rule's tags only by
//! its own: four round trips, one after the other. A group is found by its name in the first, and its tags with it. So it carries the
//! ARN of the rule, in which those of listener and load balancer are, and the second round trip tells the rest. A mark that leads
//! nowhere any more costs time and nothing else.

use anyhow::Result;
use aws_sdk_autoscaling::types::{AutoScalingGroup, Tag};
use aws_sdk_elasticloadbalancingv2::types::Rule;
use common::call::Call as _;
use common::section::Component;
use common::session::Session;

use crate::names::Names;
use crate::ownership::group_value;

/// The tag.
const RULE: &str = "stackpipe:rule";

/// ARNs that are known before anything is looked up by them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub target_group: String,
    pub rule: Option<RuleArn>,
}

impl Known {
    /// What the document says.
    pub fn of_document(piped: &Component) -> Option<Self> {
        let rule = piped.rule.as_ref().and_then(|rule| RuleArn::read(rule.arn.as_deref()?));
        Some(Self { target_group: piped.target_group.as_ref()?.arn.clone()?, rule })
    }

    /// What the group says; none where it has no mark.
    pub fn of_group(group: &AutoScalingGroup) -> Option<Self> {
        let rule = RuleArn::read(group_value(group.tags(), RULE)?)?;
        Some(Self { target_group: group.target_group_arns().first()?.clone(), rule: Some(rule) })
    }
}

/// The ARN of a rule: `arn:…:listener-rule/app/NAME/ID/LISTENER/RULE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleArn(String);

impl RuleArn {
    fn read(text: &str) -> Option<Self> {
        let (_, path) = text.split_once(":listener-rule/")?;
        let parts: Vec<&str> = path.split('/').collect();
        let is_whole = parts.len() == 5 && parts[0] == "app" && parts.iter().all(|part| !part.is_empty());
        is_whole.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ARN of its listener.
    pub fn listener(&self) -> String {
        self.above("listener", 1)
    }

    /// The ARN of its load balancer.
    pub fn balancer(&self) -> String {
        self.above("loadbalancer", 2)
    }

    fn above(&self, kind: &str, levels: usize) -> String {
        let mut path = self.0.replacen(":listener-rule/", &format!(":{kind}/"), 1);
        for _ in 0..levels {
            path.truncate(path.rfind('/').unwrap_or_default());
        }
        path
    }
}

/// Puts it on the group, unless it is there.
///
/// # Errors
/// AWS's refusal.
pub async fn put(session: &Session, names: &Names, group: &AutoScalingGroup, rule: &Rule) -> Result<()> {
    let Some(arn) = rule.rule_arn().filter(|arn| group_value(group.tags(), RULE) != Some(arn)) else {
        return Ok(());
    };
    let tag = Tag::builder().resource_id(&names.full).resource_type("auto-scaling-group");
    // No instance needs it.
    let tag = tag.key(RULE).value(arn).propagate_at_launch(false).build();
    let put = async {
        let answer = session.aws.autoscaling().create_or_update_tags().tags(tag).send().await;
        answer.cannot(format_args!("note the rule of {names} on its group"))
    };
    session.change(format_args!("group {names}: note of its rule"), put).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_tells_of_its_listener_and_its_load_balancer() {
        let of = |kind: &str, rest: &str| {
            format!(
                "arn:aws:elasticloadbalancing:us-east-1:123456789012:{kind}/app/expense-dev-app/50dc{rest}"
            )
        };
        let rule = RuleArn::read(&of("listener-rule", "/f2f7/9683")).unwrap();
        assert_eq!(rule.listener(), of("listener", "/f2f7"));
        assert_eq!(rule.balancer(), of("loadbalancer", ""));
        for bad in
            ["", "x", &of("listener", "/f2f7"), &of("listener-rule", "/f2f7"), &of("listener-rule", "//9683")]
        {
            assert_eq!(RuleArn::read(bad), None, "{bad}");
        }
    }
}
