//! The tags of groups, put back where they are missing.

use std::collections::BTreeMap;

use anyhow::Result;
use common::call::{Call as _, all};
use common::session::Session;
use common::tags::{ec2_tags, ec2_value, missing};
use common::wait::while_missing;

use crate::inventory::Group;

/// The component of every group and rule of this command.
pub const COMPONENT: &str = "sg";

/// Marks groups that a file of the person's own made, so that a run without the file does not put the default table over it.
pub const OWN_TABLE: (&str, &str) = ("stackpipe:rules", "file");

/// The tags of a group and of its rules.
pub fn of_group(session: &Session, name: &str) -> Vec<(String, String)> {
    session.identity.tags_of(COMPONENT, name)
}

/// The tags of a group that a file names, too.
pub fn of_listed(session: &Session, name: &str, is_own_table: bool) -> Vec<(String, String)> {
    let mut tags = of_group(session, name);
    if is_own_table {
        tags.retain(|(key, _)| key != OWN_TABLE.0);
        tags.push((OWN_TABLE.0.to_owned(), OWN_TABLE.1.to_owned()));
    }
    tags
}

/// Puts missing tags on groups: one call for all groups that lack the same ones, so one call for a new tag of the person's own.
///
/// # Errors
/// AWS's refusal.
pub async fn repair(
    session: &Session,
    groups: impl IntoIterator<Item = (&Group, Vec<(String, String)>)>,
) -> Result<()> {
    let mut lacking: BTreeMap<Vec<(String, String)>, Vec<&Group>> = BTreeMap::new();
    for (group, wanted) in groups {
        let missing = missing(&wanted, |key| ec2_value(&group.tags, key).map(str::to_owned));
        if !missing.is_empty() {
            lacking.entry(missing).or_default().push(group);
        }
    }
    all(lacking.into_iter().map(|(tags, groups)| put(session, tags, groups))).await?;
    Ok(())
}

async fn put(session: &Session, tags: Vec<(String, String)>, groups: Vec<&Group>) -> Result<()> {
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    let keys: Vec<&str> = tags.iter().map(|(key, _)| key.as_str()).collect();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let what = format!(
        "tag{} {} of the security group{} {}",
        plural(keys.len()),
        keys.join(", "),
        plural(names.len()),
        names.join(", ")
    );
    let call = while_missing(session, async || {
        session
            .aws
            .ec2()
            .create_tags()
            .set_resources(Some(groups.iter().map(|group| group.id.clone()).collect()))
            .set_tags(Some(ec2_tags(&tags)))
            .send()
            .await
            .cannot("tag the security groups")
    });
    session.change(what, call).await?;
    Ok(())
}
