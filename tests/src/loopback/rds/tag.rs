//! Tags of whatever in RDS has an ARN.

use super::Rds;
use super::instance::Instance;
use super::noun::{Noun, tag_nodes};
use super::option_group::OptionGroup;
use super::parameter_group::ParameterGroup;
use super::snapshot::Snapshot;
use super::subnet_group::SubnetGroup;
use crate::loopback::action::{Action, Call, Meta, Reply, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    read("ListTagsForResource", list, "ResourceName!"),
    write("AddTagsToResource", add, "ResourceName! Tags! Tags.N.Key Tags.N.Value"),
    write("RemoveTagsFromResource", remove, "ResourceName! TagKeys.N!"),
];

/// What an ARN names.
fn tagged<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Meta> {
    let arn = call.params.required("ResourceName")?;
    let invalid = || AwsError::invalid_value(format!("Invalid resource name: {arn}"));
    let rest = arn.strip_prefix(&call.region.arn("rds", "")).ok_or_else(invalid)?;
    let (kind, name) = rest.split_once(':').ok_or_else(invalid)?;
    let rds = &mut call.region.rds;
    match kind {
        "db" => meta::<Instance>(rds, name),
        "snapshot" => meta::<Snapshot>(rds, name),
        "subgrp" => meta::<SubnetGroup>(rds, name),
        "pg" => meta::<ParameterGroup>(rds, name),
        "og" => meta::<OptionGroup>(rds, name),
        _ => Err(invalid()),
    }
}

fn meta<'a, T: Noun>(rds: &'a mut Rds, name: &str) -> Result<&'a mut Meta> {
    Ok(rds.find_mut::<T>(name)?.meta_mut())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let tags = &tagged(call)?.tags;
    Ok(Node::new().named_list("TagList", "Tag", tag_nodes(tags)).into())
}

fn add(call: &mut Call<'_>) -> Result<Reply> {
    let tags = tag::read(&call.params.items("Tags"))?;
    let meta = tagged(call)?;
    meta.tags.extend(tags);
    tag::limit(&meta.tags).map_err(|error| AwsError::invalid_value(error.message))?;
    Ok(Node::new().into())
}

fn remove(call: &mut Call<'_>) -> Result<Reply> {
    let keys = call.params.texts("TagKeys");
    tagged(call)?.tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(Node::new().into())
}
