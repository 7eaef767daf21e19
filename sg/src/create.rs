//! `create`: all groups first, then the rules between them, then the document.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use common::call::both;
use common::converge::converge_unique;
use common::section::{Named, SecurityGroup};
use common::session::Session;
use sg::rules::{MOST_RULES, Rule, Table};

use crate::cli::Create;
use crate::group::Wanted;
use crate::ingress::{self, few};
use crate::inventory::{self, Group, Inventory, RolesById};
use crate::member::{Member, tell, tell_of_elsewhere};
use crate::plan::changes;
use crate::{egress, section, tags};

/// Brings the groups and their rules in line with the table.
///
/// # Errors
/// AWS's refusal; a conflict where a group of that name is not ours.
pub async fn create(session: &Session, wish: &Create) -> Result<()> {
    let inventory = session.inventory(inventory::read(session)).await?;
    tell_of_elsewhere(session, &inventory);
    let Some(table) = wish.table.given(&inventory)? else {
        return keep(session, wish, &inventory).await;
    };
    let (made, ()) =
        both(make(session, wish, table, &inventory), repair_tags(session, wish, table, &inventory)).await?;
    let by_id =
        inventory::by_id(inventory.groups.iter().chain(made.iter().filter_map(|(_, it)| it.as_ref())));
    let members = compare(session, wish, table, made, &by_id);
    tell(session, wish, &members, &inventory);
    few(members.iter().map(|member| bring_in_line(session, wish, member, &by_id))).await?;
    let section = section_of(wish, &members, &inventory, &by_id);
    section::write(session, &section)
}

/// The first pass.
async fn make<'a>(
    session: &Session,
    wish: &Create,
    table: &'a Table,
    inventory: &Inventory,
) -> Result<Vec<(&'a str, Option<Group>)>> {
    few(table.groups().map(|(role, _)| async move {
        let name = session.identity.name(role);
        let wanted = Wanted {
            role: role.to_owned(),
            tags: tags::of_listed(session, &name, wish.table.is_own()),
            name,
            vpc_id: inventory.vpc_id.clone(),
        };
        let found: Vec<Group> = inventory.group(role).cloned().into_iter().collect();
        Ok((role, converge_unique(session, &wanted, &found).await?))
    }))
    .await
}

async fn repair_tags(session: &Session, wish: &Create, table: &Table, inventory: &Inventory) -> Result<()> {
    let wanted = inventory.groups.iter().map(|group| {
        let is_own = wish.table.is_own() && table.has(&group.role);
        (group, tags::of_listed(session, &group.name, is_own))
    });
    tags::repair(session, wanted).await
}

fn compare<'a>(
    session: &Session,
    wish: &Create,
    table: &'a Table,
    made: Vec<(&'a str, Option<Group>)>,
    by_id: &RolesById,
) -> Vec<Member<'a>> {
    let rows: BTreeMap<&str, &BTreeSet<Rule>> = table.groups().collect();
    made.into_iter()
        .map(|(role, group)| {
            let found = group.as_ref().map(|group| group.rules(by_id)).unwrap_or_default();
            let rows = rows.get(role).copied().cloned().unwrap_or_default();
            let changes = changes(&rows, &wish.table.admin, &found, by_id);
            Member { role, name: session.identity.name(role), group, found, changes }
        })
        .collect()
}

/// The second pass, for one group. What is missing comes before what is too much goes, unless there is no room for both.
async fn bring_in_line(
    session: &Session,
    wish: &Create,
    member: &Member<'_>,
    by_id: &RolesById,
) -> Result<()> {
    let Member { name, group, found, changes, .. } = member;
    let group = group.as_ref();
    let unwanted = if wish.prune { changes.extra.clone() } else { BTreeSet::new() };
    let prune = ingress::revoke(session, name, group, &unwanted, by_id);
    let add = ingress::allow(session, name, group, &changes.missing, by_id);
    if found.len() + changes.missing.len() > MOST_RULES {
        prune.await?;
        add.await?;
    } else {
        add.await?;
        prune.await?;
    }
    if let Some(group) = group {
        both(ingress::mark(session, group, &changes.unmarked, by_id), egress::open(session, group)).await?;
    }
    Ok(())
}

fn section_of(
    wish: &Create,
    members: &[Member<'_>],
    inventory: &Inventory,
    by_id: &RolesById,
) -> Named<SecurityGroup> {
    let others = inventory.groups.iter().map(|group| {
        (group.role.clone(), section::entry(Some(group), &group.name, group.rules(by_id).keys()))
    });
    let members = members.iter().map(|member| {
        let entry = section::entry(member.group.as_ref(), &member.name, member.rules(wish));
        (member.role.to_owned(), entry)
    });
    others.chain(members).collect()
}

/// The groups are of a file that this run is not given: they stay as they are.
async fn keep(session: &Session, wish: &Create, inventory: &Inventory) -> Result<()> {
    if wish.prune || !wish.table.admin.is_empty() {
        return Err(crate::table::needs_file().into());
    }
    session
        .progress
        .line("the groups have a table of your own: their rules stay as they are without --rules");
    let wanted = inventory.groups.iter().map(|group| (group, tags::of_group(session, &group.name)));
    tags::repair(session, wanted).await?;
    section::write(session, &section::of(inventory))
}
