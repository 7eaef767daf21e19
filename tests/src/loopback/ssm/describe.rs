//! Describing the account's own parameters, without their values.

use serde_json::{Value as Json, json};

use super::parameter::Parameter;
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::page;
use crate::loopback::params::Params;
use crate::loopback::world::Region;

pub const ACTIONS: &[Action] = &[read(
    "DescribeParameters",
    list,
    "MaxResults NextToken Filters.N.Key Filters.N.Values.N ParameterFilters.N.Key ParameterFilters.N.Option \
     ParameterFilters.N.Values.N",
)];

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let all = filtered(call.params, call.region.ssm.parameters.values().cloned().collect())?;
    let page = page::json(call.params, all, 1..=50, 50)?;
    let shown: Vec<Json> = page.items.iter().map(|parameter| show(parameter, call.region)).collect();
    let mut json = json!({"Parameters": shown});
    if let Some(next) = page.next {
        json["NextToken"] = json!(next);
    }
    Ok(json.into())
}

fn show(parameter: &Parameter, region: &Region) -> Json {
    let mut json = json!({
        "Name": parameter.name,
        "ARN": parameter.arn(region),
        "Type": parameter.kind,
        "LastModifiedDate": parameter.changed.seconds(),
        "LastModifiedUser": format!("arn:aws:iam::{}:user/sandbox", region.account),
        "Version": parameter.version,
        "Tier": parameter.tier,
        "Policies": [],
        "DataType": "text",
    });
    let texts = [
        ("Description", &parameter.description),
        ("KeyId", &parameter.key),
        ("AllowedPattern", &parameter.pattern),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            json[name] = json!(text);
        }
    }
    json
}

/// Those parameters that pass every filter of a call, old form and new.
pub fn filtered(params: &Params, parameters: Vec<Parameter>) -> Result<Vec<Parameter>> {
    let filters = params.items("Filters").into_iter().chain(params.items("ParameterFilters"));
    let filters: Vec<&Params> = filters.collect();
    let mut passed = Vec::new();
    for parameter in parameters {
        let mut fits = true;
        for filter in &filters {
            fits &= passes(&parameter, filter)?;
        }
        if fits {
            passed.push(parameter);
        }
    }
    Ok(passed)
}

fn passes(parameter: &Parameter, filter: &Params) -> Result<bool> {
    let values = filter.texts("Values");
    let key = filter.text("Key").unwrap_or_default();
    let held = match key {
        "Name" => Some(&parameter.name),
        "Type" => Some(&parameter.kind),
        "KeyId" => parameter.key.as_ref(),
        "Tier" => Some(&parameter.tier),
        "Path" => {
            let below = |path: &&str| parameter.name.starts_with(&format!("{}/", path.trim_end_matches('/')));
            return Ok(values.iter().any(below));
        }
        _ => {
            let message = format!("The following filter key is not valid: {key}.");
            let tag = key.strip_prefix("tag:").ok_or_else(|| AwsError::new("InvalidFilterKey", message))?;
            parameter.tags.get(tag)
        }
    };
    let fits: fn(&str, &str) -> bool = match filter.text("Option").unwrap_or("Equals") {
        "Equals" => |held, value| held == value,
        "BeginsWith" => |held, value| held.starts_with(value),
        "Contains" => |held, value| held.contains(value),
        other => {
            let message = format!("The following filter option is not valid: {other}.");
            return Err(AwsError::new("InvalidFilterOption", message));
        }
    };
    Ok(held.is_some_and(|held| values.is_empty() || values.iter().any(|value| fits(held, value))))
}
