//! `bastion show`: the section filled from AWS.

use anyhow::Result;
use common::session::Session;

use crate::cli::Show;
use crate::inventory::Inventory;
use crate::{section, settle};

/// Fills the section. With `--wait` it also does what `create --no-wait` had to leave, so that the host key is in it too.
///
/// # Errors
/// Not found; with `--wait` also what failed, and not in time.
pub async fn show(session: &Session, flags: &Show) -> Result<()> {
    let inventory = session.inventory(Inventory::read(session)).await?;
    let found = inventory.only(session)?;
    if !flags.wait {
        return section::write(session, &inventory, found);
    }
    Box::pin(settle::settle(session, found, inventory.address_of(found))).await?;
    let inventory = Inventory::read(session).await?;
    section::write(session, &inventory, inventory.only(session)?)
}
