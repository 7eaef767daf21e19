//! Creating secrets: once, however often the same call comes.

use super::error::{exists, invalid, refused};
use super::secret::Secret;
use super::tag::given as given_tags;
use super::version::{self, CURRENT, Value};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::Result;

pub const ACTIONS: &[Action] = &[write(
    "CreateSecret",
    create,
    "Name! ClientRequestToken Description KmsKeyId SecretBinary SecretString Tags.N.Key Tags.N.Value",
)];

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let name = name(call.params.required("Name")?)?;
    let value = version::given(call.params)?;
    let tags = given_tags(call.params)?;
    let token = version::token(call)?;
    if let Some(before) = call.region.secretsmanager.secrets.get(&name) {
        return again(before, &token, value.as_ref());
    }
    let mut secret = Secret::new(call.region, &name, tags, call.now);
    secret.description = call.params.text("Description").map(str::to_owned);
    secret.key = call.params.text("KmsKeyId").map(str::to_owned);
    let version = value.is_some().then_some(token.as_str());
    if let Some(value) = value {
        secret.add(&token, value, &[CURRENT], call.now)?;
    }
    let answer = secret.answer(version);
    call.region.secretsmanager.secrets.insert(name, secret);
    Ok(answer.into())
}

/// The same call again is answered as it was the first time; any other finds the name taken.
fn again(before: &Secret, token: &str, value: Option<&Value>) -> Result<Reply> {
    if before.deleted.is_some() {
        return Err(refused(
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
        ));
    }
    match before.versions.iter().find(|version| version.id == token) {
        Some(version) if Some(&version.value) == value => Ok(before.answer(Some(token)).into()),
        _ => Err(exists(format!("The operation failed because the secret {} already exists.", before.name))),
    }
}

fn name(text: &str) -> Result<String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "/_+=.@-".contains(c);
    if text.is_empty() || text.len() > 512 || !text.chars().all(fits) {
        return Err(invalid(
            "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!",
        ));
    }
    Ok(text.to_owned())
}
