//! Deleting the instance.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_rds::types::DbInstance;
use common::call::Call as _;
use common::fault::is_missing;
use common::session::Session;
use common::wait::{State, until_ready, while_refused};

use crate::cli::Delete;
use crate::instance::{self, CREATED_WITHIN};
use crate::names::Names;
use crate::{settle, snapshot, state};

/// How long until an instance shows that it is no longer protected.
const UNPROTECTED_WITHIN: Duration = Duration::from_mins(10);

/// Lifts the protection from deletion, which the person has confirmed.
///
/// # Errors
/// AWS's refusal.
pub async fn unprotect(session: &Session, names: &Names, found: &DbInstance) -> Result<()> {
    if found.deletion_protection() != Some(true) || state::is_deleting(found) {
        return Ok(());
    }
    let what = format!("DB instance {}", names.identifier);
    let lift =
        Box::pin(while_refused(session, &["InvalidDBInstanceState"], &what, CREATED_WITHIN, async || {
            let call = session.aws.rds().modify_db_instance().db_instance_identifier(&names.identifier);
            call.deletion_protection(false)
                .apply_immediately(true)
                .send()
                .await
                .cannot(format_args!("unprotect the {what}"))
        }));
    let lifted = session.change(format_args!("{what}: protection from deletion off"), lift).await?;
    if lifted.is_none() {
        return Ok(());
    }
    until_ready(session, UNPROTECTED_WITHIN, async || {
        let found = instance::look(session, &names.identifier).await?;
        let is_protected = found.is_some_and(|found| found.deletion_protection() == Some(true));
        let state = if is_protected { State::Pending("still protected".into()) } else { State::Ready };
        Ok(vec![(what.clone(), state)])
    })
    .await
}

/// Asks for the deletion and waits until the instance is gone. Where it is under way already, by an earlier run or by an answer that was lost, nothing is asked again:
/// there is one final snapshot however often this runs.
///
/// # Errors
/// AWS's refusal.
pub async fn take_down(session: &Session, flags: &Delete, names: &Names, found: &DbInstance) -> Result<()> {
    if state::is_deleting(found) {
        return if session.waits() { settle::until_gone(session, &names.identifier).await } else { Ok(()) };
    }
    let how = if flags.skip_final_snapshot { "without a final snapshot" } else { "after a final snapshot" };
    let what = format!("the DB instance {} to be deletable", names.identifier);
    // In these a deletion is refused: it is being made or changed, or is being deleted already.
    let busy = ["InvalidDBInstanceState", "DBSnapshotAlreadyExists"];
    let ask = while_refused(session, &busy, &what, CREATED_WITHIN, async || {
        match ask(session, flags, names).await {
            Err(refused) if common::fault::is_code(&refused, &busy) => {
                let now = instance::look(session, &names.identifier).await?;
                if now.is_none_or(|now| state::is_deleting(&now)) { Ok(()) } else { Err(refused) }
            }
            Err(gone) if is_missing(&gone) => Ok(()),
            other => other,
        }
    });
    let delete = Box::pin(async {
        ask.await?;
        if session.waits() { settle::until_gone(session, &names.identifier).await } else { Ok(()) }
    });
    session.delete(format_args!("DB instance {} {how}", names.identifier), delete).await?;
    Ok(())
}

async fn ask(session: &Session, flags: &Delete, names: &Names) -> Result<()> {
    let call = session.aws.rds().delete_db_instance().db_instance_identifier(&names.identifier);
    let call = if flags.skip_final_snapshot {
        call.skip_final_snapshot(true)
    } else {
        let name = format!("{}-final-{}", names.identifier, snapshot::timestamp()?);
        call.skip_final_snapshot(false).final_db_snapshot_identifier(name)
    };
    call.send().await.cannot(format_args!("delete the DB instance {}", names.identifier))?;
    Ok(())
}
