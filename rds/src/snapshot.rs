//! `rds snapshot`: a snapshot that stays until somebody deletes it.

use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result};
use aws_sdk_rds::types::DbSnapshot;
use aws_smithy_types::date_time::Format;
use common::call::{Call as _, both};
use common::fault::{Fault, is_code, is_missing};
use common::session::Session;
use common::tags::rds_tags;
use common::wait::{State, until_ready, while_refused};

use crate::cli::Snapshot;
use crate::names::{COMPONENT, Names};
use crate::ownership::{check_ours, is_ours, not_ours};
use crate::{instance, secret, section, state};

/// How long a snapshot may take, and how long until the database is in a state to take one.
const TAKEN_WITHIN: Duration = Duration::from_hours(1);

pub async fn snapshot(session: &Session, flags: &Snapshot) -> Result<()> {
    let names = Names::new(&session.identity, &flags.name);
    let look = both(instance::look(session, &names.identifier), secret::look(session, &names));
    let (found, secret) = session.inventory(look).await?;
    let found = found.filter(|found| !state::is_deleting(found)).ok_or_else(|| {
        Fault::not_found(format!("there is no DB instance {}", names.identifier))
            .hint("run `rds create` first")
    })?;
    check_ours(session, &format!("DB instance {}", names.identifier), found.tag_list())?;
    let name = match &flags.snapshot {
        Some(name) => name.clone(),
        None => format!("{}-{}", names.identifier, timestamp()?),
    };
    let made = session.make(format_args!("snapshot {name}"), take(session, &names, &name)).await?;
    let before = section::before(session, &names.name)?;
    let secret = secret.filter(|secret| secret.check_ours(session, &names.secret).is_ok());
    let mut database = section::database(&found, secret.map(|it| it.arn), before.as_ref());
    database.latest_snapshot = made.or(database.latest_snapshot);
    section::write(session, [(names.name.clone(), database)])?;
    if session.waits() { until_taken(session, &name).await } else { Ok(()) }
}

/// Takes it, or takes over the one of this name that an interrupted run has begun.
async fn take(session: &Session, names: &Names, name: &str) -> Result<String> {
    let what = format!("the DB instance {} to be ready for a snapshot", names.identifier);
    let tags = session.identity.tags_of(COMPONENT, name);
    let taken = while_refused(session, &["InvalidDBInstanceState"], &what, TAKEN_WITHIN, async || {
        let call = session.aws.rds().create_db_snapshot();
        call.db_instance_identifier(&names.identifier)
            .db_snapshot_identifier(name)
            .set_tags(Some(rds_tags(&tags)))
            .send()
            .await
            .cannot(format_args!("take the snapshot {name}"))
    });
    match taken.await {
        Ok(_) => Ok(name.to_owned()),
        Err(taken) if is_code(&taken, &["DBSnapshotAlreadyExists"]) => {
            let found = look(session, name).await?;
            let is_it = |found: &DbSnapshot| {
                is_ours(&session.identity, found.tag_list())
                    && found.db_instance_identifier() == Some(&names.identifier)
            };
            if found.as_ref().is_some_and(is_it) {
                return Ok(name.to_owned());
            }
            Err(taken.context(not_ours(&format!("snapshot {name}"))))
        }
        Err(error) => Err(error),
    }
}

async fn look(session: &Session, name: &str) -> Result<Option<DbSnapshot>> {
    let answer = session.aws.rds().describe_db_snapshots().db_snapshot_identifier(name).send().await;
    match answer.cannot(format_args!("look up the snapshot {name}")) {
        Ok(answer) => Ok(answer.db_snapshots.and_then(|snapshots| snapshots.into_iter().next())),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn until_taken(session: &Session, name: &str) -> Result<()> {
    until_ready(session, TAKEN_WITHIN, async || {
        let found = look(session, name).await?;
        let status = found.as_ref().and_then(|found| found.status()).unwrap_or("not seen yet");
        let state = match status {
            "available" => State::Ready,
            "failed" | "incompatible-restore" | "incompatible-parameters" => {
                State::Failed(format!("AWS says {status}"))
            }
            _ => State::Pending(progress(status, found.as_ref())),
        };
        Ok(vec![(format!("snapshot {name}"), state)])
    })
    .await
}

fn progress(status: &str, found: Option<&DbSnapshot>) -> String {
    match found.and_then(aws_sdk_rds::types::DbSnapshot::percent_progress) {
        Some(percent) if percent > 0 => format!("{status}, {percent} %"),
        _ => status.to_owned(),
    }
}

/// The manual snapshots of a database: those that stay when it goes.
pub async fn kept(session: &Session, identifier: &str) -> Result<Vec<String>> {
    let call =
        session.aws.rds().describe_db_snapshots().db_instance_identifier(identifier).snapshot_type("manual");
    let snapshots = call
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot(format_args!("look up the snapshots of {identifier}"))?;
    Ok(snapshots.into_iter().filter_map(|snapshot| snapshot.db_snapshot_identifier).collect())
}

/// The time now, in UTC, as part of a name: `20260131-120000`.
///
/// # Errors
/// None in practice: a clock set past the year 9999.
pub fn timestamp() -> Result<String> {
    let now = aws_smithy_types::DateTime::from(SystemTime::now());
    let text = now.fmt(Format::DateTime).context("the clock shows no time")?;
    Ok(compact(&text))
}

/// `20260131-120000` of `2026-01-31T12:00:00.123Z`.
fn compact(time: &str) -> String {
    let whole = time.split(['.', 'Z']).next().unwrap_or_default();
    whole.replace(['-', ':'], "").replace('T', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_fits_into_a_name() {
        assert_eq!(compact("2026-01-31T12:00:00.123Z"), "20260131-120000");
        assert_eq!(timestamp().unwrap().len(), "20260131-120000".len());
    }
}
