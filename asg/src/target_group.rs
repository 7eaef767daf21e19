//! The target group: where the load balancer sends a component's requests, and how it checks who is healthy.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, Result};
use aws_sdk_elasticloadbalancingv2::types::{
    ProtocolEnum, Tag, TargetGroup, TargetGroupAttribute, TargetHealthDescription, TargetTypeEnum,
};
use common::call::{Call as _, all};
use common::converge::{Resource, Unique};
use common::fault::{Fault, is_missing};
use common::identity::Identity;
use common::session::Session;
use common::tags::elb_tags;
use common::wait::while_missing;

use crate::cli::Create;
use crate::inventory::Target;
use crate::names::Names;
use crate::ownership::{elb_value, is_ours};

/// Seconds between two checks, seconds until a check has failed, and the checks in a row that make a target healthy or not: a target
/// that died is out after 20 s.
const INTERVAL: i32 = 10;
const PATIENCE: i32 = 5;
const CHECKS: i32 = 2;

/// For how long connections may end. The API's own default is 300 s, for which every deployment would wait.
const DRAINING: (&str, &str) = ("deregistration_delay.timeout_seconds", "30");

const ALGORITHM: &str = "load_balancing.algorithm.type";

/// A target group as it is to be.
pub struct Wanted<'a> {
    pub names: &'a Names,
    pub flags: &'a Create,
    /// None in a planned document.
    pub vpc: Option<&'a str>,
    pub tags: Vec<(String, String)>,
}

impl Wanted<'_> {
    fn path(&self) -> &str {
        self.flags.health.as_deref().unwrap_or("/")
    }

    fn new_path(&self, found: &TargetGroup) -> Option<&str> {
        self.flags.health.as_deref().filter(|path| found.health_check_path() != Some(path))
    }

    fn is_checked_otherwise(found: &TargetGroup) -> bool {
        found.health_check_interval_seconds() != Some(INTERVAL)
            || found.healthy_threshold_count() != Some(CHECKS)
            || found.unhealthy_threshold_count() != Some(CHECKS)
    }

    /// What AWS does not let anyone change.
    ///
    /// # Errors
    /// A conflict.
    pub fn check(&self, found: &TargetGroup) -> Result<()> {
        let port = self.flags.port.map(i32::from);
        let differs = if port.is_some() && found.port() != port {
            let (has, wanted) = (found.port().unwrap_or_default(), port.unwrap_or_default());
            format!("has the port {has} and cannot change to {wanted}")
        } else if found.protocol() != Some(&ProtocolEnum::Http) {
            format!("speaks {} and cannot change to HTTP", found.protocol().map_or("-", ProtocolEnum::as_str))
        } else if found.target_type() != Some(&TargetTypeEnum::Instance) {
            "is not for instances".to_owned()
        } else if let (Some(has), Some(wanted)) = (found.vpc_id(), self.vpc)
            && has != wanted
        {
            format!("is in {has}, the vpc is {wanted}")
        } else {
            return Ok(());
        };
        Err(Fault::conflict(format!("the {self} {differs}"))
            .hint(format!("delete it with `asg delete {}` first, or choose another NAME", self.names.name))
            .into())
    }

    /// The attributes that are to be set on it.
    fn attributes(&self, has: &BTreeMap<String, String>) -> Vec<(&'static str, &'static str)> {
        let algorithm = self.flags.algorithm.map(|it| (ALGORITHM, it.attribute()));
        let wanted = [DRAINING].into_iter().chain(algorithm);
        wanted.filter(|(key, value)| has.get(*key).map(String::as_str) != Some(value)).collect()
    }

    /// Sets the attributes that differ.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn set_attributes(&self, session: &Session, found: Option<&Target>) -> Result<()> {
        let none = BTreeMap::new();
        let set = self.attributes(found.map_or(&none, |it| &it.attributes));
        if set.is_empty() {
            return Ok(());
        }
        let words: Vec<String> = set.iter().map(|(key, value)| format!("{key} {value}")).collect();
        let attribute =
            |(key, value): &(&str, &str)| TargetGroupAttribute::builder().key(*key).value(*value).build();
        let call = while_missing(session, async || {
            let call = session.aws.elasticloadbalancingv2().modify_target_group_attributes();
            call.set_target_group_arn(found.and_then(Target::arn).map(str::to_owned))
                .set_attributes(Some(set.iter().map(attribute).collect()))
                .send()
                .await
                .cannot(format_args!("set the attributes of the {self}"))
        });
        session.change(format_args!("{self}: {}", words.join(", ")), call).await?;
        Ok(())
    }
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "target group {}", self.names.target_group)
    }
}

impl Resource for Wanted<'_> {
    type Found = Target;

    fn id(found: &Target) -> String {
        found.found.target_group_name().unwrap_or_default().to_owned()
    }

    fn amendments(&self, found: &Target) -> Result<Vec<String>> {
        self.check(&found.found)?;
        let mut amendments = Vec::new();
        if let Some(path) = self.new_path(&found.found) {
            amendments.push(format!("health check {path}"));
        }
        if Self::is_checked_otherwise(&found.found) {
            amendments.push(format!("a check every {INTERVAL} s, {CHECKS} in a row count"));
        }
        Ok(amendments)
    }

    async fn create(&self, session: &Session) -> Result<Target> {
        let answer = while_missing(session, async || {
            let call = session.aws.elasticloadbalancingv2().create_target_group();
            call.name(&self.names.target_group)
                .protocol(ProtocolEnum::Http)
                .set_port(self.flags.port.map(i32::from))
                .set_vpc_id(self.vpc.map(str::to_owned))
                .target_type(TargetTypeEnum::Instance)
                .health_check_enabled(true)
                .health_check_protocol(ProtocolEnum::Http)
                .health_check_path(self.path())
                .health_check_interval_seconds(INTERVAL)
                .health_check_timeout_seconds(PATIENCE)
                .healthy_threshold_count(CHECKS)
                .unhealthy_threshold_count(CHECKS)
                .set_tags(Some(elb_tags(&self.tags)))
                .send()
                .await
                .cannot(format_args!("create the {self}"))
        });
        let made = answer.await?.target_groups.and_then(|made| made.into_iter().next());
        let found = made.context("ELB named no target group")?;
        Ok(Target { found, tags: elb_tags(&self.tags), attributes: BTreeMap::new() })
    }

    async fn amend(&self, session: &Session, mut found: Target) -> Result<Target> {
        let call = session.aws.elasticloadbalancingv2().modify_target_group();
        let answer = call
            .set_target_group_arn(found.arn().map(str::to_owned))
            .set_health_check_path(self.new_path(&found.found).map(str::to_owned))
            .health_check_interval_seconds(INTERVAL)
            .health_check_timeout_seconds(PATIENCE)
            .healthy_threshold_count(CHECKS)
            .unhealthy_threshold_count(CHECKS)
            .send()
            .await
            .cannot(format_args!("change the {self}"))?;
        if let Some(changed) = answer.target_groups.and_then(|changed| changed.into_iter().next()) {
            found.found = changed;
        }
        Ok(found)
    }
}

impl Unique for Wanted<'_> {
    const TAKEN: &'static [&'static str] = &["DuplicateTargetGroupName"];

    async fn look(&self, session: &Session) -> Result<Vec<Target>> {
        let Some(found) = look(session, self.names).await? else {
            return Ok(Vec::new());
        };
        let arn = found.target_group_arn().unwrap_or_default();
        let (tags, attributes) = common::call::both(tags(session, arn), attributes(session, arn)).await?;
        let is_ours = is_ours(&session.identity, |key| elb_value(&tags, key));
        Ok(is_ours.then_some(Target { found, tags, attributes }).into_iter().collect())
    }
}

/// The target group of this name, whoever made it.
///
/// # Errors
/// AWS's refusal.
pub async fn look(session: &Session, names: &Names) -> Result<Option<TargetGroup>> {
    let name = &names.target_group;
    let answer = session.aws.elasticloadbalancingv2().describe_target_groups().names(name).send().await;
    match answer.cannot(format_args!("look up the target group {name}")) {
        Ok(answer) => Ok(answer.target_groups.and_then(|found| found.into_iter().next())),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn tags(session: &Session, arn: &str) -> Result<Vec<Tag>> {
    let answer = session.aws.elasticloadbalancingv2().describe_tags().resource_arns(arn).send().await;
    let described =
        answer.cannot(format_args!("read the tags of {arn}"))?.tag_descriptions.unwrap_or_default();
    Ok(described.into_iter().flat_map(|it| it.tags.unwrap_or_default()).collect())
}

/// The attributes of a target group.
///
/// # Errors
/// AWS's refusal.
pub async fn attributes(session: &Session, arn: &str) -> Result<BTreeMap<String, String>> {
    let call = session.aws.elasticloadbalancingv2().describe_target_group_attributes().target_group_arn(arn);
    let answer = call.send().await.cannot(format_args!("read the attributes of {arn}"))?;
    let attributes = answer.attributes.unwrap_or_default();
    Ok(attributes.into_iter().filter_map(|it| Some((it.key?, it.value.unwrap_or_default()))).collect())
}

/// The health of the targets.
///
/// # Errors
/// AWS's refusal.
pub async fn health(session: &Session, arn: &str) -> Result<Vec<TargetHealthDescription>> {
    let call = session.aws.elasticloadbalancingv2().describe_target_health().target_group_arn(arn);
    let answer = call.send().await.cannot(format_args!("read the health of the targets of {arn}"))?;
    Ok(answer.target_health_descriptions.unwrap_or_default())
}

/// The components whose target group carries our tags.
///
/// # Errors
/// AWS's refusal.
pub async fn named_like_ours(session: &Session) -> Result<Vec<Names>> {
    let call = session.aws.elasticloadbalancingv2().describe_target_groups();
    let found = call.into_paginator().items().send().try_collect().await;
    let found: Vec<TargetGroup> = found.cannot("look up the target groups")?;
    let likely = found
        .iter()
        .filter(|it| it.target_group_name().is_some_and(|name| is_likely(&session.identity, name)));
    let arns = likely.filter_map(|it| it.target_group_arn());
    let told = all(arns.map(|arn| tags(session, arn))).await?;
    let own = told.iter().filter(|tags| is_ours(&session.identity, |key| elb_value(tags, key)));
    Ok(own.filter_map(|tags| Names::of_full(&session.identity, elb_value(tags, "Name")?)).collect())
}

/// Whether a target group of this name is worth a look at its tags: names that were cut begin like the others.
fn is_likely(identity: &Identity, name: &str) -> bool {
    let begin = Names::new(identity, "a").target_group;
    let begin: String = begin.chars().take(23).collect();
    name.starts_with(begin.trim_end_matches('a').trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_ours_is_worth_a_look() {
        for (project, environment) in
            [("expense", "dev"), ("internal", "dev"), ("a23456789012345678901-bc", "prod")]
        {
            let identity = Identity::new(project, environment, BTreeMap::new()).unwrap();
            for name in ["a", "backend", "a-name-of-20-letters"] {
                let names = Names::new(&identity, name);
                assert!(is_likely(&identity, &names.target_group), "{}", names.target_group);
            }
            assert!(!is_likely(&identity, "other"));
        }
    }
}
