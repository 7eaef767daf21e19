//! Listing secrets: filtered, sorted, in pages.

use serde_json::{Value as Json, json};

use super::error::invalid;
use super::secret::Secret;
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::page;
use crate::loopback::params::Params;

pub const ACTIONS: &[Action] = &[read(
    "ListSecrets",
    list,
    "IncludePlannedDeletion MaxResults NextToken SortOrder SortBy Filters.N.Key Filters.N.Values.N",
)];

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let planned = call.params.flag("IncludePlannedDeletion")? == Some(true);
    let filters = call.params.items("Filters");
    let region = &call.region.name;
    let mut found = Vec::new();
    for secret in call.region.secretsmanager.secrets.values() {
        let mut fits = planned || secret.deleted.is_none();
        for filter in &filters {
            fits &= passes(secret, filter, region)?;
        }
        if fits {
            found.push(secret);
        }
    }
    sort(&mut found, call.params)?;
    let size = call.params.parsed::<usize>("MaxResults")?.unwrap_or(100);
    if !(1..=100).contains(&size) {
        return Err(invalid("MaxResults must be between 1 and 100."));
    }
    let bad = || AwsError::new("InvalidNextTokenException", "The NextToken value is invalid.");
    let page = page::cut(found, size, call.params.text("NextToken"), bad)?;
    let secrets: Vec<Json> = page.items.iter().map(|s| s.show("SecretVersionsToStages")).collect();
    let mut json = json!({"SecretList": secrets});
    if let Some(next) = page.next {
        json["NextToken"] = json!(next);
    }
    Ok(json.into())
}

/// Whether a filter lets a secret through. Values are beginnings, with `!` before those that must not be.
fn passes(secret: &Secret, filter: &Params, region: &str) -> Result<bool> {
    let values = filter.texts("Values");
    if values.is_empty() {
        return Err(invalid("A filter needs at least one value."));
    }
    let held: Vec<String> = match filter.text("Key").unwrap_or_default() {
        "name" => vec![secret.name.clone()],
        "description" => vec![secret.description.clone().unwrap_or_default()],
        "tag-key" => secret.tags.keys().cloned().collect(),
        "tag-value" => secret.tags.values().cloned().collect(),
        "owning-service" => secret.owner.map(str::to_owned).into_iter().collect(),
        "primary-region" => vec![region.to_owned()],
        "all" => everything(secret),
        other => return Err(invalid(format!("Invalid filter key '{other}'."))),
    };
    let insensitive = matches!(filter.text("Key"), Some("description" | "all"));
    let fold = |text: &str| if insensitive { text.to_lowercase() } else { text.to_owned() };
    let begins = |held: &String, value: &str| fold(held).starts_with(&fold(value));
    Ok(values.iter().any(|value| match value.strip_prefix('!') {
        Some(value) => !held.iter().any(|held| begins(held, value)),
        None => held.iter().any(|held| begins(held, value)),
    }))
}

/// The words of all that can be searched.
fn everything(secret: &Secret) -> Vec<String> {
    let texts = [&secret.name].into_iter().chain(&secret.description);
    let tags = secret.tags.iter().flat_map(|(key, value)| [key, value]);
    texts.chain(tags).flat_map(|text| text.split(['/', ' ', '_', '-', '.'])).map(str::to_owned).collect()
}

fn sort(secrets: &mut [&Secret], params: &Params) -> Result<()> {
    match params.text("SortBy").unwrap_or("created-date") {
        "created-date" => secrets.sort_by_key(|secret| secret.made),
        "last-changed-date" | "last-accessed-date" => secrets.sort_by_key(|secret| secret.changed),
        "name" => {}
        other => return Err(invalid(format!("Invalid SortBy '{other}'."))),
    }
    match params.text("SortOrder").unwrap_or("desc") {
        "asc" => {}
        "desc" => secrets.reverse(),
        other => return Err(invalid(format!("Invalid SortOrder '{other}'."))),
    }
    Ok(())
}
