//! Waiting until an instance is ready, or gone.

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_rds::types::DbInstance;
use common::fault::Fault;
use common::session::Session;
use common::wait::{State, until_ready};

use crate::change::{Change, Wanted};
use crate::instance::{self, CREATED_WITHIN};
use crate::state;

/// How long until an instance is gone.
pub const DELETED_WITHIN: Duration = Duration::from_hours(1);

/// Looks that may miss what was asked for a moment ago: an instance made, or its deletion.
const MISSES: u32 = 30;

/// Waits until the instance is ready and, with `wanted`, has everything that is asked for. `seen` is shown every look.
///
/// # Errors
/// A state it will not leave by itself, with AWS's word for it; not in time; AWS's refusal.
pub async fn until_usable(
    session: &Session,
    found: DbInstance,
    wanted: Option<&Wanted<'_>>,
    mut seen: impl FnMut(&DbInstance) -> Result<()>,
) -> Result<DbInstance> {
    let identifier = found.db_instance_identifier().unwrap_or_default().to_owned();
    let mut latest = found;
    let (mut was_usable, mut misses, mut is_first) = (false, 0, true);
    until_ready(session, CREATED_WITHIN, async || {
        // The first look is the one that has been had already, unless something was just asked for.
        if !std::mem::take(&mut is_first) {
            match instance::look(session, &identifier).await? {
                Some(found) => {
                    misses = 0;
                    latest = found;
                }
                None => misses += 1,
            }
        }
        if misses > MISSES {
            return Err(gone(&identifier));
        }
        let state = if misses > 0 {
            State::Pending("not seen yet".into())
        } else {
            stands(&latest, wanted, was_usable)
        };
        if !matches!(state, State::Failed(_)) {
            seen(&latest)?;
        }
        was_usable = state::is_usable(&latest);
        Ok(vec![(format!("DB instance {identifier}"), state)])
    })
    .await?;
    Ok(latest)
}

fn gone(identifier: &str) -> anyhow::Error {
    Fault::not_found(format!("the DB instance {identifier} is gone: another run deleted it"))
        .hint("run `rds create` again to have it back")
        .into()
}

/// A status of `available` right after a change may be from before it: what counts is that the settings have come about.
pub fn stands(found: &DbInstance, wanted: Option<&Wanted<'_>>, was_usable: bool) -> State {
    let outstanding = wanted.map(|wanted| wanted.outstanding(found)).unwrap_or_default();
    match state::of(found, was_usable) {
        State::Ready if !outstanding.is_empty() => {
            let words: Vec<String> = outstanding.iter().map(Change::words).collect();
            State::Pending(format!("changing {}", words.join(", ")))
        }
        State::Failed(_)
            if state::status(found) == "storage-full" && outstanding.iter().any(Change::is_more_storage) =>
        {
            State::Pending("storage-full, growing".to_owned())
        }
        state => state,
    }
}

/// Waits until the instance is gone. Its deletion has been asked for, which a look may miss at first.
///
/// # Errors
/// Not in time; AWS's refusal; an instance that stays although it was being deleted.
pub async fn until_gone(session: &Session, identifier: &str) -> Result<()> {
    let mut failed = 0;
    until_ready(session, DELETED_WITHIN, async || {
        let state = match instance::look(session, identifier).await? {
            None => State::Ready,
            Some(found) if state::is_deleting(&found) => State::Pending("deleting".to_owned()),
            Some(found) if state::takes_no_snapshot(&found) && failed == MISSES => {
                State::Failed(format!("AWS says {}", state::status(&found)))
            }
            Some(found) => {
                failed += u32::from(state::takes_no_snapshot(&found));
                State::Pending(state::status(&found).to_owned())
            }
        };
        Ok(vec![(format!("DB instance {identifier}"), state)])
    })
    .await
    .with_context(|| format!("cannot see the end of the DB instance {identifier}"))
}
