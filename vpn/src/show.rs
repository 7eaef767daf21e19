//! `vpn show`: the section filled from AWS.

use anyhow::Result;
use common::call::both;
use common::network;
use common::section::Vpc;
use common::session::Session;

use crate::admin::Kept;
use crate::cli::Show;
use crate::inventory::Inventory;
use crate::section::{SECTION, section};
use crate::settle;

/// Fills the section. With `--wait` it also does what `create --no-wait` had to leave, and asks the server itself whether it is open.
///
/// # Errors
/// Not found; with `--wait` also what failed, and not in time.
pub async fn show(session: &Session, flags: &Show) -> Result<()> {
    let network = async { if flags.wait { network::vpc(session).await } else { Ok(Vpc::default()) } };
    let (inventory, vpc) = session.inventory(both(Inventory::read(session), network)).await?;
    let servers = &inventory.servers;
    let found = servers.only(session)?;
    let address = servers.address_of(found);
    let secret = inventory.secret.as_ref().filter(|it| it.is_ours(&session.identity) && !it.is_deleted);
    let kept = secret.map(|it| Kept { arn: it.arn.clone(), version: it.current.clone() });
    let section = section(session, Some(found), address, kept.as_ref().map(|it| it.arn.clone()));
    session.write(|document| document.set_section(SECTION, &section))?;
    if !flags.wait || session.is_planning() {
        return Ok(());
    }
    Box::pin(settle::settle(session, found, address, &vpc, kept.as_ref())).await?;
    match address.and_then(|it| it.public_ip) {
        Some(public_ip) if session.waits() => {
            let login = settle::reach(session, found, public_ip).await?;
            settle::until_open(session, &login).await
        }
        _ => Ok(()),
    }
}
