//! Tags of parameters.

use serde_json::{Value as Json, json};

use super::parameter::Parameter;
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag;

pub const ACTIONS: &[Action] = &[
    write("AddTagsToResource", add, "ResourceType! ResourceId! Tags! Tags.N.Key Tags.N.Value"),
    write("RemoveTagsFromResource", remove, "ResourceType! ResourceId! TagKeys.N!"),
    read("ListTagsForResource", list, "ResourceType! ResourceId!"),
];

fn tagged<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Parameter> {
    let kind = call.params.required("ResourceType")?;
    if kind != "Parameter" {
        let message = format!("The loopback AWS has no resource of type '{kind}'.");
        return Err(AwsError::new("InvalidResourceType", message));
    }
    let id = call.params.required("ResourceId")?;
    let missing = || {
        AwsError::new(
            "InvalidResourceId",
            "The resource ID is not valid. Verify that you entered the correct ID.",
        )
    };
    call.region.ssm.parameters.get_mut(id).ok_or_else(missing)
}

fn add(call: &mut Call<'_>) -> Result<Reply> {
    let invalid = |error: AwsError| AwsError::new("ValidationException", error.message);
    let tags = tag::read(&call.params.items("Tags")).map_err(invalid)?;
    let parameter = tagged(call)?;
    parameter.tags.extend(tags);
    tag::limit(&parameter.tags).map_err(|error| AwsError::new("TooManyTagsError", error.message))?;
    Ok(json!({}).into())
}

fn remove(call: &mut Call<'_>) -> Result<Reply> {
    let keys = call.params.texts("TagKeys");
    tagged(call)?.tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(json!({}).into())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let tags = &tagged(call)?.tags;
    let tags: Vec<Json> = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    Ok(json!({"TagList": tags}).into())
}
