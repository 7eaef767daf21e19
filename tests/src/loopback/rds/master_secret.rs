//! The secret in which AWS keeps the master user's password, where it is left to it.

use serde_json::json;

use super::credentials;
use super::instance::Instance;
use super::noun::Noun as _;
use crate::loopback::action::Call;
use crate::loopback::clock::Time;
use crate::loopback::error::Result;
use crate::loopback::tag::Tags;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;
use crate::loopback::{id, secretsmanager};

/// Characters of a password, and which ones: those that every engine takes.
const LENGTH: usize = 28;
const CHARACTERS: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#$%&()*+-.:<=>?[]_{|}~";
const CREATING_SECONDS: f64 = 60.0;

/// Where an instance's password is kept.
#[derive(Clone, Debug)]
pub struct MasterSecret {
    pub arn: String,
    name: String,
    key: String,
    ready: Time,
}

impl MasterSecret {
    /// Makes a password and its secret.
    ///
    /// # Errors
    /// `KMSKeyNotAccessibleFault`.
    pub fn make(call: &mut Call<'_>, instance: &Instance) -> Result<Self> {
        let key = credentials::key(call, "MasterUserSecretKmsKeyId", "secretsmanager")?;
        let (ready, now) = (call.after(CREATING_SECONDS), call.now);
        let region = &mut *call.region;
        let rng = &mut region.rng;
        let password: String =
            (0..LENGTH).map(|_| char::from(CHARACTERS[rng.usize(..CHARACTERS.len())])).collect();
        let name = format!("rds!db-{}", id::uuid(rng));
        let tags = Tags::from_iter([
            ("aws:secretsmanager:owningService".to_owned(), "rds".to_owned()),
            ("aws:rds:primaryDBInstanceArn".to_owned(), instance.arn(region)),
        ]);
        let value = json!({"username": instance.settings.username, "password": password});
        let arn = secretsmanager::own(region, "rds", &name, &value, tags, now);
        Ok(Self { arn, name, key, ready })
    }

    pub fn node(&self, now: Time) -> Node {
        Node::new()
            .put("SecretArn", &self.arn)
            .put("SecretStatus", if now < self.ready { "creating" } else { "active" })
            .put("KmsKeyId", &self.key)
    }

    /// Takes the secret away: AWS keeps no window for its own.
    pub fn remove(&self, region: &mut Region) {
        region.secretsmanager.secrets.remove(&self.name);
    }
}
