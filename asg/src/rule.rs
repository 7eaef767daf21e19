//! The listener rule: which requests a component gets.

use anyhow::{Context as _, Result};
use aws_sdk_elasticloadbalancingv2::types::{
    Action, ActionTypeEnum, HostHeaderConditionConfig, PathPatternConditionConfig, Rule, RuleCondition,
};
use common::call::{Call as _, all};
use common::fault::{Fault, is_code, is_missing};
use common::session::Session;
use common::tags::elb_tags;
use common::wait::while_missing;

use crate::balancer::{self, Listening, leads_to};
use crate::inventory::OwnRule;
use crate::names::Names;
use crate::priority;

/// How often a priority that another run has taken meanwhile is picked again.
const PICKS: u32 = 20;

/// A rule as it is to be.
pub struct Wanted<'a> {
    pub names: &'a Names,
    /// None in a dry run.
    pub target_group: Option<&'a str>,
    pub listening: Option<&'a Listening>,
    pub tags: Vec<(String, String)>,
    pub hosts: Vec<String>,
    pub paths: Vec<String>,
}

impl Wanted<'_> {
    /// Makes the rule or brings it in line. Rules on other listeners go: they are left from before there was HTTPS. None where it is
    /// only planned.
    ///
    /// # Errors
    /// A conflict where the conditions are another's or no priority is free; AWS's refusal.
    pub async fn converge(&self, session: &Session, found: &[OwnRule]) -> Result<Option<Rule>> {
        let listener = self.listening.map(|it| it.arn.as_str());
        let here = found.iter().filter(|it| Some(it.listener.as_str()) == listener);
        let mut here: Vec<&OwnRule> = here.collect();
        here.sort_by_key(|it| (!self.fits(&it.rule), priority_of(&it.rule)));
        let kept = here.first().copied();
        let rule = match kept {
            Some(kept) if self.fits(&kept.rule) => Some(kept.rule.clone()),
            Some(kept) => self.change(session, &kept.rule).await?,
            None => self.make(session).await?,
        };
        let kept = kept.and_then(|it| it.rule.rule_arn());
        let others = found.iter().filter(|it| it.rule.rule_arn() != kept);
        all(others.map(|it| delete(session, self.names, &it.rule))).await?;
        Ok(rule)
    }

    fn fits(&self, rule: &Rule) -> bool {
        let same = |has: Vec<String>, wanted: &[String]| {
            has.len() == wanted.len() && wanted.iter().all(|it| has.contains(it))
        };
        same(hosts(rule), &self.hosts) && same(paths(rule), &self.paths)
    }

    fn words(&self) -> String {
        let words: Vec<&str> = self.hosts.iter().chain(&self.paths).map(String::as_str).collect();
        format!("rule of {} for {}", self.names, words.join(", "))
    }

    fn conditions(&self) -> Vec<RuleCondition> {
        let host = HostHeaderConditionConfig::builder().set_values(Some(self.hosts.clone())).build();
        let path = PathPatternConditionConfig::builder().set_values(Some(self.paths.clone())).build();
        let host = RuleCondition::builder().field("host-header").host_header_config(host).build();
        let path = RuleCondition::builder().field("path-pattern").path_pattern_config(path).build();
        let host = (!self.hosts.is_empty()).then_some(host);
        host.into_iter().chain((!self.paths.is_empty()).then_some(path)).collect()
    }

    async fn change(&self, session: &Session, found: &Rule) -> Result<Option<Rule>> {
        let call = async {
            let call = session.aws.elasticloadbalancingv2().modify_rule();
            call.set_rule_arn(found.rule_arn().map(str::to_owned))
                .set_conditions(Some(self.conditions()))
                .send()
                .await
                .cannot(format_args!("change the rule of {}", self.names))
        };
        let changed = session.change(self.words(), call).await?;
        Ok(changed.and_then(|answer| answer.rules?.into_iter().next()).or_else(|| Some(found.clone())))
    }

    async fn make(&self, session: &Session) -> Result<Option<Rule>> {
        let mut made = None;
        let create = async {
            let rule = self.create(session).await?;
            let id = format!("priority {}", rule.priority().unwrap_or("unknown"));
            made = Some(rule);
            Ok(id)
        };
        session.make(self.words(), create).await?;
        Ok(made)
    }

    /// Creates it with a priority that is free. Where that is taken by now, by another component or by an answer that was lost, the
    /// rules are read again.
    async fn create(&self, session: &Session) -> Result<Rule> {
        let listening = self.listening.context("there is no listener for the rule")?;
        let target_group = self.target_group.context("there is no target group for the rule")?;
        let mut rules = listening.rules.clone();
        for _ in 0..PICKS {
            if let Some(own) = rules.iter().find(|rule| leads_to(rule, target_group) && self.fits(rule)) {
                return Ok(own.clone());
            }
            let taken: Vec<i32> = rules.iter().filter_map(priority_of).collect();
            let priority = priority::free(&self.hosts, &self.paths, &taken).ok_or_else(|| self.full())?;
            match self.put(session, &listening.arn, target_group, priority).await {
                Err(error) if is_code(&error, &["PriorityInUse"]) => {
                    rules = balancer::rules(session, &listening.arn).await?;
                    // A rule so new that it is not listed yet: another priority is as good.
                    if !rules.iter().filter_map(priority_of).any(|it| it == priority) {
                        rules.push(Rule::builder().priority(priority.to_string()).build());
                    }
                }
                other => return other,
            }
        }
        Err(self.full().into())
    }

    fn full(&self) -> Fault {
        Fault::conflict(format!("no priority is free for the {}", self.words()))
            .hint("see `alb rules` for what is there")
    }

    async fn put(
        &self,
        session: &Session,
        listener: &str,
        target_group: &str,
        priority: i32,
    ) -> Result<Rule> {
        let action = Action::builder().r#type(ActionTypeEnum::Forward).target_group_arn(target_group).build();
        let answer = while_missing(session, async || {
            let call = session.aws.elasticloadbalancingv2().create_rule().listener_arn(listener);
            call.priority(priority)
                .set_conditions(Some(self.conditions()))
                .actions(action.clone())
                .set_tags(Some(elb_tags(&self.tags)))
                .send()
                .await
                .cannot(format_args!("create the {}", self.words()))
        })
        .await?;
        answer.rules.and_then(|rules| rules.into_iter().next()).context("ELB named no rule")
    }
}

/// The hosts of a rule. AWS answers in the old shape and in the new one.
pub fn hosts(rule: &Rule) -> Vec<String> {
    values(rule, "host-header", |it| it.host_header_config().map(|it| it.values().to_vec()))
}

/// The paths of a rule.
pub fn paths(rule: &Rule) -> Vec<String> {
    values(rule, "path-pattern", |it| it.path_pattern_config().map(|it| it.values().to_vec()))
}

fn values(rule: &Rule, field: &str, new: impl Fn(&RuleCondition) -> Option<Vec<String>>) -> Vec<String> {
    let conditions = rule.conditions().iter().filter(|it| it.field() == Some(field));
    conditions
        .flat_map(|it| new(it).filter(|values| !values.is_empty()).unwrap_or_else(|| it.values().to_vec()))
        .collect()
}

/// The priority of a rule; the default one has none.
pub fn priority_of(rule: &Rule) -> Option<i32> {
    rule.priority()?.parse().ok()
}

/// Deletes a rule.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, names: &Names, rule: &Rule) -> Result<()> {
    let words = [hosts(rule), paths(rule)].concat().join(", ");
    let call = async {
        let call = session.aws.elasticloadbalancingv2().delete_rule();
        let answer = call.set_rule_arn(rule.rule_arn().map(str::to_owned)).send().await;
        match answer.cannot(format_args!("delete the rule of {names}")) {
            Err(error) if is_missing(&error) => Ok(()),
            other => other.map(|_| ()),
        }
    };
    session.delete(format_args!("rule of {names} for {words}"), call).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::identity::Identity;

    #[test]
    fn a_rule_fits_in_either_shape_of_its_conditions() {
        let identity = Identity::new("expense", "dev", std::collections::BTreeMap::new()).unwrap();
        let names = Names::new(&identity, "backend");
        let mut wanted = Wanted {
            names: &names,
            target_group: None,
            listening: None,
            tags: Vec::new(),
            hosts: vec!["a.example.com".into()],
            paths: vec!["/a*".into()],
        };
        let old = RuleCondition::builder().field("path-pattern").values("/a*").build();
        let new = wanted.conditions().remove(0);
        let rule = Rule::builder().conditions(old).conditions(new).build();
        assert!(wanted.fits(&rule));
        wanted.paths.clear();
        assert!(!wanted.fits(&rule));
    }
}
