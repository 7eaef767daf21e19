//! Whose a thing is, by its tags, and putting back tags that are missing.

use anyhow::Result;
use aws_sdk_rds::types::Tag;
use common::call::Call as _;
use common::fault::{Fault, is_code, is_missing};
use common::identity::Identity;
use common::session::Session;
use common::tags::{missing, rds_tags};

use crate::names::COMPONENT;

/// The value of a tag.
pub fn value<'a>(tags: &'a [Tag], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key() == Some(key))?.value()
}

/// Whether the tags are those of this environment.
pub fn is_ours(identity: &Identity, tags: &[Tag]) -> bool {
    identity.own_tags().iter().all(|(key, wanted)| value(tags, key) == Some(wanted))
}

/// # Errors
/// A conflict where the tags are not those of this environment.
pub fn check_ours(session: &Session, what: &str, tags: &[Tag]) -> Result<()> {
    if is_ours(&session.identity, tags) {
        return Ok(());
    }
    Err(not_ours(what).into())
}

/// The conflict where it is not ours.
pub fn not_ours(what: &str) -> Fault {
    Fault::conflict(format!("{what} exists and is not tagged as ours"))
        .hint("rename or delete the one that is there, or choose another NAME, --project or --env")
}

/// The tags of a subnet or parameter group, empty where there is no such group.
pub async fn tags_of(session: &Session, arn: &str) -> Result<Vec<Tag>> {
    let answer = session.aws.rds().list_tags_for_resource().resource_name(arn).send().await;
    match answer.cannot(format_args!("read the tags of {arn}")) {
        Ok(answer) => Ok(answer.tag_list.unwrap_or_default()),
        // Of a group that is not there RDS says one or the other.
        Err(error) if is_missing(&error) || is_code(&error, &["InvalidParameterValue"]) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Puts back the tags that are missing or differ, the person's own included.
pub async fn retag(session: &Session, what: &str, name: &str, arn: Option<&str>, tags: &[Tag]) -> Result<()> {
    let absent =
        missing(&session.identity.tags_of(COMPONENT, name), |key| value(tags, key).map(str::to_owned));
    let (Some(arn), false) = (arn, absent.is_empty()) else {
        return Ok(());
    };
    let keys: Vec<&str> = absent.iter().map(|(key, _)| key.as_str()).collect();
    let add = async {
        let call = session.aws.rds().add_tags_to_resource().resource_name(arn);
        call.set_tags(Some(rds_tags(&absent))).send().await.cannot(format_args!("tag the {what}"))
    };
    session.change(format_args!("{what}: tags {}", keys.join(", ")), add).await?;
    Ok(())
}
