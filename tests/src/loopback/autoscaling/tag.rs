//! Tags of groups, which can be put on the instances that they launch.

use indexmap::IndexMap;

use super::activity::page;
use super::error::{invalid, parsed, required};
use super::group::named;
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::tag as common;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateOrUpdateTags",
        set,
        "Tags! Tags.N.Key Tags.N.Value Tags.N.PropagateAtLaunch Tags.N.ResourceId Tags.N.ResourceType",
    ),
    write(
        "DeleteTags",
        delete,
        "Tags! Tags.N.Key Tags.N.Value Tags.N.PropagateAtLaunch Tags.N.ResourceId Tags.N.ResourceType",
    ),
    read("DescribeTags", list, "Filters.N.Name Filters.N.Values.N NextToken MaxRecords"),
];

const KIND: &str = "auto-scaling-group";

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    pub value: String,
    /// Whether new instances get it.
    pub propagate: bool,
}

impl Tag {
    pub fn show(&self, key: &str, group: &str) -> Node {
        Node::new()
            .put("Key", key)
            .put("PropagateAtLaunch", self.propagate)
            .put("ResourceId", group)
            .put("ResourceType", KIND)
            .put("Value", &self.value)
    }
}

/// Tags as a list.
///
/// # Errors
/// `ValidationError`.
pub fn given(items: &[&Params]) -> Result<IndexMap<String, Tag>> {
    let checked = common::read(items).map_err(|error| invalid(error.message))?;
    common::limit(&checked).map_err(|error| invalid(error.message))?;
    let with_flag = |(key, value): (String, String)| {
        let item = items.iter().find(|item| item.text("Key") == Some(key.as_str()));
        let propagate = item.map(|item| parsed(item, "PropagateAtLaunch")).transpose()?.flatten();
        Ok((key, Tag { value, propagate: propagate.unwrap_or_default() }))
    };
    checked.into_iter().map(with_flag).collect()
}

fn group_name<'a>(call: &Call<'_>, item: &'a Params) -> Result<&'a str> {
    let kind = item.text("ResourceType").unwrap_or_default();
    if kind != KIND {
        return Err(invalid(format!("Invalid resource type: {kind}. Valid resource types are: [{KIND}]")));
    }
    let name = required(item, "ResourceId")?;
    named(call.region, name).map(|_| name)
}

fn set(call: &mut Call<'_>) -> Result<Reply> {
    for item in call.params.items("Tags") {
        let name = group_name(call, item)?;
        let tags = given(&[item])?;
        let Some(group) = call.region.autoscaling.groups.get_mut(name) else { continue };
        group.tags.extend(tags);
        if group.tags.len() > common::LIMIT {
            return Err(AwsError::new("LimitExceeded", "Too many tags on the Auto Scaling group."));
        }
    }
    Ok(Node::new().into())
}

/// A tag given with a value goes only where it has that value.
fn delete(call: &mut Call<'_>) -> Result<Reply> {
    for item in call.params.items("Tags") {
        let name = group_name(call, item)?;
        let key = required(item, "Key")?;
        let Some(group) = call.region.autoscaling.groups.get_mut(name) else { continue };
        let same = |tag: &Tag| item.text("Value").is_none_or(|value| value == tag.value);
        if group.tags.get(key).is_some_and(same) {
            group.tags.shift_remove(key);
        }
    }
    Ok(Node::new().into())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let filters = call.params.items("Filters");
    let mut found = Vec::new();
    for group in call.region.autoscaling.groups.values() {
        for (key, tag) in &group.tags {
            let mut fits = true;
            for filter in &filters {
                fits &= passes(filter, &group.name, key, tag)?;
            }
            if fits {
                found.push(tag.show(key, &group.name));
            }
        }
    }
    let page = page(call.params, found, 50)?;
    Ok(Node::new().named_list("Tags", "member", page.items).maybe("NextToken", page.next).into())
}

fn passes(filter: &Params, group: &str, key: &str, tag: &Tag) -> Result<bool> {
    let held = match filter.text("Name").unwrap_or_default() {
        "auto-scaling-group" => group.to_owned(),
        "key" => key.to_owned(),
        "value" => tag.value.clone(),
        "propagate-at-launch" => tag.propagate.to_string(),
        other => {
            return Err(invalid(format!(
                "Filter type {other} is not correct. Allowed Filter types are: auto-scaling-group key value \
                 propagate-at-launch"
            )));
        }
    };
    Ok(filter.texts("Values").contains(&held.as_str()))
}
