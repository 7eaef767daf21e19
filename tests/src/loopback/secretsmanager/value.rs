//! The values of secrets: read, put and updated.

use serde_json::json;

use super::error::{marked, not_found};
use super::secret::{changeable, find};
use super::version::{self, CURRENT, Value};
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::{AwsError, Result};

pub const ACTIONS: &[Action] = &[
    read("GetSecretValue", get, "SecretId! VersionId VersionStage"),
    write("PutSecretValue", put, "SecretId! ClientRequestToken SecretBinary SecretString VersionStages.N"),
    write(
        "UpdateSecret",
        update,
        "SecretId! ClientRequestToken Description KmsKeyId SecretBinary SecretString",
    ),
];

fn get(call: &mut Call<'_>) -> Result<Reply> {
    let secret = find(call.region, call.params.required("SecretId")?)?;
    if secret.deleted.is_some() {
        return Err(marked());
    }
    let (id, stage) = (call.params.text("VersionId"), call.params.text("VersionStage"));
    let stage = stage.or(if id.is_none() { Some(CURRENT) } else { None });
    let fits = |v: &&version::Version| {
        id.is_none_or(|id| v.id == id) && stage.is_none_or(|stage| v.stages.contains(stage))
    };
    let version = secret.versions.iter().find(fits).ok_or_else(|| missing(id, stage))?;
    let mut json = secret.answer(Some(&version.id));
    json["VersionStages"] = json!(version.stages);
    json["CreatedDate"] = json!(version.made.seconds());
    match &version.value {
        Value::Text(text) => json["SecretString"] = json!(text),
        Value::Binary(binary) => json["SecretBinary"] = json!(binary),
    }
    Ok(json.into())
}

fn missing(id: Option<&str>, stage: Option<&str>) -> AwsError {
    let what = match (id, stage) {
        (Some(id), _) => format!("VersionId: {id}"),
        (None, Some(stage)) => format!("staging label: {stage}"),
        (None, None) => return not_found(),
    };
    let message = format!("Secrets Manager can't find the specified secret value for {what}");
    AwsError::new("ResourceNotFoundException", message)
}

fn put(call: &mut Call<'_>) -> Result<Reply> {
    let value = version::given(call.params)?;
    let value = value
        .ok_or_else(|| super::error::invalid("You must provide either SecretString or SecretBinary."))?;
    let token = version::token(call)?;
    let (now, stages) = (call.now, call.params.texts("VersionStages"));
    let stages = if stages.is_empty() { vec![CURRENT] } else { stages };
    let secret = changeable(call)?;
    secret.add(&token, value, &stages, now)?;
    let stages = secret.versions.iter().find(|version| version.id == token).map(|v| v.stages.clone());
    let mut json = secret.answer(Some(&token));
    json["VersionStages"] = json!(stages.unwrap_or_default());
    Ok(json.into())
}

fn update(call: &mut Call<'_>) -> Result<Reply> {
    let value = version::given(call.params)?;
    let token = version::token(call)?;
    let description = call.params.text("Description").map(str::to_owned);
    let key = call.params.text("KmsKeyId").map(str::to_owned);
    let now = call.now;
    let secret = changeable(call)?;
    secret.description = description.or_else(|| secret.description.take());
    secret.key = key.or_else(|| secret.key.take());
    secret.changed = now;
    let version = value.is_some().then_some(token.as_str());
    if let Some(value) = value {
        secret.add(&token, value, &[CURRENT], now)?;
    }
    Ok(secret.answer(version).into())
}
