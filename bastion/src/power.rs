//! `bastion stop` and `bastion start`. The elastic IP stays, so the address is the same afterwards.

use anyhow::Result;
use common::server::power;
use common::server::{is_running, until_running, until_stopped};
use common::session::Session;

use crate::inventory::{Inventory, name};
use crate::{section, settle};

/// Stops the server.
///
/// # Errors
/// Not found; not in time; AWS's refusal.
pub async fn stop(session: &Session) -> Result<()> {
    let inventory = session.inventory(Inventory::read(session)).await?;
    let found = inventory.only(session)?;
    let id = found.instance_id().unwrap_or_default();
    if !power::is_off(found) {
        if !is_running(found) && !session.is_planning() {
            // One that is being launched cannot be stopped yet.
            until_running(session, id).await?;
        }
        let what = format!("instance {} ({id}): stop it", name(session));
        session.change(what, power::stop(session, id)).await?;
    }
    section::write(session, &inventory, found)?;
    if session.waits() { until_stopped(session, id).await } else { Ok(()) }
}

/// Starts the server and waits until it can be logged in to.
///
/// # Errors
/// Not found; not in time; AWS's refusal.
pub async fn start(session: &Session) -> Result<()> {
    let inventory = session.inventory(Inventory::read(session)).await?;
    let found = inventory.only(session)?;
    let id = found.instance_id().unwrap_or_default();
    section::write(session, &inventory, found)?;
    if power::is_off(found) {
        if !session.is_planning() {
            until_stopped(session, id).await?;
        }
        let what = format!("instance {} ({id}): start it", name(session));
        session.change(what, power::start(session, id)).await?;
    }
    Box::pin(settle::settle(session, found, inventory.address_of(found))).await
}
