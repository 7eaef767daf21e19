//! The order of rules.

use std::collections::BTreeMap;

use super::noun::{Noun, invalid};
use super::rule::Rule;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] =
    &[write("SetRulePriorities", set, "RulePriorities! RulePriorities.N.RuleArn RulePriorities.N.Priority")];

/// A priority that a rule can have.
///
/// # Errors
/// `ValidationError`.
pub fn read(text: &str) -> Result<u32> {
    let number = text.parse::<u32>().ok().filter(|number| (1..=50_000).contains(number));
    number.ok_or_else(|| invalid(format!("Priority '{text}' must be between 1 and 50000")))
}

/// Sets several at once, so that rules may change places.
fn set(call: &mut Call<'_>) -> Result<Reply> {
    let mut wanted: BTreeMap<&str, u32> = BTreeMap::new();
    for item in call.params.items("RulePriorities") {
        let arn = item.text("RuleArn").unwrap_or_default();
        call.balanced::<Rule>(arn)?;
        wanted.insert(arn, read(item.text("Priority").unwrap_or_default())?);
    }
    for rule in call.region.elbv2.rules.values_mut() {
        rule.priority = wanted.get(rule.arn()).copied().or(rule.priority);
    }
    let rules: Vec<&Rule> = call.region.elbv2.rules.values().collect();
    for rule in rules.iter().filter(|rule| wanted.contains_key(rule.arn())) {
        let alike = |other: &&&Rule| other.listener == rule.listener && other.priority == rule.priority;
        if rules.iter().filter(alike).count() > 1 {
            let number = rule.priority.unwrap_or_default();
            return Err(AwsError::new("PriorityInUse", format!("Priority '{number}' is currently in use")));
        }
    }
    let nodes: Vec<Node> = rules
        .into_iter()
        .filter(|rule| wanted.contains_key(rule.arn()))
        .map(|rule| rule.show(call.view()))
        .collect();
    Ok(Node::new().named_list("Rules", "member", nodes).into())
}
