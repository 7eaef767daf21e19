//! Tags of zones.

use super::error::invalid;
use super::reply;
use super::zone::{named, named_mut};
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "ChangeTagsForResource",
        change,
        "ResourceType! ResourceId! AddTags.N.Key AddTags.N.Value RemoveTagKeys.N",
    ),
    read("ListTagsForResource", list, "ResourceType! ResourceId!"),
];

/// Tags a call, to add and to remove.
const LIMIT: usize = 10;

/// The zone that a call is about.
fn zone_id<'a>(call: &Call<'a>) -> Result<&'a str> {
    let id = call.params.required("ResourceId")?;
    match call.params.required("ResourceType")? {
        "hostedzone" => Ok(id),
        "healthcheck" => {
            Err(AwsError::new("NoSuchHealthCheck", format!("A health check with id {id} does not exist."))
                .status(404))
        }
        other => Err(invalid(format!("Invalid resource type '{other}'"))),
    }
}

fn change(call: &mut Call<'_>) -> Result<Reply> {
    let id = zone_id(call)?;
    let (add, remove) = (call.params.items("AddTags"), call.params.texts("RemoveTagKeys"));
    if add.len() > LIMIT || remove.len() > LIMIT {
        return Err(invalid(format!("At most {LIMIT} tags can be added or removed at once.")));
    }
    if add.is_empty() && remove.is_empty() {
        return Err(invalid("Give tags to add or keys to remove."));
    }
    let add = tag::read(&add).map_err(|error| invalid(error.message))?;
    let tags = &mut named_mut(call.region, id)?.tags;
    tags.retain(|key, _| !remove.contains(&key.as_str()));
    tags.extend(add);
    tag::limit(tags).map_err(|error| invalid(error.message))?;
    Ok(reply(200, "ChangeTagsForResourceResponse", &Node::new()))
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let zone = named(call.region, zone_id(call)?)?;
    let tags = zone.tags.iter().map(|(key, value)| Node::new().put("Key", key).put("Value", value));
    let set = Node::new()
        .put("ResourceType", "hostedzone")
        .put("ResourceId", &zone.id)
        .named_list("Tags", "Tag", tags);
    Ok(reply(200, "ListTagsForResourceResponse", &Node::new().node("ResourceTagSet", set)))
}
