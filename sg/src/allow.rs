//! `allow`: adds rules to one group.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use common::session::Session;
use sg::rules::{Rule, Source};

use crate::change::RuleArguments;
use crate::permission::Mark;
use crate::plan::named;
use crate::{exposure, ingress, inventory};

/// Adds the rules that the group has not.
///
/// # Errors
/// Not found where a group is not there; AWS's refusal.
pub async fn allow(session: &Session, arguments: &RuleArguments) -> Result<()> {
    let inventory = session.inventory(inventory::read(session)).await?;
    let target = arguments.target(session, &inventory)?;
    let by_id = inventory.by_id();
    let mut wanted: BTreeMap<Rule, Mark> = BTreeMap::new();
    for rule in arguments.rules()? {
        let traffic = rule.traffic;
        match &rule.source {
            Source::Admin => wanted.extend(
                (arguments.admin.iter())
                    .map(|net| (Rule { traffic, source: Source::Cidr(*net) }, Mark::Admin)),
            ),
            source => {
                wanted.insert(Rule { traffic, source: named(source, &by_id) }, Mark::Plain);
            }
        }
    }
    exposure::warn(session, &target.name, wanted.keys());
    let (there, missing): (BTreeMap<_, _>, BTreeMap<_, _>) =
        wanted.into_iter().partition(|(rule, _)| target.found.contains_key(rule));
    ingress::allow(session, &target.name, target.group, &missing, &by_id).await?;
    if let Some(group) = target.group {
        let is_unmarked = |(rule, mark): &(Rule, Mark)| {
            *mark == Mark::Admin && target.found.get(rule) == Some(&Mark::Plain)
        };
        let unmarked = there.into_iter().filter(is_unmarked).map(|(rule, _)| rule).collect();
        ingress::mark(session, group, &unmarked, &by_id).await?;
    }
    let rules: BTreeSet<Rule> = target.found.keys().chain(missing.keys()).cloned().collect();
    target.write(session, &rules)
}
