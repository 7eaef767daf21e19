//! Secrets in Secrets Manager: the one place where a password made here is kept.
//!
//! The text of a version is only ever handed to the one call that sends it. Which version is in force tells what it was made for,
//! because its id is the derived token of the call that wrote it.

mod call;
mod delete;

use std::time::Duration;

use anyhow::Result;
use aws_sdk_secretsmanager::types::Tag;

pub use call::{create, look, put, read, restore, retag};
pub use delete::delete;

use crate::fault::Fault;
use crate::identity::Identity;
use crate::session::Session;

/// How long a name may stay taken: by a secret that was deleted a moment ago, or by one that is not to be seen yet.
pub const SETTLES_WITHIN: Duration = Duration::from_mins(2);

/// What tells that another run, or a deletion, was there first.
pub const RACED: [&str; 3] =
    ["ResourceExistsException", "InvalidRequestException", "ResourceNotFoundException"];

/// A secret that is to be there.
#[derive(Debug, Clone)]
pub struct Place<'a> {
    pub name: &'a str,
    /// Its `Component` tag.
    pub component: &'a str,
    /// What a person reads in the console.
    pub description: String,
}

/// A secret as AWS describes it, without its value.
#[derive(Debug, Clone)]
pub struct Secret {
    pub arn: String,
    pub tags: Vec<Tag>,
    /// Scheduled for deletion: it can be had back.
    pub is_deleted: bool,
    /// The version in force, and the one before it.
    pub current: Option<String>,
    pub previous: Option<String>,
}

impl Secret {
    pub fn is_ours(&self, identity: &Identity) -> bool {
        let value = |key: &str| self.tags.iter().find(|tag| tag.key() == Some(key))?.value();
        identity.own_tags().iter().all(|(key, wanted)| value(key) == Some(*wanted))
    }

    /// # Errors
    /// A conflict where it is not tagged as ours.
    pub fn check_ours(&self, session: &Session, name: &str) -> Result<()> {
        if self.is_ours(&session.identity) {
            return Ok(());
        }
        Err(Fault::conflict(format!("secret {name} exists and is not tagged as ours"))
            .hint("rename or delete the one that is there, or choose another --project or --env")
            .into())
    }
}

/// One version of a secret. It has no `Debug`: it must not get into a message by accident.
pub struct Version {
    pub id: Option<String>,
    pub text: String,
}
