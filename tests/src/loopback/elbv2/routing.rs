//! What listeners and rules do with a request: forward it, redirect it, or answer it themselves.

use super::fixed_response::FixedResponse;
use super::forward::Forward;
use super::noun::{Noun, invalid};
use super::redirect::Redirect;
use super::{Elbv2, Listener};
use crate::loopback::action::Call;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

/// The parameters of a list of actions.
macro_rules! action_parameters {
    ($list:literal) => {
        concat!(
            $list,
            ".N.Type ",
            $list,
            ".N.Order ",
            $list,
            ".N.TargetGroupArn ",
            $list,
            ".N.ForwardConfig.TargetGroups.N.TargetGroupArn ",
            $list,
            ".N.ForwardConfig.TargetGroups.N.Weight ",
            $list,
            ".N.ForwardConfig.TargetGroupStickinessConfig.Enabled ",
            $list,
            ".N.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds ",
            $list,
            ".N.RedirectConfig.Protocol ",
            $list,
            ".N.RedirectConfig.Port ",
            $list,
            ".N.RedirectConfig.Host ",
            $list,
            ".N.RedirectConfig.Path ",
            $list,
            ".N.RedirectConfig.Query ",
            $list,
            ".N.RedirectConfig.StatusCode ",
            $list,
            ".N.FixedResponseConfig.StatusCode ",
            $list,
            ".N.FixedResponseConfig.ContentType ",
            $list,
            ".N.FixedResponseConfig.MessageBody"
        )
    };
}
pub(super) use action_parameters;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Forward(Forward),
    Redirect(Redirect),
    Fixed(FixedResponse),
}

/// The one action of a list. Authentication, which could come before it, the loopback AWS has not.
///
/// # Errors
/// For none, more than one, and one that lacks something or leads to a target group that is not there.
pub fn read(call: &Call<'_>, list: &str, vpc: &str) -> Result<Step> {
    let items = call.params.items(list);
    let item = match items.as_slice() {
        [item] => item,
        [] => return Err(invalid("At least one action must be specified")),
        [..] => {
            let message =
                "Only one action of the types forward, redirect and fixed-response can be specified";
            return Err(AwsError::new("TooManyActions", message));
        }
    };
    match item.text("Type").unwrap_or_default() {
        "forward" => Ok(Step::Forward(Forward::read(call, item, vpc)?)),
        "redirect" => Ok(Step::Redirect(Redirect::read(item)?)),
        "fixed-response" => Ok(Step::Fixed(FixedResponse::read(item)?)),
        other => {
            Err(invalid(format!("Action type '{other}' is not one of forward, redirect, fixed-response")))
        }
    }
}

impl Step {
    /// Whether it leads to a target group.
    #[must_use]
    pub fn leads_to(&self, group: &str) -> bool {
        matches!(self, Self::Forward(forward) if forward.leads_to(group))
    }

    #[must_use]
    pub fn show(&self) -> Node {
        match self {
            Self::Forward(forward) => forward.show(),
            Self::Redirect(redirect) => redirect.show(),
            Self::Fixed(response) => response.show(),
        }
    }
}

/// The listeners that lead to a target group, by themselves or by a rule.
#[must_use]
pub fn listeners_to<'a>(elb: &'a Elbv2, group: &str) -> Vec<&'a Listener> {
    let by_rule =
        |arn: &str| elb.rules.values().any(|rule| rule.listener == arn && rule.step.leads_to(group));
    elb.listeners
        .values()
        .filter(|listener| listener.step.leads_to(group) || by_rule(listener.arn()))
        .collect()
}
