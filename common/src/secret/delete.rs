//! The end of a secret.

use anyhow::Result;

use super::{Secret, look};
use crate::call::Call as _;
use crate::fault::{is_code, is_missing};
use crate::session::Session;

/// Deletes the secret, if it is ours: at once, or with thirty days in which it can be had back, as long as something is kept that
/// needs it.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, name: &str, found: Option<&Secret>, is_needed: bool) -> Result<()> {
    let Some(found) = found.filter(|found| !found.is_deleted || !is_needed) else {
        return Ok(());
    };
    if !found.is_ours(&session.identity) {
        session.progress.line(&format!("left secret {name}: it is not tagged as ours"));
        return Ok(());
    }
    let what = if is_needed { ", to be had back for 30 days" } else { "" };
    let call = async {
        let call = session.aws.secrets_manager().delete_secret().secret_id(name);
        let call = if is_needed {
            call.recovery_window_in_days(30)
        } else {
            call.force_delete_without_recovery(true)
        };
        match call.send().await.cannot(format_args!("delete the secret {name}")) {
            Err(error) if is_missing(&error) => Ok(()),
            // An answer that was lost: it is scheduled already.
            Err(error) if is_code(&error, &["InvalidRequestException"]) => {
                let now = look(session, name).await?;
                if now.is_none_or(|it| it.is_deleted) { Ok(()) } else { Err(error) }
            }
            other => other.map(|_| ()),
        }
    };
    session.delete(format_args!("secret {name}{what}"), call).await?;
    Ok(())
}
