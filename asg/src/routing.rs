//! What ELB tells of a component by ARN: the attributes and targets of its target group, its rule, their tags, and the load balancer.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_elasticloadbalancingv2::types::{Rule, Tag, TargetGroup, TargetHealthDescription};
use common::call::{Call as _, all, both};
use common::fault::{Several, is_missing};
use common::session::Session;

use crate::balancer::{self, Balancer, Named};
use crate::inventory::{Found, OwnRule, Target};
use crate::mark::{Known, RuleArn};
use crate::target_group;

/// ARNs that one call of `DescribeTags` takes.
const ARNS_A_CALL: usize = 20;

/// What is told by ARN.
#[derive(Default)]
pub struct Told {
    tags: BTreeMap<String, Vec<Tag>>,
    attributes: BTreeMap<String, String>,
    health: Vec<TargetHealthDescription>,
    /// None where it was not asked for, or where the rule is not on the listener that serves.
    balancer: Option<Balancer>,
}

impl Told {
    /// Whether it is about this target group, and about these rules.
    fn is_of(&self, target: &str, rules: &[&str]) -> bool {
        [target].iter().chain(rules).all(|arn| self.tags.contains_key(*arn))
    }
}

/// In one round trip, by ARNs that are known beforehand. None where there are none or they lead nowhere any more. `with_balancer` asks
/// for the load balancer too.
///
/// # Errors
/// AWS's refusal.
pub async fn by_arn(session: &Session, known: Option<&Known>, with_balancer: bool) -> Result<Option<Told>> {
    let Some(known) = known else {
        return Ok(None);
    };
    let rule = known.rule.as_ref();
    let balancer = async {
        match rule.filter(|_| with_balancer) {
            Some(rule) => balancer::of_rule(session, rule).await,
            None => Ok(None),
        }
    };
    let rules = rule.map(RuleArn::as_str).into_iter().collect();
    match both(told(session, &known.target_group, rules), balancer).await {
        Ok((told, balancer)) => Ok(Some(Told { balancer, ..told })),
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
    Ok(Told { tags, attributes, health, balancer: None })
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

/// Adds the target group with its rules and its load balancer. `told` is what was told by the document's ARNs; where that is nothing,
/// the mark of the group may lead there, and otherwise the way goes down from the load balancer.
///
/// # Errors
/// AWS's refusal.
pub async fn add(
    session: &Session,
    found: &mut Found,
    target: TargetGroup,
    named: Named,
    told: Option<Told>,
) -> Result<()> {
    let arn = target.target_group_arn().unwrap_or_default().to_owned();
    let mut known = told.filter(|told| told.is_of(&arn, &[]));
    if known.is_none() {
        let marked = found.group.as_ref().and_then(Known::of_group);
        known =
            by_arn(session, marked.as_ref(), !named.is_whole()).await?.filter(|told| told.is_of(&arn, &[]));
    }
    let of_rule = known.as_mut().and_then(|told| told.balancer.take());
    let balancer = behind(session, &target, named, of_rule).await?;
    let to_here: Vec<(String, Rule)> = balancer
        .iter()
        .flat_map(|it| it.rules_to(&arn))
        .map(|(listener, rule)| (listener.to_owned(), rule.clone()))
        .collect();
    let rules: Vec<&str> = to_here.iter().filter_map(|(_, rule)| rule.rule_arn()).collect();
    let mut told = match known.filter(|told| told.is_of(&arn, &rules)) {
        Some(known) => known,
        None => self::told(session, &arn, rules).await?,
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

/// The load balancer that is named, or else the one that the target group is behind. `of_rule` is the one of the rule that is known.
async fn behind(
    session: &Session,
    target: &TargetGroup,
    named: Named,
    of_rule: Option<Balancer>,
) -> Result<Option<Balancer>> {
    let arn = match named {
        Named::Whole(balancer) => return Ok(Some(balancer)),
        Named::Arn(arn) => Some(arn),
        Named::Not => target.load_balancer_arns().first().cloned(),
    };
    match (arn, of_rule) {
        (Some(arn), Some(known)) if known.arn.as_ref() == Some(&arn) => Ok(Some(known)),
        (Some(arn), _) => balancer::with_arn(session, &arn).await.map(Some),
        (None, _) => Ok(None),
    }
}
