//! The rules of listeners.

use super::condition::{self, Condition, condition_parameters};
use super::listener::Listener;
use super::load_balancer::LoadBalancer;
use super::noun::{Noun, invalid, kept};
use super::page::page;
use super::routing::{self, Step, action_parameters};
use super::rule_priority;
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::id;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateRule",
        create,
        concat!(
            "ListenerArn! Priority! Conditions! Actions! Tags.N.Key Tags.N.Value ",
            condition_parameters!(),
            " ",
            action_parameters!("Actions")
        ),
    ),
    read("DescribeRules", list, "ListenerArn RuleArns.N PageSize Marker"),
    write(
        "ModifyRule",
        modify,
        concat!("RuleArn! ", condition_parameters!(), " ", action_parameters!("Actions")),
    ),
    write("DeleteRule", delete, "RuleArn!"),
];

/// Rules a load balancer, default ones aside.
const QUOTA: usize = 100;

#[derive(Clone, Debug)]
pub struct Rule {
    pub meta: Meta,
    pub listener: String,
    /// None for a listener's default one.
    pub priority: Option<u32>,
    pub conditions: Vec<Condition>,
    pub step: Step,
}

impl Noun for Rule {
    const KIND: &'static str = "listener-rule";
    const WORD: &'static str = "Rule";
    const NOT_FOUND: &'static str = "RuleNotFound";

    kept!(rules);

    fn show(&self, _view: View<'_>) -> Node {
        Node::new()
            .put("RuleArn", self.arn())
            .put(
                "Priority",
                self.priority.map_or_else(|| "default".to_owned(), |priority| priority.to_string()),
            )
            .named_list("Conditions", "member", self.conditions.iter().map(Condition::show))
            .named_list("Actions", "member", [self.step.show()])
            .put("IsDefault", self.priority.is_none())
    }

    fn called(&self, view: View<'_>) -> String {
        let listener = view.region.elbv2.listeners.get(&self.listener);
        let name = listener.map(|listener| listener.called(view)).unwrap_or_default();
        format!("{name}:{}", self.priority.unwrap_or_default())
    }

    fn more(&self, _view: View<'_>) -> Node {
        Node::new().put("ListenerArn", &self.listener)
    }
}

/// Takes away the rules of a listener that is gone.
pub fn forget(region: &mut Region, listener: &str) {
    region.elbv2.rules.retain(|_, rule| rule.listener != listener);
}

/// The VPC that a listener is in.
fn vpc(call: &Call<'_>, listener: &Listener) -> Result<String> {
    Ok(call.balanced::<LoadBalancer>(&listener.load_balancer)?.vpc.clone())
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let listener = call.balanced::<Listener>(call.params.required("ListenerArn")?)?.clone();
    let priority = rule_priority::read(call.params.required("Priority")?)?;
    let conditions = condition::read(call)?;
    let step = routing::read(call, "Actions", &vpc(call, &listener)?)?;
    let others: Vec<&Rule> =
        call.region.elbv2.rules.values().filter(|rule| rule.listener == listener.arn()).collect();
    if others.iter().any(|rule| rule.priority == Some(priority)) {
        return Err(AwsError::new("PriorityInUse", format!("Priority '{priority}' is currently in use")));
    }
    if others.len() >= call.conditions.quota("rule", QUOTA) {
        return Err(AwsError::new("TooManyRules", "The maximum number of rules has been reached"));
    }
    let key = id::hex(&mut call.region.rng, 16);
    let arn = format!("{}/{key}", listener.arn().replacen(":listener/", ":listener-rule/", 1));
    let meta = call.balanced_meta(arn.clone())?;
    let listener = listener.meta.id;
    call.keep_balanced(Rule { meta, listener, priority: Some(priority), conditions, step });
    answer(call, &arn)
}

fn answer(call: &Call<'_>, arn: &str) -> Result<Reply> {
    let shown = call.balanced::<Rule>(arn)?.show(call.view());
    Ok(Node::new().named_list("Rules", "member", [shown]).into())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let arns = call.params.texts("RuleArns");
    let mut rules: Vec<Rule> = match call.params.text("ListenerArn") {
        Some(listener) if arns.is_empty() => {
            let listener = call.balanced::<Listener>(listener)?;
            let own = call.region.elbv2.rules.values().filter(|rule| rule.listener == listener.arn());
            own.cloned().chain([listener.default_rule()]).collect()
        }
        None if !arns.is_empty() => arns.iter().map(|arn| of_any_kind(call, arn)).collect::<Result<_>>()?,
        _ => return Err(invalid("Either a listener ARN or rule ARNs must be specified")),
    };
    // By priority, the default ones last.
    rules.sort_by_key(|rule| rule.priority.unwrap_or(u32::MAX));
    let page = page(call.params, rules)?;
    let nodes = page.items.into_iter().map(|rule| rule.show(call.view()));
    Ok(Node::new().named_list("Rules", "member", nodes).maybe("NextMarker", page.next).into())
}

/// A rule by ARN, a listener's default one among them.
fn of_any_kind(call: &Call<'_>, arn: &str) -> Result<Rule> {
    let mut defaults = call.region.elbv2.listeners.values().map(Listener::default_rule);
    match defaults.find(|rule| rule.arn() == arn) {
        Some(rule) => Ok(rule),
        None => call.balanced::<Rule>(arn).cloned(),
    }
}

/// Refuses a listener's default rule, which goes and changes with the listener.
fn changeable(call: &Call<'_>) -> Result<Rule> {
    let arn = call.params.required("RuleArn")?;
    let rule = of_any_kind(call, arn)?;
    if rule.priority.is_some() {
        return Ok(rule);
    }
    Err(AwsError::new("OperationNotPermitted", format!("Default rule '{arn}' cannot be modified or deleted")))
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let mut rule = changeable(call)?;
    if call.params.has("Conditions") {
        rule.conditions = condition::read(call)?;
    }
    if call.params.has("Actions") {
        let vpc = vpc(call, call.balanced::<Listener>(&rule.listener)?)?;
        rule.step = routing::read(call, "Actions", &vpc)?;
    }
    let arn = rule.meta.id.clone();
    call.keep_balanced(rule);
    answer(call, &arn)
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let rule = changeable(call)?;
    call.region.elbv2.rules.shift_remove(rule.arn());
    Ok(Node::new().into())
}
