//! The groups as the document's section, keyed by role.

use anyhow::Result;
use common::section::{Named, SecurityGroup};
use common::session::Session;
use sg::rules::Rule;

use crate::inventory::{Group, Inventory};

/// One group and its rules.
pub fn entry<'a>(
    group: Option<&Group>,
    name: &str,
    rules: impl IntoIterator<Item = &'a Rule>,
) -> SecurityGroup {
    SecurityGroup {
        id: group.map(|group| group.id.clone()),
        name: Some(name.to_owned()),
        rules: rules.into_iter().map(ToString::to_string).collect(),
    }
}

/// All groups as AWS has them.
pub fn of(inventory: &Inventory) -> Named<SecurityGroup> {
    let by_id = inventory.by_id();
    let entry_of =
        |group: &Group| (group.role.clone(), entry(Some(group), &group.name, group.rules(&by_id).keys()));
    inventory.groups.iter().map(entry_of).collect()
}

/// The same, and in a plan also the groups that an earlier command of the pipe would make.
///
/// # Errors
/// None in practice: the section was read before.
pub fn with_planned(session: &Session, inventory: &Inventory) -> Result<Named<SecurityGroup>> {
    let mut section = of(inventory);
    if session.is_planning() {
        let piped: Named<SecurityGroup> = session.section("sg")?.unwrap_or_default();
        for (role, group) in piped.iter().filter(|(_, group)| group.id.is_none()) {
            section.entry(role.clone()).or_insert_with(|| group.clone());
        }
    }
    Ok(section)
}

/// Writes the document with this section. Groups that it names and AWS has no more are taken out.
///
/// # Errors
/// Stdout cannot be written.
pub fn write(session: &Session, section: &Named<SecurityGroup>) -> Result<()> {
    let before: Named<SecurityGroup> = session.section("sg")?.unwrap_or_default();
    session.write(|document| {
        for role in before.keys().filter(|role| !section.contains_key(*role)) {
            document.remove_entry("sg", role);
        }
        document.set_section("sg", section)
    })
}

/// Writes the document without these groups, and without the rules of others that named them.
///
/// # Errors
/// Stdout cannot be written.
pub fn write_without(session: &Session, roles: &[String]) -> Result<()> {
    let mut left: Named<SecurityGroup> = session.section("sg")?.unwrap_or_default();
    left.retain(|role, _| !roles.contains(role));
    for group in left.values_mut() {
        group.rules.retain(|rule| !roles.iter().any(|role| rule.ends_with(&format!(" from {role}"))));
    }
    session.write(|document| {
        for role in roles {
            document.remove_entry("sg", role);
        }
        if !left.is_empty() {
            document.set_section("sg", &left)?;
        }
        Ok(())
    })
}
