//! Key pairs: made here or brought along.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::describe::{Shape, select};
use super::key_material;
use super::noun::kept;
use super::public_key::{Algorithm, PublicKey};
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::params::missing;
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("CreateKeyPair", create, "KeyName! KeyType KeyFormat @tags"),
    write("ImportKeyPair", import, "KeyName! PublicKeyMaterial! @tags"),
    read("DescribeKeyPairs", list, "KeyName.N KeyPairId.N IncludePublicKey @filters"),
    write("DeleteKeyPair", delete, "KeyName KeyPairId"),
];

#[derive(Clone, Debug)]
pub struct KeyPair {
    pub meta: Meta,
    pub name: String,
    pub algorithm: Algorithm,
    pub fingerprint: String,
    /// As in an `authorized_keys` file.
    pub public: String,
}

impl Noun for KeyPair {
    const KIND: Kind = Kind {
        tag: "key-pair",
        prefix: "key-",
        word: "key pair ID",
        malformed: "InvalidKeyPairID.Malformed",
        not_found: "InvalidKeyPair.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("key-pair-id", |key, _| vec![key.meta.id.clone()]),
        ("key-name", |key, _| vec![key.name.clone()]),
        ("fingerprint", |key, _| vec![key.fingerprint.clone()]),
    ];

    kept!(key_pairs);

    fn show(&self, _view: View<'_>) -> Node {
        Node::new()
            .put("keyPairId", self.id())
            .put("keyName", &self.name)
            .put("keyType", self.algorithm.name())
            .put("keyFingerprint", &self.fingerprint)
            .put("createTime", self.meta.made)
            .list("tagSet", tag::nodes(&self.meta.tags))
    }

    fn aliases(&self) -> Vec<String> {
        vec![self.fingerprint.clone()]
    }
}

/// The refusal of a name that no key pair has.
#[must_use]
pub fn unknown(name: &str) -> AwsError {
    AwsError::new("InvalidKeyPair.NotFound", format!("The key pair '{name}' does not exist"))
}

/// The key pair with a name, where it can be seen.
///
/// # Errors
/// `InvalidKeyPair.NotFound`.
pub fn named<'a>(call: &'a Call<'_>, name: &str) -> Result<&'a KeyPair> {
    let mut seen = call.region.ec2.key_pairs.values().filter(|key| key.meta.visible <= call.now);
    seen.find(|key| key.name == name).ok_or_else(|| unknown(name))
}

/// A name that is free.
fn free_name(call: &Call<'_>) -> Result<String> {
    let name = call.params.required("KeyName")?;
    if name.is_empty() || name.len() > 255 || !name.is_ascii() || name.trim() != name {
        return Err(AwsError::invalid_value(format!("Value ({name}) for parameter KeyName is invalid.")));
    }
    if call.region.ec2.key_pairs.values().any(|key| key.name == name) {
        let message = format!("The keypair '{name}' already exists.");
        return Err(AwsError::new("InvalidKeyPair.Duplicate", message));
    }
    Ok(name.to_owned())
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let name = free_name(call)?;
    if let Some(format) = call.params.text("KeyFormat").filter(|format| *format != "pem") {
        return Err(AwsError::invalid_value(format!("The loopback AWS has no key format '{format}'")));
    }
    let made = match call.params.text("KeyType").unwrap_or("rsa") {
        "ed25519" => key_material::ed25519()?,
        "rsa" => key_material::rsa()?,
        other => {
            return Err(AwsError::invalid_value(format!(
                "Value ({other}) for parameter KeyType is invalid."
            )));
        }
    };
    let fingerprint = made.fingerprint;
    let answer = keep(call, name, &made.public, fingerprint)?;
    Ok(answer.put("keyMaterial", made.private).into())
}

fn import(call: &mut Call<'_>) -> Result<Reply> {
    let name = free_name(call)?;
    let bad = || AwsError::new("InvalidKey.Format", "Key is not in valid OpenSSH public key format");
    let material = BASE64.decode(call.params.required("PublicKeyMaterial")?).map_err(|_| bad())?;
    let public = PublicKey::parse(std::str::from_utf8(&material).map_err(|_| bad())?).ok_or_else(bad)?;
    let fingerprint = public.fingerprint();
    Ok(keep(call, name, &public, fingerprint)?.into())
}

fn keep(call: &mut Call<'_>, name: String, public: &PublicKey, fingerprint: String) -> Result<Node> {
    let meta = call.make::<KeyPair>()?;
    let (algorithm, public) = (public.algorithm, public.line(&name));
    let key = KeyPair { meta, name, algorithm, fingerprint, public };
    let answer = Node::new()
        .put("keyPairId", key.id())
        .put("keyName", &key.name)
        .put("keyFingerprint", &key.fingerprint)
        .list("tagSet", tag::nodes(&key.meta.tags));
    call.keep(key);
    Ok(answer)
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let names = call.params.texts("KeyName");
    for name in &names {
        named(call, name)?;
    }
    let public = call.params.flag("IncludePublicKey")?.unwrap_or_default();
    let selected = select::<KeyPair>(call, &Shape::new("KeyPairId", "keySet"))?;
    let asked = |key: &&KeyPair| names.is_empty() || names.contains(&key.name.as_str());
    let nodes = selected
        .into_iter()
        .filter(asked)
        .map(|key| key.show(call.view()).maybe("publicKey", public.then_some(&key.public)));
    Ok(Node::new().list("keySet", nodes).into())
}

/// Deleting what is not there succeeds.
fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let id = match (call.params.text("KeyPairId"), call.params.text("KeyName")) {
        (Some(id), _) => {
            KeyPair::KIND.check(id)?;
            Some(id.to_owned())
        }
        (None, Some(name)) => named(call, name).ok().map(|key| key.meta.id.clone()),
        (None, None) => return Err(missing("KeyName")),
    };
    if let Some(id) = &id {
        call.drop_noun::<KeyPair>(id);
    }
    Ok(Node::new().put("return", true).maybe("keyPairId", id).into())
}
