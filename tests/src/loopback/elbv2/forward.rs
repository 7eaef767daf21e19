//! Forwarding a request to target groups.

use super::TargetGroup;
use super::noun::invalid;
use crate::loopback::action::Call;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Target groups with their weights.
    pub groups: Vec<(String, u32)>,
    /// For how many seconds a client stays with its group, if at all.
    pub sticky: Option<u32>,
}

impl Forward {
    /// # Errors
    /// For no target group or too many, and those that are not there or of another VPC.
    pub fn read(call: &Call<'_>, item: &Params, vpc: &str) -> Result<Self> {
        let groups = groups(item)?;
        if !(1..=5).contains(&groups.len()) || groups.iter().any(|(_, weight)| *weight > 999) {
            return Err(invalid(
                "A forward action needs one to five target groups, with weights from 0 to 999",
            ));
        }
        for (arn, _) in &groups {
            if call.balanced::<TargetGroup>(arn)?.vpc != vpc {
                let message = format!("Target group '{arn}' is of another VPC");
                return Err(AwsError::new("InvalidConfigurationRequest", message));
            }
        }
        Ok(Self { groups, sticky: sticky(item)? })
    }

    #[must_use]
    pub fn leads_to(&self, group: &str) -> bool {
        self.groups.iter().any(|(arn, _)| arn == group)
    }

    pub fn show(&self) -> Node {
        let one =
            |(arn, weight): &(String, u32)| Node::new().put("TargetGroupArn", arn).put("Weight", weight);
        let stickiness =
            Node::new().put("Enabled", self.sticky.is_some()).maybe("DurationSeconds", self.sticky);
        let config = Node::new()
            .named_list("TargetGroups", "member", self.groups.iter().map(one))
            .node("TargetGroupStickinessConfig", stickiness);
        // A single group is shown in the older way too.
        let only = self.groups.first().filter(|_| self.groups.len() == 1).map(|(arn, _)| arn);
        Node::new().put("Type", "forward").maybe("TargetGroupArn", only).node("ForwardConfig", config)
    }
}

fn groups(item: &Params) -> Result<Vec<(String, u32)>> {
    let one = |group: &&Params| {
        let arn =
            group.text("TargetGroupArn").ok_or_else(|| invalid("A target group ARN must be specified"))?;
        Ok((arn.to_owned(), group.parsed("Weight")?.unwrap_or(1)))
    };
    let groups: Vec<(String, u32)> =
        item.items("ForwardConfig.TargetGroups").iter().map(one).collect::<Result<_>>()?;
    match item.text("TargetGroupArn") {
        Some(arn) if groups.is_empty() => Ok(vec![(arn.to_owned(), 1)]),
        Some(arn) if !groups.iter().any(|(known, _)| known == arn) => {
            Err(invalid("TargetGroupArn and ForwardConfig name different target groups"))
        }
        _ => Ok(groups),
    }
}

fn sticky(item: &Params) -> Result<Option<u32>> {
    let stickiness = item.nested("ForwardConfig.TargetGroupStickinessConfig").cloned().unwrap_or_default();
    if stickiness.flag("Enabled")? != Some(true) {
        return Ok(None);
    }
    match stickiness.parsed("DurationSeconds")? {
        Some(seconds @ 1..=604_800) => Ok(Some(seconds)),
        _ => Err(invalid("Stickiness needs a duration from 1 to 604800 seconds")),
    }
}
