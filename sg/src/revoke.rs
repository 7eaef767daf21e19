//! `revoke`: takes rules away from one group. A rule that is not there is as it should be.

use std::collections::BTreeSet;

use anyhow::Result;
use common::session::Session;
use sg::rules::{Rule, Source};

use crate::change::RuleArguments;
use crate::plan::{marked, named};
use crate::{ingress, inventory};

/// Takes away those of the rules that the group has. `from admin` without a CIDR is every admin rule of those ports.
///
/// # Errors
/// Not found where a group is not there; AWS's refusal.
pub async fn revoke(session: &Session, arguments: &RuleArguments) -> Result<()> {
    let inventory = session.inventory(inventory::read(session)).await?;
    let target = arguments.target(session, &inventory)?;
    let by_id = inventory.by_id();
    let mut unwanted: BTreeSet<Rule> = BTreeSet::new();
    for rule in arguments.rules()? {
        let traffic = rule.traffic;
        match &rule.source {
            Source::Admin if arguments.admin.is_empty() => unwanted.extend(marked(traffic, &target.found)),
            Source::Admin => unwanted
                .extend(arguments.admin.iter().map(|net| Rule { traffic, source: Source::Cidr(*net) })),
            source => {
                unwanted.insert(Rule { traffic, source: named(source, &by_id) });
            }
        }
    }
    let (unwanted, absent): (BTreeSet<_>, BTreeSet<_>) =
        unwanted.into_iter().partition(|rule| target.found.contains_key(rule));
    for rule in absent {
        session.progress.line(&format!("{} has no rule {rule}", target.name));
    }
    ingress::revoke(session, &target.name, target.group, &unwanted, &by_id).await?;
    let left: BTreeSet<Rule> =
        target.found.keys().filter(|rule| !unwanted.contains(*rule)).cloned().collect();
    target.write(session, &left)
}
