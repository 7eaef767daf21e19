//! Deleting secrets at once or after a recovery window, and having them back.

use serde_json::json;

use super::error::{invalid, managed, not_found, refused};
use super::secret::find;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::Result;

pub const ACTIONS: &[Action] = &[
    write("DeleteSecret", delete, "SecretId! RecoveryWindowInDays ForceDeleteWithoutRecovery"),
    write("RestoreSecret", restore, "SecretId!"),
];

const DAY_SECONDS: f64 = 86_400.0;

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let id = call.params.required("SecretId")?;
    let force = call.params.flag("ForceDeleteWithoutRecovery")? == Some(true);
    let days = window(call, force)?;
    let secret = match find(call.region, id) {
        Ok(secret) => secret,
        // As AWS documents it: forced, what is not there is deleted.
        Err(_) if force => return Ok(json!({"Name": id, "DeletionDate": call.now.seconds()}).into()),
        Err(error) => return Err(error),
    };
    if let Some(owner) = secret.owner {
        return Err(managed(owner));
    }
    if secret.deleted.is_some() && !force {
        let message =
            "You can't perform this operation on the secret because it was already scheduled for deletion.";
        return Err(refused(message));
    }
    let mut answer = secret.answer(None);
    let (name, at) = (secret.name.clone(), call.after(days * DAY_SECONDS));
    answer["DeletionDate"] = json!(at.seconds());
    let secrets = &mut call.region.secretsmanager.secrets;
    if force {
        secrets.remove(&name);
    } else if let Some(secret) = secrets.get_mut(&name) {
        secret.deleted = Some(at);
    }
    Ok(answer.into())
}

/// How long it can be had back, in days.
fn window(call: &Call<'_>, force: bool) -> Result<f64> {
    let days: Option<u8> = call.params.parsed("RecoveryWindowInDays")?;
    match days {
        Some(_) if force => {
            Err(invalid("You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."))
        }
        Some(days) if !(7..=30).contains(&days) => {
            Err(invalid("RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."))
        }
        Some(days) => Ok(days.into()),
        None => Ok(if force { 0.0 } else { 30.0 }),
    }
}

fn restore(call: &mut Call<'_>) -> Result<Reply> {
    let name = find(call.region, call.params.required("SecretId")?)?.name.clone();
    let secret = call.region.secretsmanager.secrets.get_mut(&name).ok_or_else(not_found)?;
    secret.deleted = None;
    Ok(secret.answer(None).into())
}
