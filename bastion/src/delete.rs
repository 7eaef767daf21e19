//! `bastion delete`: the instance, then the elastic IP that it had, then the keys on this machine.

use std::time::Duration;

use anyhow::Result;
use common::call::all;
use common::converge::Resource as _;
use common::server::{self, is_live, name_of, until_terminated};
use common::session::Session;
use common::ssh::Folder;
use common::wait::{State, until_ready};

use crate::cli::Delete;
use crate::instance::Server;
use crate::inventory::{Inventory, name};
use crate::section::SECTION;

/// For as long a describe may still show what was released.
const UNTIL_GONE: Duration = Duration::from_mins(5);

/// Takes the server down and its section out of the document, which is written at the end.
///
/// # Errors
/// Usage where production is not confirmed; not in time; AWS's refusal.
pub async fn delete(session: &Session, flags: &Delete) -> Result<()> {
    session.confirm(flags.confirm.as_deref())?;
    let inventory = session.inventory(Inventory::read(session)).await?;
    let name = name(session);
    let living: Vec<String> = inventory.live.iter().map(Server::id).collect();
    if !living.is_empty() {
        let what = format!("instance {name} ({})", living.join(", "));
        session.delete(what, server::terminate(session, &living)).await?;
    }
    // One that an earlier run terminated may still be shutting down, and holds the elastic IP and the security group until then.
    let going = inventory.dead.iter().filter(|it| name_of(it) == "shutting-down").map(Server::id);
    let going: Vec<String> = living.into_iter().chain(going).collect();
    if !session.is_planning() && !going.is_empty() {
        if !session.waits() {
            session
                .progress
                .line("the elastic IP goes with `bastion delete` once the instance is terminated");
            return session.write(|_| Ok(()));
        }
        until_terminated(session, &going).await?;
    }
    all(inventory.addresses.iter().map(|it| {
        let what = format!("elastic IP {name} ({})", it.allocation);
        session.delete(what, server::release(session, &it.allocation))
    }))
    .await?;
    if !session.is_planning() {
        until_gone(session, &inventory).await?;
        forget(session)?;
    }
    session.write(|document| {
        document.remove_section(SECTION);
        Ok(())
    })
}

/// Looks once more, where there was anything.
async fn until_gone(session: &Session, inventory: &Inventory) -> Result<()> {
    if inventory.live.is_empty() && inventory.addresses.is_empty() {
        return Ok(());
    }
    until_ready(session, UNTIL_GONE, async || {
        let left = Inventory::read(session).await?;
        let pending = |what: String| (what, State::Pending("being deleted".to_owned()));
        let instances =
            left.live.iter().filter(|it| is_live(it)).map(|it| format!("instance {}", Server::id(it)));
        let addresses = left.addresses.iter().map(|it| format!("elastic IP {}", it.allocation));
        Ok(instances.chain(addresses).map(pending).collect())
    })
    .await
}

/// The keys made for it are of no more use to anybody.
fn forget(session: &Session) -> Result<()> {
    let folder = Folder::of(&session.identity)?;
    if folder.is_there() {
        folder.remove()?;
        session.progress.line(&format!("deleted the keys in {}", folder.path().display()));
    }
    Ok(())
}
