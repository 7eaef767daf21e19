//! `alb rules`: what is routed where.

use anyhow::Result;
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, ForwardActionConfig, HostHeaderConditionConfig, PathPatternConditionConfig, Rule,
    RuleCondition,
};
use common::call::all;
use common::fault::Fault;
use common::session::Session;
use common::table::columns;
use serde::Serialize;

use crate::cli::{Format, Listing};
use crate::inventory::{self, Balancer};
use crate::listener;
use crate::names::Names;

/// A rule, as JSON has it.
#[derive(Debug, Serialize)]
struct Row {
    load_balancer: String,
    port: i32,
    /// `default` for what no other rule takes.
    priority: String,
    hosts: Vec<String>,
    paths: Vec<String>,
    /// Fields of conditions other than host and path.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_conditions: Vec<String>,
    /// `forward`, `redirect`, `fixed-response`, or one that authenticates.
    action: String,
    /// Where it goes: target groups by name, a URL, or a status code.
    target: String,
}

pub async fn rules(session: &Session, flags: &Listing) -> Result<()> {
    let balancers = chosen(session, flags).await?;
    let listeners = balancers.iter().flat_map(|(names, balancer)| {
        let mut listeners: Vec<_> = balancer.listeners.iter().collect();
        listeners.sort_by_key(|listener| listener.port());
        listeners.into_iter().map(move |listener| (names, listener))
    });
    let rows = all(listeners.map(async |(names, listener)| {
        let port = listener.port().unwrap_or_default();
        let rules = listener::rules(session, listener.listener_arn().unwrap_or_default()).await?;
        Ok(rules.iter().map(|rule| row(names, port, rule)).collect::<Vec<_>>())
    }))
    .await?;
    let rows: Vec<Row> = rows.into_iter().flatten().collect();
    session.print(&match flags.format {
        Format::Json => serde_json::to_string_pretty(&rows)? + "\n",
        Format::Table => table(&rows),
    })
}

/// What a listing is of.
///
/// # Errors
/// Not found where there is nothing to list; AWS's refusal.
pub async fn chosen(session: &Session, flags: &Listing) -> Result<Vec<(Names, Balancer)>> {
    let balancers = session.inventory(inventory::chosen(session, flags.name.as_deref())).await?;
    if balancers.is_empty() {
        let what = match &flags.name {
            Some(name) => format!("there is no {}", Names::new(&session.identity, name)),
            None => format!("{} has no load balancer", session.identity.base()),
        };
        return Err(Fault::not_found(what).hint("run `alb create` first").into());
    }
    Ok(balancers)
}

fn row(names: &Names, port: i32, rule: &Rule) -> Row {
    let conditions = rule.conditions();
    let of = |field: &str| {
        let of_field = conditions.iter().filter(|it| it.field() == Some(field));
        of_field.flat_map(values).collect::<Vec<String>>()
    };
    let others = conditions.iter().filter_map(RuleCondition::field);
    let others = others.filter(|field| !["host-header", "path-pattern"].contains(field));
    // What authenticates comes before what answers.
    let last = rule.actions().iter().max_by_key(|action| action.order());
    Row {
        load_balancer: names.name.clone(),
        port,
        priority: rule.priority().unwrap_or_default().to_owned(),
        hosts: of("host-header"),
        paths: of("path-pattern"),
        other_conditions: others.map(str::to_owned).collect(),
        action: last.and_then(Action::r#type).map_or("", ActionTypeEnum::as_str).to_owned(),
        target: last.map(target).unwrap_or_default(),
    }
}

/// AWS answers both in the old shape and in the new one.
fn values(condition: &RuleCondition) -> Vec<String> {
    let of_host = condition.host_header_config().map(HostHeaderConditionConfig::values);
    let of_path = condition.path_pattern_config().map(PathPatternConditionConfig::values);
    let values = of_host.or(of_path).unwrap_or_default();
    if values.is_empty() { condition.values().to_vec() } else { values.to_vec() }
}

fn target(action: &Action) -> String {
    if let Some(to) = action.redirect_config() {
        let part = |text: Option<&str>, default: &str| text.unwrap_or(default).to_owned();
        return format!("{}:{}", part(to.protocol(), "#{protocol}"), part(to.port(), "#{port}"));
    }
    if let Some(answer) = action.fixed_response_config() {
        return answer.status_code().unwrap_or_default().to_owned();
    }
    let groups = action.forward_config().map(ForwardActionConfig::target_groups).unwrap_or_default();
    let mut names: Vec<&str> =
        groups.iter().filter_map(|it| it.target_group_arn()).filter_map(target_group).collect();
    if names.is_empty() {
        names.extend(action.target_group_arn().and_then(target_group));
    }
    names.join(", ")
}

/// `expense-dev-backend` from `arn:…:targetgroup/expense-dev-backend/0123456789abcdef`.
fn target_group(arn: &str) -> Option<&str> {
    arn.split_once(":targetgroup/")?.1.split('/').next()
}

fn table(rows: &[Row]) -> String {
    let heading = ["LOAD BALANCER", "PORT", "PRIORITY", "HOST", "PATH", "TO"].map(str::to_owned);
    let or_any = |values: &[String]| if values.is_empty() { "*".to_owned() } else { values.join(", ") };
    let lines = rows.iter().map(|row| {
        let action = if row.action == "forward" { "" } else { &row.action };
        let mut to = format!("{action} {}", row.target).trim().to_owned();
        if !row.other_conditions.is_empty() {
            to = format!("{to} if {}", row.other_conditions.join(", "));
        }
        [
            row.load_balancer.clone(),
            row.port.to_string(),
            row.priority.clone(),
            or_any(&row.hosts),
            or_any(&row.paths),
            to,
        ]
    });
    columns(&std::iter::once(heading).chain(lines).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::identity::Identity;

    #[test]
    fn a_rule_is_shown_by_host_path_and_target_group() {
        let identity = Identity::new("expense", "dev", std::collections::BTreeMap::new()).unwrap();
        let host = HostHeaderConditionConfig::builder().values("backend.app-dev.example.com").build();
        let host = RuleCondition::builder().field("host-header").host_header_config(host).build();
        let path = RuleCondition::builder().field("path-pattern").values("/api/*").build();
        let arn = "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/expense-dev-backend/0123456789abcdef";
        let action = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(arn).build();
        let rule = Rule::builder().priority("10").conditions(host).conditions(path).actions(action).build();
        let row = row(&Names::new(&identity, "app"), 80, &rule);
        let text = table(&[row]);
        let line = "app            80    10        backend.app-dev.example.com  /api/*  expense-dev-backend";
        assert_eq!(text.lines().nth(1), Some(line));
    }
}
