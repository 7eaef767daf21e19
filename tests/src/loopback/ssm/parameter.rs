//! Parameters, the account's own and the public ones, and reading them by name.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value as Json, json};

use crate::loopback::action::{Action, Call, Reply, Resource, read};
use crate::loopback::clock::Time;
use crate::loopback::ec2::public_images;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::Tags;
use crate::loopback::world::Region;

pub const ACTIONS: &[Action] = &[
    read("GetParameter", get, "Name! WithDecryption"),
    read("GetParameters", get_several, "Names.N! WithDecryption"),
];

#[derive(Clone)]
pub struct Parameter {
    pub name: String,
    /// `String`, `StringList` or `SecureString`.
    pub kind: String,
    pub value: String,
    pub description: Option<String>,
    pub key: Option<String>,
    pub pattern: Option<String>,
    pub tier: String,
    pub version: u64,
    pub changed: Time,
    pub tags: Tags,
}

impl std::fmt::Debug for Parameter {
    /// Without its value, which may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parameter").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Parameter {
    pub fn secure(&self) -> bool {
        self.kind == "SecureString"
    }

    pub fn arn(&self, region: &Region) -> String {
        let account = if self.name.starts_with("/aws/") { "" } else { region.account.as_str() };
        let slash = if self.name.starts_with('/') { "" } else { "/" };
        format!("arn:aws:ssm:{}:{account}:parameter{slash}{}", region.name, self.name)
    }

    /// As reads have it. A secure one is shown as it is stored unless it is to be decrypted.
    pub fn show(&self, region: &Region, decrypt: bool) -> Json {
        let sealed = || BASE64.encode(format!("{}:{}", self.name, self.version));
        json!({
            "Name": self.name,
            "Type": self.kind,
            "Value": if self.secure() && !decrypt { sealed() } else { self.value.clone() },
            "Version": self.version,
            "LastModifiedDate": self.changed.seconds(),
            "ARN": self.arn(region),
            "DataType": "text",
        })
    }

    /// As a dump has it: a secure one without its value.
    pub fn resource(&self, region: &Region) -> Resource {
        let value = if self.secure() { Json::Null } else { json!(self.value) };
        let tags: serde_json::Map<_, _> =
            self.tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        let body = json!({"Name": self.name, "Type": self.kind, "Value": value, "Tags": tags});
        let name = Some(self.name.clone());
        Resource { kind: "parameter", id: self.arn(region), name, aliases: Vec::new(), body }
    }
}

/// A parameter by name or ARN, the public ones among them.
pub fn find(region: &Region, id: &str) -> Result<Parameter> {
    let path = id.split_once(":parameter").map_or(id, |(_, path)| path);
    let (name, version) = path.split_once(':').map_or((path, None), |(name, version)| (name, Some(version)));
    let own = &region.ssm.parameters;
    let own = own.get(name).or_else(|| own.get(name.strip_prefix('/').filter(|_| path != id)?));
    let found = own.cloned().or_else(|| public(region).into_iter().find(|parameter| parameter.name == name));
    let found = found.ok_or_else(|| not_found(id))?;
    if version.is_some_and(|version| version != found.version.to_string()) {
        let message =
            format!("Systems Manager could not find version {} of {name}.", version.unwrap_or_default());
        return Err(AwsError::new("ParameterVersionNotFound", message));
    }
    Ok(found)
}

pub fn not_found(name: &str) -> AwsError {
    AwsError::new("ParameterNotFound", format!("Parameter {name} not found."))
}

/// The parameters that AWS keeps for everybody: the newest images.
pub fn public(region: &Region) -> Vec<Parameter> {
    let of = |image: &public_images::PublicImage| {
        let value = image.id(&region.name);
        image.parameters.iter().map(move |name| Parameter {
            name: (*name).to_owned(),
            kind: "String".to_owned(),
            value: value.clone(),
            description: None,
            key: None,
            pattern: None,
            tier: "Standard".to_owned(),
            version: 1,
            changed: Time(0),
            tags: Tags::new(),
        })
    };
    public_images::ALL.iter().flat_map(of).collect()
}

fn get(call: &mut Call<'_>) -> Result<Reply> {
    let decrypt = call.params.flag("WithDecryption")? == Some(true);
    let parameter = find(call.region, call.params.required("Name")?)?;
    Ok(json!({"Parameter": parameter.show(call.region, decrypt)}).into())
}

fn get_several(call: &mut Call<'_>) -> Result<Reply> {
    let decrypt = call.params.flag("WithDecryption")? == Some(true);
    let names = call.params.texts("Names");
    if names.len() > 10 {
        let message = "1 validation error detected: Value at 'names' failed to satisfy constraint: Member must have \
                       length less than or equal to 10";
        return Err(AwsError::new("ValidationException", message));
    }
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for name in names {
        match find(call.region, name) {
            Ok(parameter) => found.push(parameter.show(call.region, decrypt)),
            Err(_) => missing.push(name),
        }
    }
    Ok(json!({"Parameters": found, "InvalidParameters": missing}).into())
}
