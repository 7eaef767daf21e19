//! Versions of a secret's value, and the stages that say which of them is meant.

use std::collections::BTreeSet;

use super::error::{exists, invalid};
use super::secret::Secret;
use crate::loopback::action::Call;
use crate::loopback::clock::Time;
use crate::loopback::error::Result;
use crate::loopback::id;
use crate::loopback::params::Params;

pub const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";
/// The longest value, in bytes.
const LIMIT: usize = 65_536;

/// A secret value. It has no `Debug`, so that none can be written to a log.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    /// As it came: base64.
    Binary(String),
}

#[derive(Clone)]
pub struct Version {
    /// The token of the call that made it.
    pub id: String,
    pub value: Value,
    pub stages: BTreeSet<String>,
    pub made: Time,
}

impl std::fmt::Debug for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Version").field("id", &self.id).field("stages", &self.stages).finish_non_exhaustive()
    }
}

/// The value that a call brings, if any.
pub fn given(params: &Params) -> Result<Option<Value>> {
    let value = match (params.text("SecretString"), params.text("SecretBinary")) {
        (Some(_), Some(_)) => {
            return Err(invalid(
                "You can't specify both a binary secret value and a string secret value in the same secret.",
            ));
        }
        (Some(text), None) => Value::Text(text.to_owned()),
        (None, Some(binary)) => Value::Binary(binary.to_owned()),
        (None, None) => return Ok(None),
    };
    let (Value::Text(text) | Value::Binary(text)) = &value;
    match text.len() {
        0 => Err(invalid("The secret value can't be empty.")),
        1..=LIMIT => Ok(Some(value)),
        _ => Err(invalid(format!("The secret value is larger than {LIMIT} bytes."))),
    }
}

/// The token of a call, which becomes the version's id. Clients always send one; who does not, gets one.
pub fn token(call: &mut Call<'_>) -> Result<String> {
    match call.params.text("ClientRequestToken") {
        Some(token) if (32..=64).contains(&token.len()) => Ok(token.to_owned()),
        Some(_) => Err(invalid("ClientRequestToken must be 32-64 characters long.")),
        None => Ok(id::uuid(&mut call.region.rng)),
    }
}

impl Secret {
    /// The version that has a stage.
    pub fn staged(&self, stage: &str) -> Option<&Version> {
        self.versions.iter().find(|version| version.stages.contains(stage))
    }

    /// Adds a version. The same token with the same value is the same version, with another value it is refused.
    pub fn add(&mut self, token: &str, value: Value, stages: &[&str], now: Time) -> Result<()> {
        if let Some(before) = self.versions.iter().find(|version| version.id == token) {
            let message = "A resource with the ID you requested already exists.";
            return if before.value == value { Ok(()) } else { Err(exists(message)) };
        }
        self.versions.push(Version { id: token.to_owned(), value, stages: BTreeSet::new(), made: now });
        // The first version is the current one whatever the call says.
        let first = if self.versions.len() == 1 { Some(CURRENT) } else { None };
        stages.iter().copied().chain(first).for_each(|stage| self.stage(token, stage));
        self.versions.retain(|version| !version.stages.is_empty());
        self.changed = now;
        Ok(())
    }

    /// Moves a stage to a version. What was current is then the previous one.
    fn stage(&mut self, id: &str, stage: &str) {
        let before = self.staged(stage).map(|version| version.id.clone());
        for version in &mut self.versions {
            version.stages.remove(stage);
            if version.id == id {
                version.stages.insert(stage.to_owned());
            }
        }
        if let Some(before) = before.filter(|before| stage == CURRENT && before != id) {
            self.stage(&before, PREVIOUS);
        }
    }
}
