//! Writing and deleting parameters.

use serde_json::json;

use super::parameter::{Parameter, not_found};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::{self, Tags};

pub const ACTIONS: &[Action] = &[
    write(
        "PutParameter",
        put,
        "Name! Value! Type Description KeyId Overwrite AllowedPattern Tier DataType Tags.N.Key Tags.N.Value",
    ),
    write("DeleteParameter", delete, "Name!"),
    write("DeleteParameters", delete_several, "Names.N!"),
];

/// The longest value by tier, in bytes.
const TIERS: [(&str, usize); 3] = [("Standard", 4096), ("Advanced", 8192), ("Intelligent-Tiering", 8192)];
/// Levels in a name.
const LEVELS: usize = 15;

fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationException", message)
}

fn put(call: &mut Call<'_>) -> Result<Reply> {
    let name = name(call.params.required("Name")?)?;
    let overwrite = call.params.flag("Overwrite")? == Some(true);
    let before = call.region.ssm.parameters.get(&name);
    if before.is_some() && !overwrite {
        let message = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.";
        return Err(AwsError::new("ParameterAlreadyExists", message));
    }
    let items = call.params.items("Tags");
    if overwrite && !items.is_empty() {
        return Err(invalid(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove \
             overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or \
             RemoveTagsFromResource.",
        ));
    }
    let tags = tag::read(&items).map_err(|error| invalid(error.message))?;
    let parameter = parameter(call, &name, before, tags)?;
    let answer = json!({"Version": parameter.version, "Tier": parameter.tier});
    call.region.ssm.parameters.insert(name, parameter);
    Ok(answer.into())
}

/// The parameter as the call leaves it.
fn parameter(call: &Call<'_>, name: &str, before: Option<&Parameter>, tags: Tags) -> Result<Parameter> {
    let kind = kind(call.params.text("Type"), before)?;
    let tier = call.params.text("Tier").or(before.map(|b| b.tier.as_str())).unwrap_or("Standard");
    let limit = TIERS.iter().find(|(name, _)| *name == tier).map(|(_, limit)| *limit);
    let limit =
        limit.ok_or_else(|| invalid(format!("Value '{tier}' at 'tier' failed to satisfy constraint")))?;
    let value = call.params.required("Value")?;
    if value.is_empty() || value.len() > limit {
        return Err(invalid(format!(
            "{tier} tier parameters support a maximum parameter value of {limit} characters."
        )));
    }
    if call.params.text("DataType").is_some_and(|kind| kind != "text") {
        return Err(invalid(
            "The following data type is not supported. Data type names are all lowercase: text.",
        ));
    }
    let text = |name, old: Option<&String>| call.params.text(name).map(str::to_owned).or(old.cloned());
    let secure = (kind == "SecureString").then(|| "alias/aws/ssm".to_owned());
    Ok(Parameter {
        name: name.to_owned(),
        value: value.to_owned(),
        description: text("Description", before.and_then(|b| b.description.as_ref())),
        key: text("KeyId", before.and_then(|b| b.key.as_ref())).or(secure),
        pattern: text("AllowedPattern", before.and_then(|b| b.pattern.as_ref())),
        tier: tier.to_owned(),
        version: before.map_or(1, |before| before.version + 1),
        changed: call.now,
        tags: before.map_or(tags, |before| before.tags.clone()),
        kind,
    })
}

fn kind(given: Option<&str>, before: Option<&Parameter>) -> Result<String> {
    match (given, before) {
        (Some(given), Some(before)) if given != before.kind => Err(AwsError::new(
            "HierarchyTypeMismatchException",
            "Parameter Store doesn't support changing the type of a parameter.",
        )),
        (Some(given @ ("String" | "StringList" | "SecureString")), _) => Ok(given.to_owned()),
        (Some(given), _) => Err(invalid(format!("Value '{given}' at 'type' failed to satisfy constraint"))),
        (None, Some(before)) => Ok(before.kind.clone()),
        (None, None) => Err(invalid("A parameter type is required when you create a parameter.")),
    }
}

fn name(name: &str) -> Result<String> {
    let lower = name.trim_start_matches('/').to_ascii_lowercase();
    if lower.starts_with("aws") || lower.starts_with("ssm") {
        if name.starts_with("/aws") {
            let message = format!("No access to reserved parameter name: {name}.");
            return Err(AwsError::new("AccessDeniedException", message));
        }
        return Err(invalid("Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive)."));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    if name.is_empty() || name.len() > 1011 || !name.chars().all(fits) || name.ends_with('/') {
        return Err(invalid(
            "Parameter name must consist of a mix of letters, numbers and the following 4 symbols .-_/",
        ));
    }
    if !name.starts_with('/') && name.contains('/') {
        return Err(invalid(
            "Parameter name must be a fully qualified name: it must begin with a forward slash.",
        ));
    }
    if name.split('/').count() > LEVELS + 1 {
        let message = format!("A hierarchy can have a maximum of {LEVELS} levels.");
        return Err(AwsError::new("HierarchyLevelLimitExceededException", message));
    }
    Ok(name.to_owned())
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let name = call.params.required("Name")?;
    call.region.ssm.parameters.remove(name).ok_or_else(|| not_found(name))?;
    Ok(json!({}).into())
}

fn delete_several(call: &mut Call<'_>) -> Result<Reply> {
    let names = call.params.texts("Names");
    if names.len() > 10 {
        return Err(invalid(
            "Value at 'names' failed to satisfy constraint: Member must have length less than or equal to 10",
        ));
    }
    let parameters = &mut call.region.ssm.parameters;
    let (gone, missing): (Vec<&str>, Vec<&str>) =
        names.into_iter().partition(|name| parameters.remove(*name).is_some());
    Ok(json!({"DeletedParameters": gone, "InvalidParameters": missing}).into())
}
