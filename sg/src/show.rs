//! `show`: the section as AWS has it, in the document or as a table.

use std::time::Duration;

use anyhow::Result;
use common::fault::Fault;
use common::section::{Named, SecurityGroup};
use common::session::Session;
use common::table::columns;
use common::wait::{State, until_ready};
use sg::rules::{Rule, Source, by_traffic};

use crate::cli::{Show, ShowFormat};
use crate::inventory::{self, Inventory};
use crate::section;

/// Groups are ready as they are made, but AWS may take this long to show them. EC2 documents no bound; peers use five minutes.
const PROPAGATION: Duration = Duration::from_mins(5);

/// Fills the section from AWS.
///
/// # Errors
/// Not found where there is no group; not in time where `--wait` waits for one in vain.
pub async fn show(session: &Session, wish: &Show) -> Result<()> {
    let piped: Named<SecurityGroup> = session.section("sg")?.unwrap_or_default();
    let mut inventory = session.inventory(inventory::read(session)).await?;
    if wish.wait && !session.is_planning() {
        until_ready(session, PROPAGATION, async || {
            let unseen = |role: &&String| inventory.group(role).is_none();
            let pending: Vec<(String, State)> = piped
                .keys()
                .filter(unseen)
                .map(|role| (session.identity.name(role), State::Pending("not shown by AWS yet".into())))
                .collect();
            if !pending.is_empty() {
                inventory = inventory::read(session).await?;
            }
            Ok(pending)
        })
        .await?;
    }
    let is_planned = session.is_planning() && !piped.is_empty();
    if inventory.groups.is_empty() && !is_planned {
        let base = session.identity.base();
        return Err(Fault::not_found(format!("there are no security groups of {base}"))
            .hint("run `sg create` first")
            .into());
    }
    match wish.format {
        ShowFormat::Table => session.print(&table(&inventory)),
        ShowFormat::Json if inventory.groups.is_empty() => section::write(session, &piped),
        ShowFormat::Json => section::write(session, &section::of(&inventory)),
    }
}

/// A line for the same ports of a group, in columns.
fn table(inventory: &Inventory) -> String {
    let by_id = inventory.by_id();
    let mut lines = vec![["GROUP", "ID", "PORTS", "FROM"].map(str::to_owned)];
    for group in &inventory.groups {
        let rules: Vec<Rule> = group.rules(&by_id).into_keys().collect();
        let mut heading = [group.role.clone(), group.id.clone()];
        if rules.is_empty() {
            let [role, id] = heading;
            lines.push([role, id, "-".into(), "-".into()]);
            continue;
        }
        for (traffic, sources) in by_traffic(&rules) {
            let sources: Vec<String> = sources.into_iter().map(Source::to_string).collect();
            let [role, id] = std::mem::take(&mut heading);
            lines.push([role, id, traffic.to_string(), sources.join(", ")]);
        }
    }
    columns(&lines)
}
