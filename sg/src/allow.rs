//! `allow`: adds rules to one group.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use common::session::Session;
use sg::rules::{Rule, Source};

use crate::change::RuleArguments;
use crate::permission::Mark;
use crate::plan::named;
use crate::{exposure, ingress, inventory, section};

/// Adds the rules that the group has not.
///
/// # Errors
/// Not found where a group is not there; AWS's refusal.
pub async fn allow(session: &Session, arguments: &RuleArguments) -> Result<()> {
    let inventory = session.inventory(inventory::read(session)).await?;
    let group = arguments.group(session, &inventory)?;
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
    exposure::warn(session, &group.name, wanted.keys());
    let found = group.rules(&by_id);
    let (there, missing): (BTreeMap<_, _>, BTreeMap<_, _>) =
        wanted.into_iter().partition(|(rule, _)| found.contains_key(rule));
    let is_unmarked =
        |(rule, mark): &(Rule, Mark)| *mark == Mark::Admin && found.get(rule) == Some(&Mark::Plain);
    let unmarked = there.into_iter().filter(is_unmarked).map(|(rule, _)| rule).collect();
    ingress::allow(session, &group.name, Some(group), &missing, &by_id).await?;
    ingress::mark(session, group, &unmarked, &by_id).await?;
    let mut section = section::of(&inventory);
    let rules: BTreeSet<&Rule> = found.keys().chain(missing.keys()).collect();
    section.insert(group.role.clone(), section::entry(Some(group), &group.name, rules));
    section::write(session, &section)
}
