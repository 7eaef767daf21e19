//! The load balancer a component is behind: its listeners and their rules.

use anyhow::Result;
use aws_sdk_elasticloadbalancingv2::types::{ForwardActionConfig, Listener, ProtocolEnum, Rule};
use common::call::{Call as _, all, both};
use common::fault::{Fault, is_missing};
use common::section::{self, LoadBalancer};
use common::session::Session;

use crate::mark::RuleArn;
use crate::names;

/// A load balancer.
#[derive(Debug, Clone, Default)]
pub struct Balancer {
    /// None in a planned document.
    pub arn: Option<String>,
    pub listeners: Vec<Listening>,
}

/// A listener with its rules.
#[derive(Debug, Clone)]
pub struct Listening {
    pub arn: String,
    pub is_https: bool,
    pub rules: Vec<Rule>,
}

impl Balancer {
    /// The listener that serves: the one for HTTPS where there is one, because the other redirects to it then.
    pub fn serving(&self) -> Option<&Listening> {
        self.listeners.iter().find(|it| it.is_https).or_else(|| self.listeners.first())
    }

    /// The rules that send requests to a target group, each with its listener.
    pub fn rules_to<'a>(&'a self, target_group: &'a str) -> impl Iterator<Item = (&'a str, &'a Rule)> {
        self.listeners.iter().flat_map(move |listening| {
            let to = listening.rules.iter().filter(move |rule| leads_to(rule, target_group));
            to.map(|rule| (listening.arn.as_str(), rule))
        })
    }
}

/// Whether a rule sends requests to a target group.
pub fn leads_to(rule: &Rule, target_group: &str) -> bool {
    rule.actions().iter().any(|action| {
        let many = action.forward_config().map(ForwardActionConfig::target_groups).unwrap_or_default();
        action.target_group_arn() == Some(target_group)
            || many.iter().any(|it| it.target_group_arn() == Some(target_group))
    })
}

/// A load balancer by its name, as far as one look goes.
pub enum Named {
    /// None was named.
    Not,
    /// It is there: its listeners are asked for by its ARN.
    Arn(String),
    /// The document names its listeners.
    Whole(Balancer),
}

impl Named {
    pub fn is_whole(&self) -> bool {
        matches!(self, Self::Whole(_))
    }

    /// With its listeners and their rules.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn whole(self, session: &Session) -> Result<Option<Balancer>> {
        match self {
            Self::Not => Ok(None),
            Self::Arn(arn) => with_arn(session, &arn).await.map(Some),
            Self::Whole(balancer) => Ok(Some(balancer)),
        }
    }
}

/// Whether the document tells of a load balancer.
pub fn is_piped(session: &Session, name: &str) -> bool {
    let piped = session.section::<section::Named<LoadBalancer>>("alb");
    piped.is_ok_and(|piped| piped.is_some_and(|piped| piped.contains_key(name)))
}

/// The load balancer of this name, from the document or else from AWS.
///
/// # Errors
/// Not found, naming the command to run first; AWS's refusal.
pub async fn look(session: &Session, name: Option<&str>) -> Result<Named> {
    let Some(name) = name else {
        return Ok(Named::Not);
    };
    let piped = session.section::<section::Named<LoadBalancer>>("alb")?.unwrap_or_default();
    if let Some(piped) = piped.get(name) {
        return piped_one(session, name, piped).await.map(Named::Whole);
    }
    let full = names::balancer(&session.identity, name);
    let call = session.aws.elasticloadbalancingv2().describe_load_balancers().names(&full);
    let found = match call.send().await.cannot(format_args!("look up the load balancer {full}")) {
        Ok(answer) => answer.load_balancers.and_then(|found| found.into_iter().next()),
        Err(error) if is_missing(&error) => None,
        Err(error) => return Err(error),
    };
    let arn = found.and_then(|found| found.load_balancer_arn);
    arn.map(Named::Arn).ok_or_else(|| absent(name, &full).into())
}

/// The document names the listeners, which saves looking for them.
async fn piped_one(session: &Session, name: &str, piped: &LoadBalancer) -> Result<Balancer> {
    let named = [(&piped.listeners.http, false), (&piped.listeners.https, true)];
    let named = named.into_iter().filter_map(|(arn, is_https)| Some((arn.as_deref()?, is_https)));
    let read = all(named.map(|(arn, is_https)| listening(session, arn, is_https))).await;
    let listeners = match read {
        Err(error) if is_missing(&error) => {
            let full = piped.name.as_deref().unwrap_or(name);
            return Err(error.context(absent(name, full)));
        }
        other => other?,
    };
    Ok(Balancer { arn: piped.arn.clone(), listeners })
}

fn absent(name: &str, full: &str) -> Fault {
    Fault::not_found(format!("there is no load balancer {full}"))
        .hint(format!("run `alb create {name}` first"))
}

/// The load balancer of this ARN.
///
/// # Errors
/// AWS's refusal.
pub async fn with_arn(session: &Session, arn: &str) -> Result<Balancer> {
    let found = listeners(session, arn).await?;
    let read = found.iter().filter_map(|it| Some((it.listener_arn()?, it.protocol())));
    let listeners =
        all(read.map(|(arn, protocol)| listening(session, arn, protocol == Some(&ProtocolEnum::Https))))
            .await?;
    Ok(Balancer { arn: Some(arn.to_owned()), listeners })
}

/// The load balancer of a rule that is known, in one round trip, with the rules of that rule's listener only. None where that listener
/// is not the one that serves, or where it has no such rule any more: then there is more to read.
///
/// # Errors
/// AWS's refusal.
pub async fn of_rule(session: &Session, rule: &RuleArn) -> Result<Option<Balancer>> {
    let (arn, listener) = (rule.balancer(), rule.listener());
    let (found, rules) = both(listeners(session, &arn), rules(session, &listener)).await?;
    let is_there = rules.iter().any(|it| it.rule_arn() == Some(rule.as_str()));
    let listeners = found.iter().filter_map(|it| {
        let arn = it.listener_arn()?.to_owned();
        let rules = if arn == listener { rules.clone() } else { Vec::new() };
        Some(Listening { arn, is_https: it.protocol() == Some(&ProtocolEnum::Https), rules })
    });
    let balancer = Balancer { arn: Some(arn), listeners: listeners.collect() };
    let serves = balancer.serving().is_some_and(|it| it.arn == listener);
    Ok((is_there && serves).then_some(balancer))
}

/// The listeners of a load balancer, by port.
async fn listeners(session: &Session, arn: &str) -> Result<Vec<Listener>> {
    let call = session.aws.elasticloadbalancingv2().describe_listeners().load_balancer_arn(arn);
    let pages = call.into_paginator().items().send().try_collect().await;
    let mut found: Vec<Listener> = pages.cannot(format_args!("look up the listeners of {arn}"))?;
    found.sort_by_key(Listener::port);
    Ok(found)
}

async fn listening(session: &Session, arn: &str, is_https: bool) -> Result<Listening> {
    Ok(Listening { arn: arn.to_owned(), is_https, rules: rules(session, arn).await? })
}

/// The rules of a listener.
///
/// # Errors
/// AWS's refusal.
pub async fn rules(session: &Session, listener: &str) -> Result<Vec<Rule>> {
    let call = session.aws.elasticloadbalancingv2().describe_rules().listener_arn(listener);
    let pages = call.into_paginator().items().send().try_collect().await;
    pages.cannot(format_args!("look up the rules of {listener}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_listener_for_https_serves_where_there_is_one() {
        let listening = |arn: &str, is_https| Listening { arn: arn.into(), is_https, rules: Vec::new() };
        let mut balancer = Balancer { arn: None, listeners: vec![listening("http", false)] };
        assert_eq!(balancer.serving().map(|it| it.arn.as_str()), Some("http"));
        balancer.listeners.push(listening("https", true));
        assert_eq!(balancer.serving().map(|it| it.arn.as_str()), Some("https"));
    }
}
