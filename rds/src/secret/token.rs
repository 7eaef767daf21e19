//! The tokens of the secret's versions. A token becomes the version's id, so it says afterwards what a version was made for.

use common::identity::Identity;
use common::token::derived;

use super::Content;
use crate::names::Names;

/// Of the version that says `content` and takes the place of version `replaced`; none with a new secret.
pub fn of(identity: &Identity, names: &Names, content: &Content, replaced: Option<&str>) -> String {
    derived(
        identity,
        "rds-secret",
        &[&names.secret, &content.without_password(), replaced.unwrap_or_default()],
        0,
    )
}
