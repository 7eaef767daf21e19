//! What there is of a component.
//!
//! Group, launch template and target group are found by their unique names, side by side. ELB has no filter for tags: those of the
//! target group and of its rules, its attributes and the health of its targets are told by ARN, which is a second round trip, unless
//! the document carries the ARNs: then both are asked for at once, and what was told by ARN counts only where the name leads to the
//! same ARN. Without a document it is the mark on the group that knows the ARNs ([`crate::mark`]).

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_autoscaling::types::{Activity, AutoScalingGroup, InstanceRefresh, ScalingPolicy};
use aws_sdk_ec2::types::{LaunchTemplate, LaunchTemplateVersion};
use aws_sdk_elasticloadbalancingv2::types::{Rule, Tag, TargetGroup, TargetHealthDescription};
use common::call::both;
use common::identity::Identity;
use common::section::{Component, Named};
use common::session::Session;

use crate::balancer::{self, Balancer};
use crate::mark::Known;
use crate::names::Names;
use crate::ownership::{elb_value, group_value, is_ours};
use crate::section::SECTION;
use crate::{group, launch_template, policy, refresh, routing, target_group};

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
    Box::pin(gather(session, names, balancer, None)).await
}

/// The same of a group that was found a moment ago: what it knows of its routing is asked for at once.
///
/// # Errors
/// AWS's refusal.
pub async fn of_found(session: &Session, names: &Names, group: &AutoScalingGroup) -> Result<Found> {
    Box::pin(gather(session, names, None, Known::of_group(group))).await
}

async fn gather(
    session: &Session,
    names: &Names,
    balancer: Option<&str>,
    marked: Option<Known>,
) -> Result<Found> {
    let piped = piped(session)?.get(&names.name).cloned().unwrap_or_default();
    let known = Known::of_document(&piped).or(marked);
    let is_piped = balancer.is_some_and(|name| balancer::is_piped(session, name));
    let target = target_group::look(session, names);
    let routing =
        both(balancer::look(session, balancer), routing::by_arn(session, known.as_ref(), !is_piped));
    let of_scaling = both(of_group(session, names), of_template(session, names));
    let (scaling, (target, (behind, told))) = both(of_scaling, both(target, routing)).await?;
    let ((group, policies, refreshes, activities), (template, versions)) = scaling;
    let mut found = Found { group, policies, refreshes, activities, template, versions, ..Found::default() };
    if let Some(target) = target {
        Box::pin(routing::add(session, &mut found, target, behind, told)).await?;
    } else {
        found.balancer = behind.whole(session).await?;
    }
    Ok(found)
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

/// The components of this environment of which something is there and ours: a run that was killed may have left one without its group.
///
/// # Errors
/// AWS's refusal.
pub async fn names(session: &Session) -> Result<Vec<Names>> {
    let of_scaling = both(group::own(session), launch_template::own_names(session));
    let (of_scaling, targets) = both(of_scaling, target_group::named_like_ours(session)).await?;
    let grouped = of_scaling.0.into_iter().map(|(names, _)| names).collect();
    let mut names: Vec<Names> = [grouped, of_scaling.1, targets].concat();
    names.sort();
    names.dedup();
    Ok(names)
}
