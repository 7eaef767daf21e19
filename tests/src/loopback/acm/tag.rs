//! Tags of certificates.

use serde_json::{Value as Json, json};

use super::certificate::{named, named_mut};
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::tag::{self, Tags};

pub const ACTIONS: &[Action] = &[
    write("AddTagsToCertificate", add, "CertificateArn! Tags! Tags.N.Key Tags.N.Value"),
    write("RemoveTagsFromCertificate", remove, "CertificateArn! Tags! Tags.N.Key Tags.N.Value"),
    read("ListTagsForCertificate", list, "CertificateArn!"),
];

/// The answer of what has nothing to say.
pub fn nothing() -> Reply {
    json!({}).into()
}

/// The tags of a call, refused in the words of this service.
///
/// # Errors
/// `InvalidTagException`, `TooManyTagsException`.
pub fn given(params: &Params) -> Result<Tags> {
    let refuse = |error: AwsError| AwsError::new("InvalidTagException", error.message);
    let tags = tag::read(&params.items("Tags")).map_err(refuse)?;
    within_limit(&tags)?;
    Ok(tags)
}

fn within_limit(tags: &Tags) -> Result<()> {
    tag::limit(tags).map_err(|error| AwsError::new("TooManyTagsException", error.message))
}

fn add(call: &mut Call<'_>) -> Result<Reply> {
    let tags = given(call.params)?;
    let certificate = named_mut(call)?;
    certificate.tags.extend(tags);
    within_limit(&certificate.tags)?;
    Ok(nothing())
}

/// A tag given with a value goes only where it has that value.
fn remove(call: &mut Call<'_>) -> Result<Reply> {
    let given = call.params.items("Tags");
    let hit = |key: &str, value: &str| {
        let same =
            |tag: &&Params| tag.text("Key") == Some(key) && tag.text("Value").is_none_or(|v| v == value);
        given.iter().any(same)
    };
    named_mut(call)?.tags.retain(|key, value| !hit(key, value));
    Ok(nothing())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let tags = named(call)?.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value }));
    Ok(json!({ "Tags": tags.collect::<Vec<Json>>() }).into())
}
