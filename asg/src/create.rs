//! `asg create`: the order of things.

mod plan;

use anyhow::Result;
use aws_sdk_autoscaling::types::AutoScalingGroup;
use aws_sdk_elasticloadbalancingv2::types::Rule;
use common::call::both;
use common::converge::converge_unique;
use common::network;
use common::section::{Component, Named, SecurityGroup, Vpc};
use common::session::Session;

use crate::cli::Create;
use crate::image::{self, Wanted as Image};
use crate::inventory::{self, Found, OwnRule, Target};
use crate::launch_template::{self, Version};
use crate::names::Names;
use crate::refresh::Wanted as Refresh;
use crate::{balancer, group, mark, ownership, policy, rule, section, settle, target_group};
use plan::{Plan, balancer_of, living};

/// Everything `create` decides on.
pub struct Inventory {
    vpc: Vpc,
    groups: Named<SecurityGroup>,
    found: Found,
    /// The image asked for, by the flag or by the document.
    image: Image,
}

pub async fn create(session: &Session, flags: &Create) -> Result<()> {
    let names = Names::new(&session.identity, &flags.name);
    let piped = inventory::piped(session)?.get(&names.name).and_then(|it| it.load_balancer.clone());
    let mut inventory = Box::pin(present(session, flags, &names, piped.as_deref())).await?;
    let balancer = balancer_of(flags, piped.as_deref(), &inventory.found)?;
    if inventory.found.balancer.is_none() {
        inventory.found.balancer = balancer::look(session, Some(&balancer)).await?.whole(session).await?;
    }
    let plan = Plan::decide(session, flags, &names, &balancer, &inventory)?;
    let before = inventory.found.clone();
    let mut found = inventory.found;
    let (target, version) =
        both(target(session, flags, &plan, &inventory.vpc, &before), version(session, &plan, &before))
            .await?;
    let available = image::until_available(session, &inventory.image);
    let grouped = group(session, flags, &plan, target.as_ref(), version.as_ref(), &before);
    let grouped = async {
        // A group that is there launches from the version before until the deployment begins.
        if before.group.is_some() {
            return both(available, grouped).await.map(|((), grouped)| grouped);
        }
        available.await?;
        grouped.await
    };
    let routed = both(route(session, flags, &plan, target.as_ref(), &before), grouped);
    let (rule, (group, cpu)) = routed.await?;
    (found.target_group, found.group) = (target, group);
    put_rule(&mut found, rule);
    finish(session, flags, &plan, &before, &found, (version, cpu)).await
}

/// The inventory, once a group that is being deleted is gone.
async fn present(
    session: &Session,
    flags: &Create,
    names: &Names,
    balancer: Option<&str>,
) -> Result<Inventory> {
    let balancer = flags.alb.as_deref().or(balancer);
    let network = both(network::vpc(session), network::security_groups(session));
    let own = both(inventory::read(session, names, balancer), image::wanted(session, flags, names));
    let ((vpc, groups), (mut found, image)) = session.inventory(both(network, own)).await?;
    if found.group.is_some() && living(&found).is_none() {
        if session.is_planning() {
            found.group = None;
        } else {
            settle::until_gone(session, names).await?;
            found = inventory::read(session, names, balancer).await?;
        }
    }
    Ok(Inventory { vpc, groups, found, image })
}

async fn target(
    session: &Session,
    flags: &Create,
    plan: &Plan<'_>,
    vpc: &Vpc,
    before: &Found,
) -> Result<Option<Target>> {
    let tags = ownership::of_routing(&session.identity, plan.names, &plan.balancer);
    let wanted = target_group::Wanted { names: plan.names, flags, vpc: vpc.id.as_deref(), tags };
    let known: Vec<Target> = before.target_group.iter().cloned().collect();
    Box::pin(converge_unique(session, &wanted, &known)).await
}

async fn version(session: &Session, plan: &Plan<'_>, before: &Found) -> Result<Option<Version>> {
    Box::pin(launch_template::provide(session, plan.names, &plan.data, before, plan.deployed)).await
}

/// The attributes of the target group, and the rule: without one no target ever becomes healthy.
async fn route(
    session: &Session,
    flags: &Create,
    plan: &Plan<'_>,
    target: Option<&Target>,
    before: &Found,
) -> Result<Option<Rule>> {
    let attributes = target_group::Wanted { names: plan.names, flags, vpc: None, tags: Vec::new() };
    let rule = rule::Wanted {
        names: plan.names,
        target_group: target.and_then(Target::arn),
        listening: plan.listening(session, before.balancer.as_ref())?,
        tags: ownership::of_routing(&session.identity, plan.names, &plan.balancer),
        hosts: plan.hosts.clone(),
        paths: plan.paths.clone(),
    };
    let both = both(attributes.set_attributes(session, target), rule.converge(session, &before.rules));
    let ((), rule) = both.await?;
    Ok(rule)
}

/// The group, none where it is only planned, with the percentage of its scaling policy.
async fn group(
    session: &Session,
    flags: &Create,
    plan: &Plan<'_>,
    target: Option<&Target>,
    version: Option<&Version>,
    before: &Found,
) -> Result<(Option<AutoScalingGroup>, i32)> {
    let wanted = group::Wanted {
        names: plan.names,
        flags,
        template: version.map(|it| (it.template.as_str(), it.number)),
        subnets: plan.subnets.clone(),
        target_group: target.and_then(Target::arn),
        is_emptied: plan.is_emptied,
    };
    let known: Vec<AutoScalingGroup> = before.group.iter().cloned().collect();
    let group = Box::pin(converge_unique(session, &wanted, &known)).await?;
    let cpu = policy::put(session, plan.names, flags.cpu, &before.policies).await?;
    Ok((group, cpu))
}

fn put_rule(found: &mut Found, rule: Option<Rule>) {
    let listener = found.balancer.as_ref().and_then(|it| it.serving()).map(|it| it.arn.clone());
    let (Some(rule), Some(listener)) = (rule, listener) else {
        return;
    };
    // One that was just made has the tags of the component already.
    let known = found.rules.iter().find(|it| it.rule.rule_arn() == rule.rule_arn());
    let made = || found.target_group.as_ref().map(|it| it.tags.clone());
    let tags = known.map(|it| it.tags.clone()).or_else(made).unwrap_or_default();
    found.rules = vec![OwnRule { rule, listener, tags }];
}

/// Deploys where a group was there before, writes the document and waits for the rest.
async fn finish(
    session: &Session,
    flags: &Create,
    plan: &Plan<'_>,
    before: &Found,
    found: &Found,
    made: (Option<Version>, i32),
) -> Result<()> {
    let (version, cpu) = made;
    if !session.is_planning() {
        retag(session, plan, before, found).await?;
    }
    let is_deployed = deploy(session, flags, plan, before, found, version.as_ref()).await?;
    let mut component = section::component(plan.names, found, version.as_ref());
    complete(&mut component, flags, plan, cpu);
    if let Some(template) = &mut component.launch_template {
        // A version that is only planned has no number.
        template.version = version.as_ref().map(|it| it.number);
        template.id = version.map(|it| it.template).or(template.id.take());
    }
    section::write(session, [(plan.names.name.clone(), component)])?;
    let is_fresh = session.changes.is_empty() && !is_deployed;
    let settled = async {
        match found.target_group.as_ref().and_then(Target::arn) {
            Some(arn) if session.waits() => {
                settle::until_healthy(session, plan.names, arn, before, is_fresh).await
            }
            _ => Ok(()),
        }
    };
    both(note_rule(session, plan, found), settled).await?;
    Ok(())
}

/// Where a later run finds the rule.
async fn note_rule(session: &Session, plan: &Plan<'_>, found: &Found) -> Result<()> {
    match (&found.group, found.rules.as_slice()) {
        (Some(group), [own]) if !session.is_planning() => {
            mark::put(session, plan.names, group, &own.rule).await
        }
        _ => Ok(()),
    }
}

/// What was made in this run carries its tags already.
async fn retag(session: &Session, plan: &Plan<'_>, before: &Found, found: &Found) -> Result<()> {
    let there = Found {
        group: before.group.clone(),
        template: before.template.clone(),
        target_group: before.target_group.clone(),
        rules: found.rules.clone(),
        ..Found::default()
    };
    ownership::retag(session, plan.names, &plan.balancer, &there).await
}

async fn deploy(
    session: &Session,
    flags: &Create,
    plan: &Plan<'_>,
    before: &Found,
    found: &Found,
    version: Option<&Version>,
) -> Result<bool> {
    match (version, &found.group) {
        (Some(version), Some(group)) => {
            let refresh = Refresh { names: plan.names, version, min_healthy: flags.min_healthy };
            Box::pin(refresh.deploy(session, group.clone(), &before.refreshes)).await
        }
        // A dry run has no number for a version that it would make.
        (None, Some(_)) => {
            let what = format!("group {}: deploy image {}", plan.names, plan.data.image);
            session.change(what, async { Ok(()) }).await?;
            Ok(true)
        }
        (_, None) => Ok(false),
    }
}

/// What this run knows better than what was found.
fn complete(component: &mut Component, flags: &Create, plan: &Plan<'_>, cpu: i32) {
    let template = component.launch_template.get_or_insert_default();
    template.image_id = Some(plan.data.image.clone()).filter(|it| it != image::PLANNED);
    template.instance_type = Some(plan.data.instance_type.clone());
    component.load_balancer = Some(plan.balancer.clone());
    component.security_group_id.clone_from(&plan.data.group);
    component.cpu_target = Some(cpu);
    component.min_size.get_or_insert(flags.min_or_default());
    component.max_size.get_or_insert(flags.max_or_default());
    let rule = component.rule.get_or_insert_default();
    rule.hosts.clone_from(&plan.hosts);
    rule.paths.clone_from(&plan.paths);
    let target = component.target_group.get_or_insert_default();
    target.name = Some(plan.names.target_group.clone());
    target.port = target.port.or(flags.port);
}
