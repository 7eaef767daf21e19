//! Secrets: what they are, how they are found, created and described.

use serde_json::{Map, Value as Json, json};

use super::error::{managed, marked, not_found};
use super::version::{CURRENT, Value, Version};
use crate::loopback::action::{Action, Call, Reply, Resource, read};
use crate::loopback::clock::Time;
use crate::loopback::error::Result;
use crate::loopback::tag::Tags;
use crate::loopback::world::Region;

pub const ACTIONS: &[Action] = &[read("DescribeSecret", describe, "SecretId!")];

/// How many characters AWS puts behind a secret's name in its ARN, so that one made anew under the same name is another.
const SUFFIX: usize = 6;

#[derive(Clone, Debug)]
pub struct Secret {
    pub arn: String,
    pub name: String,
    pub description: Option<String>,
    pub key: Option<String>,
    pub tags: Tags,
    /// The service that keeps it, if one does: `rds`.
    pub owner: Option<&'static str>,
    pub versions: Vec<Version>,
    pub made: Time,
    pub changed: Time,
    /// When it will be gone, once it is marked for deletion.
    pub deleted: Option<Time>,
}

impl Secret {
    pub fn new(region: &mut Region, name: &str, tags: Tags, now: Time) -> Self {
        let suffix: String = (0..SUFFIX).map(|_| region.rng.alphanumeric()).collect();
        let arn = region.arn("secretsmanager", &format!("secret:{name}-{suffix}"));
        Self {
            arn,
            name: name.to_owned(),
            description: None,
            key: None,
            tags,
            owner: None,
            versions: Vec::new(),
            made: now,
            changed: now,
            deleted: None,
        }
    }

    /// As `DescribeSecret` has it; `ListSecrets` calls the versions by another name.
    pub fn show(&self, versions: &str) -> Json {
        let mut json = self.settings();
        let stages = |v: &Version| (v.id.clone(), json!(v.stages));
        json.insert(versions.to_owned(), self.versions.iter().map(stages).collect::<Map<_, _>>().into());
        json.insert("ARN".to_owned(), json!(self.arn));
        json.insert("CreatedDate".to_owned(), json!(self.made.seconds()));
        json.insert("LastChangedDate".to_owned(), json!(self.changed.seconds()));
        if let Some(deleted) = self.deleted {
            json.insert("DeletedDate".to_owned(), json!(deleted.seconds()));
        }
        Json::Object(json)
    }

    /// What its owner has set: neither value nor anything that AWS chose.
    fn settings(&self) -> Map<String, Json> {
        let tags: Vec<Json> =
            self.tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        let mut json = Map::new();
        json.insert("Name".to_owned(), json!(self.name));
        json.insert("Tags".to_owned(), json!(tags));
        let texts = [("Description", &self.description), ("KmsKeyId", &self.key)];
        for (name, text) in texts {
            if let Some(text) = text {
                json.insert(name.to_owned(), json!(text));
            }
        }
        if let Some(owner) = self.owner {
            json.insert("OwningService".to_owned(), json!(owner));
            json.insert("RotationEnabled".to_owned(), json!(true));
            json.insert("RotationRules".to_owned(), json!({"AutomaticallyAfterDays": 7}));
        }
        json
    }

    /// As a dump has it: never a value.
    pub fn resource(&self) -> Resource {
        let mut body = self.settings();
        body.insert("HasValue".to_owned(), json!(self.staged(CURRENT).is_some()));
        body.insert("MarkedForDeletion".to_owned(), json!(self.deleted.is_some()));
        // The name of one that a service keeps is chosen by the service.
        let (name, aliases) = match self.owner {
            Some(owner) => (format!("of {owner}"), vec![self.name.clone()]),
            None => (self.name.clone(), Vec::new()),
        };
        Resource { kind: "secret", id: self.arn.clone(), name: Some(name), aliases, body: Json::Object(body) }
    }

    /// What calls that change a secret answer with.
    pub fn answer(&self, version: Option<&str>) -> Json {
        let mut json = json!({"ARN": self.arn, "Name": self.name});
        if let Some(version) = version {
            json["VersionId"] = json!(version);
        }
        json
    }
}

/// A secret by name, ARN, or ARN without the suffix.
pub fn find<'a>(region: &'a Region, id: &str) -> Result<&'a Secret> {
    let secrets = &region.secretsmanager.secrets;
    let by_arn = |secret: &&Secret| secret.arn == id || secret.arn[..secret.arn.len() - SUFFIX - 1] == *id;
    secrets.get(id).or_else(|| secrets.values().find(by_arn)).ok_or_else(not_found)
}

/// The secret that a call names, to change it: neither marked for deletion nor kept by a service.
pub fn changeable<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Secret> {
    let secret = find(call.region, call.params.required("SecretId")?)?;
    if secret.deleted.is_some() {
        return Err(marked());
    }
    if let Some(owner) = secret.owner {
        return Err(managed(owner));
    }
    let name = secret.name.clone();
    call.region.secretsmanager.secrets.get_mut(&name).ok_or_else(not_found)
}

/// Makes the secret that a service keeps for a resource of the account, and answers with its ARN.
pub fn own(
    region: &mut Region,
    owner: &'static str,
    name: &str,
    value: &Json,
    tags: Tags,
    now: Time,
) -> String {
    let mut secret = Secret::new(region, name, tags, now);
    secret.owner = Some(owner);
    let token = crate::loopback::id::uuid(&mut region.rng);
    // A secret without versions takes any token.
    let _ = secret.add(&token, Value::Text(value.to_string()), &[CURRENT], now);
    let arn = secret.arn.clone();
    region.secretsmanager.secrets.insert(name.to_owned(), secret);
    arn
}

fn describe(call: &mut Call<'_>) -> Result<Reply> {
    let secret = find(call.region, call.params.required("SecretId")?)?;
    Ok(secret.show("VersionIdsToStages").into())
}
