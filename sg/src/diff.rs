//! `diff`: what AWS has that the table has not, and the reverse.
//!
//! It ends with the status of a conflict where they differ, so that a script can ask; 1 means in every command that AWS failed, so
//! it is not that of diff(1).

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use common::fault::Fault;
use common::session::Session;
use serde::Serialize;
use sg::rules::{Rule, Table};

use crate::cli::{Diff, DiffFormat};
use crate::egress;
use crate::inventory::{self, Inventory};
use crate::plan::changes;

/// The differences, as `--format json` writes them: rules in their text, by group.
#[derive(Default, Serialize)]
struct Differences {
    /// Groups that the table has and AWS has not.
    missing_groups: Vec<String>,
    /// Groups that AWS has and the table has not.
    extra_groups: Vec<String>,
    /// Rules that the table has and AWS has not.
    missing: BTreeMap<String, Vec<String>>,
    /// Rules that AWS has and the table has not.
    extra: BTreeMap<String, Vec<String>>,
    /// Groups that do not let everything out.
    closed_out: Vec<String>,
}

/// Shows the differences.
///
/// # Errors
/// A conflict where there is one; a usage fault where the groups are of a file that is not given.
pub async fn diff(session: &Session, wish: &Diff) -> Result<()> {
    let inventory = session.inventory(inventory::read(session)).await?;
    let table = wish.table.given(&inventory)?.ok_or_else(crate::table::needs_file)?;
    let differences = compare(wish, table, &inventory);
    let lines = differences.lines();
    session.print(&match wish.format {
        DiffFormat::Text if lines.is_empty() => String::new(),
        DiffFormat::Text => lines.join("\n") + "\n",
        DiffFormat::Json => serde_json::to_string(&differences)? + "\n",
    })?;
    let count = lines.len();
    if count == 0 {
        return Ok(());
    }
    let differences = if count == 1 { "difference" } else { "differences" };
    Err(Fault::conflict(format!("{count} {differences} between AWS and the table"))
        .hint("`sg create` adds what AWS has not, `sg create --prune` also takes away what the table has not")
        .into())
}

fn compare(wish: &Diff, table: &Table, inventory: &Inventory) -> Differences {
    let by_id = inventory.by_id();
    let texts = |rules: BTreeSet<&Rule>| -> Vec<String> { rules.into_iter().map(Rule::to_string).collect() };
    let mut differences = Differences::default();
    for (role, rows) in table.groups() {
        let group = inventory.group(role);
        let found = group.map(|group| group.rules(&by_id)).unwrap_or_default();
        let changes = changes(rows, &wish.table.admin, &found, &by_id);
        if !changes.missing.is_empty() {
            differences.missing.insert(role.to_owned(), texts(changes.missing.keys().collect()));
        }
        if !changes.extra.is_empty() {
            differences.extra.insert(role.to_owned(), texts(changes.extra.iter().collect()));
        }
        match group {
            None => differences.missing_groups.push(role.to_owned()),
            Some(group) if !egress::is_open(group) => differences.closed_out.push(role.to_owned()),
            Some(_) => {}
        }
    }
    let unlisted = inventory.groups.iter().filter(|group| !table.has(&group.role));
    differences.extra_groups = unlisted.map(|group| group.role.clone()).collect();
    differences
}

impl Differences {
    fn lines(&self) -> Vec<String> {
        let each = |sign: char, role: &str, what: &str| format!("{sign} {role}  {what}");
        let groups = |sign, roles: &[String]| -> Vec<String> {
            roles.iter().map(|role| each(sign, role, "the group itself")).collect()
        };
        let rules = |sign, rules: &BTreeMap<String, Vec<String>>| -> Vec<String> {
            let of_group = |(role, rules): (&String, &Vec<String>)| -> Vec<String> {
                rules.iter().map(|rule| each(sign, role, rule)).collect()
            };
            rules.iter().flat_map(of_group).collect()
        };
        let closed =
            self.closed_out.iter().map(|role| each('+', role, "everything out to anywhere")).collect();
        [
            groups('+', &self.missing_groups),
            rules('+', &self.missing),
            closed,
            groups('-', &self.extra_groups),
            rules('-', &self.extra),
        ]
        .concat()
    }
}
