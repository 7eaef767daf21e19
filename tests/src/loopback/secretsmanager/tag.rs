//! Tags of secrets.

use serde_json::json;

use super::error::{invalid, marked, not_found};
use super::secret::{Secret, find};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::Result;
use crate::loopback::params::Params;
use crate::loopback::tag::{self, Tags};

pub const ACTIONS: &[Action] = &[
    write("TagResource", add, "SecretId! Tags! Tags.N.Key Tags.N.Value"),
    write("UntagResource", remove, "SecretId! TagKeys.N!"),
];

/// The tags of a call, refused in the words of this service.
pub fn given(params: &Params) -> Result<Tags> {
    let tags = tag::read(&params.items("Tags"));
    tags.and_then(|tags| tag::limit(&tags).map(|()| tags)).map_err(|error| invalid(error.message))
}

/// Any secret can be tagged but one that is marked for deletion.
fn taggable<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Secret> {
    let secret = find(call.region, call.params.required("SecretId")?)?;
    if secret.deleted.is_some() {
        return Err(marked());
    }
    let name = secret.name.clone();
    call.region.secretsmanager.secrets.get_mut(&name).ok_or_else(not_found)
}

fn add(call: &mut Call<'_>) -> Result<Reply> {
    let tags = given(call.params)?;
    let secret = taggable(call)?;
    secret.tags.extend(tags);
    tag::limit(&secret.tags).map_err(|error| invalid(error.message))?;
    Ok(json!({}).into())
}

fn remove(call: &mut Call<'_>) -> Result<Reply> {
    let keys = call.params.texts("TagKeys");
    taggable(call)?.tags.retain(|key, _| !keys.contains(&key.as_str()));
    Ok(json!({}).into())
}
