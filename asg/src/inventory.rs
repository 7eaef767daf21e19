//! What there is of a component.
//!
//! Group, launch template and target group are found by their unique names, side by side. ELB has no filter for tags: those of the
//! target group and of its rules, its attributes and the health of its targets are told by ARN, which is a second round trip, unless
//! the document carries the ARNs: then both are asked for at once, and what was told by ARN counts only where the name leads to the
//! same ARN.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_autoscaling::types::{Activity, AutoScalingGroup, InstanceRefresh, ScalingPolicy};
use aws_sdk_ec2::types::{LaunchTemplate, LaunchTemplateVersion};
use aws_sdk_elasticloadbalancingv2::types::{Rule, Tag, TargetGroup, TargetHealthDescription};
use common::call::{Call as _, all, both};
use common::fault::{Several, is_missing};
use common::identity::Identity;
use common::section::{Component, Named};
use common::session::Session;

use crate::balancer::{self, Balancer};
use crate::names::Names;
use crate::ownership::{elb_value, group_value, is_ours};
use crate::section::SECTION;
use crate::{group, launch_template, policy, refresh, target_group};

/// ARNs that one call of `DescribeTags` takes.
const ARNS_A_CALL: usize = 20;

/// Everything of one component, whoever made it.
#[derive(Debug, Clone, Default)]
pub struct Found {
    pub group: Option<AutoScalingGroup>,
    pub policies: Vec<ScalingPolicy>,
    /// The newest first.
    pub refreshes: Vec<InstanceRefresh>,
    /// The newest first.
    pub activities: Vec<Activity>,
    pub template: Option<LaunchTemplate>,
    /// The newest first.
    pub versions: Vec<LaunchTemplateVersion>,
    pub target_group: Option<Target>,
    pub rules: Vec<OwnRule>,
    pub health: Vec<TargetHealthDescription>,
    pub balancer: Option<Balancer>,
}

/// A target group with what is told by its ARN.
#[derive(Debug, Clone)]
pub struct Target {
    pub found: TargetGroup,
    pub tags: Vec<Tag>,
    pub attributes: BTreeMap<String, String>,
}

impl Target {
    pub fn arn(&self) -> Option<&str> {
        self.found.target_group_arn()
    }
}

/// A rule that sends requests to the component.
#[derive(Debug, Clone)]
pub struct OwnRule {
    pub rule: Rule,
    pub listener: String,
    pub tags: Vec<Tag>,
}

impl Found {
    pub fn is_group_ours(&self, identity: &Identity) -> bool {
        self.group.as_ref().is_some_and(|it| is_ours(identity, |key| group_value(it.tags(), key)))
    }

    pub fn is_template_ours(&self, identity: &Identity) -> bool {
        let value = |it: &LaunchTemplate| {
            let tags = it.tags().to_vec();
            identity
                .own_tags()
                .iter()
                .all(|(key, wanted)| common::tags::ec2_value(&tags, key) == Some(wanted))
        };
        self.template.as_ref().is_some_and(value)
    }

    pub fn is_target_group_ours(&self, identity: &Identity) -> bool {
        self.target_group.as_ref().is_some_and(|it| is_ours(identity, |key| elb_value(&it.tags, key)))
    }

    /// The version of this number.
    pub fn version(&self, number: i64) -> Option<&LaunchTemplateVersion> {
        self.versions.iter().find(|version| version.version_number() == Some(number))
    }
}

/// What the document says of the components.
///
/// # Errors
/// A document fault where the section is not well formed.
pub fn piped(session: &Session) -> Result<Named<Component>> {
    Ok(session.section::<Named<Component>>(SECTION)?.unwrap_or_default())
}

/// Everything of a component. `balancer` is the load balancer by name, where that is known; otherwise it is the one that the target
/// group is behind.
///
/// # Errors
/// AWS's refusal; not found where the load balancer is named and not there.
pub async fn read(session: &Session, names: &Names, balancer: Option<&str>) -> Result<Found> {
    let piped = piped(session)?.get(&names.name).cloned().unwrap_or_default();
    let target = target_group::look(session, names);
    let routing = both(named_balancer(session, balancer), piped_details(session, &piped));
    let of_scaling = both(of_group(session, names), of_template(session, names));
    let (scaling, (target, (balancer, told))) = both(of_scaling, both(target, routing)).await?;
    let ((group, policies, refreshes, activities), (template, versions)) = scaling;
    let mut found = Found { group, policies, refreshes, activities, template, versions, ..Found::default() };
    if let Some(target) = target {
        with_routing(session, &mut found, target, balancer, told).await?;
    } else {
        found.balancer = balancer;
    }
    Ok(found)
}

async fn named_balancer(session: &Session, name: Option<&str>) -> Result<Option<Balancer>> {
    match name {
        Some(name) => balancer::named(session, name).await.map(Some),
        None => Ok(None),
    }
}

type OfGroup = (Option<AutoScalingGroup>, Vec<ScalingPolicy>, Vec<InstanceRefresh>, Vec<Activity>);

async fn of_group(session: &Session, names: &Names) -> Result<OfGroup> {
    let history = both(refresh::list(session, names), group::activities(session, names));
    let both = both(both(group::look(session, names), policy::list(session, names)), history);
    let ((group, policies), (refreshes, activities)) = both.await?;
    Ok((group, policies, refreshes, activities))
}

async fn of_template(
    session: &Session,
    names: &Names,
) -> Result<(Option<LaunchTemplate>, Vec<LaunchTemplateVersion>)> {
    both(launch_template::look(session, names), launch_template::versions(session, names)).await
}

/// What is told by ARN.
#[derive(Default)]
struct Told {
    tags: BTreeMap<String, Vec<Tag>>,
    attributes: BTreeMap<String, String>,
    health: Vec<TargetHealthDescription>,
}

/// By the ARNs in the document. None where it has none or they lead nowhere any more.
async fn piped_details(session: &Session, piped: &Component) -> Result<Option<Told>> {
    let Some(target) = piped.target_group.as_ref().and_then(|it| it.arn.as_deref()) else {
        return Ok(None);
    };
    let rule = piped.rule.as_ref().and_then(|rule| rule.arn.as_deref());
    match told(session, target, rule.into_iter().collect()).await {
        Ok(told) => Ok(Some(told)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether all that failed did so because what was named is not there.
fn is_gone(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<Several>() {
        Some(several) => several.0.iter().all(is_gone),
        None => is_missing(error),
    }
}

async fn told(session: &Session, target: &str, rules: Vec<&str>) -> Result<Told> {
    let arns: Vec<&str> = [target].into_iter().chain(rules).collect();
    let details = both(target_group::attributes(session, target), target_group::health(session, target));
    let (tags, (attributes, health)) = both(tags(session, &arns), details).await?;
    Ok(Told { tags, attributes, health })
}

async fn tags(session: &Session, arns: &[&str]) -> Result<BTreeMap<String, Vec<Tag>>> {
    let read = all(arns.chunks(ARNS_A_CALL).map(async |arns| {
        let arns = arns.iter().map(|arn| (*arn).to_owned()).collect();
        let call = session.aws.elasticloadbalancingv2().describe_tags().set_resource_arns(Some(arns));
        call.send().await.cannot("read the tags of the target group and its rules")
    }))
    .await?;
    let described = read.into_iter().flat_map(|answer| answer.tag_descriptions.unwrap_or_default());
    Ok(described.filter_map(|it| Some((it.resource_arn?, it.tags.unwrap_or_default()))).collect())
}

/// Adds the target group with its rules. `known` is what the document's ARNs told.
async fn with_routing(
    session: &Session,
    found: &mut Found,
    target: TargetGroup,
    named: Option<Balancer>,
    known: Option<Told>,
) -> Result<()> {
    let arn = target.target_group_arn().unwrap_or_default().to_owned();
    let behind = target.load_balancer_arns().first().cloned();
    let balancer = match (named, &behind) {
        (Some(balancer), _) => Some(balancer),
        (None, Some(behind)) => Some(balancer::with_arn(session, behind).await?),
        (None, None) => None,
    };
    let to_here: Vec<(String, Rule)> = balancer
        .iter()
        .flat_map(|it| it.rules_to(&arn))
        .map(|(listener, rule)| (listener.to_owned(), rule.clone()))
        .collect();
    let rules: Vec<&str> = to_here.iter().filter_map(|(_, rule)| rule.rule_arn()).collect();
    let is_known = |told: &Told| [arn.as_str()].iter().chain(&rules).all(|it| told.tags.contains_key(*it));
    let mut told = match known.filter(is_known) {
        Some(known) => known,
        None => told(session, &arn, rules).await?,
    };
    found.rules = to_here
        .into_iter()
        .map(|(listener, rule)| {
            let tags = told.tags.remove(rule.rule_arn().unwrap_or_default()).unwrap_or_default();
            OwnRule { rule, listener, tags }
        })
        .collect();
    let tags = told.tags.remove(&arn).unwrap_or_default();
    found.target_group = Some(Target { found: target, tags, attributes: told.attributes });
    found.health = told.health;
    found.balancer = balancer;
    Ok(())
}

/// The components of this environment of which something is there and ours: a run that was killed may have left one without its group.
///
/// # Errors
/// AWS's refusal.
pub async fn names(session: &Session) -> Result<Vec<Names>> {
    let of_scaling = both(group::own_names(session), launch_template::own_names(session));
    let (of_scaling, targets) = both(of_scaling, target_group::named_like_ours(session)).await?;
    let mut names = [of_scaling.0, of_scaling.1, targets].concat();
    names.sort();
    names.dedup();
    Ok(names)
}
