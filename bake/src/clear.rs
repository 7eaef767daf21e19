//! Removing what is there only while an image is made: the builder, then its security group, then the keys.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::server::{terminate, until_terminated};
use common::session::Session;

use crate::claim::{self, Claim};
use crate::inventory::Inventory;
use crate::names::Names;
use crate::{connection, group};

/// Terminates builders and waits until they are gone: until then they hold their security group.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn builders(session: &Session, names: &Names, found: &[ec2::Instance]) -> Result<()> {
    let ids: Vec<String> = found.iter().filter_map(|it| it.instance_id()).map(str::to_owned).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let what = format!("builder {} ({})", names.builder, ids.join(", "));
    session.delete(what, terminate(session, &ids)).await?;
    if session.is_planning() { Ok(()) } else { until_terminated(session, &ids).await }
}

/// Removes all that is left of making one component's images, unless another run is at it. False where one is.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn making(session: &Session, names: &Names, found: &Inventory) -> Result<bool> {
    let is_here = claim::folder(session, names)?.path().exists();
    if found.builders.is_empty() && found.groups.is_empty() && !is_here {
        return Ok(true);
    }
    if session.is_planning() {
        builders(session, names, &found.builders).await?;
        return group::delete(session, &found.groups).await.map(|()| true);
    }
    let Some(claim) = Claim::take(session, names)? else { return Ok(false) };
    let (alive, dead): (Vec<_>, Vec<_>) =
        found.builders.iter().cloned().partition(|it| claim.is_alive(it.tags()));
    // A group whose builder is there already says no more than that one.
    let is_begun = found.builders.is_empty() && found.groups.iter().any(|it| claim.is_alive(it.tags()));
    if !alive.is_empty() || is_begun {
        let own = Inventory { builders: dead, ..Inventory::default() };
        with_claim(session, names, claim, &own).await?;
        return Ok(false);
    }
    with_claim(session, names, claim, found).await.map(|()| true)
}

/// The same for the run that has the claim.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn with_claim(session: &Session, names: &Names, claim: Claim, found: &Inventory) -> Result<()> {
    builders(session, names, &found.builders).await?;
    group::delete(session, &found.groups).await?;
    connection::forget(&claim.folder);
    claim.forget()
}
