//! `vpn delete`: the instance, then its elastic IP, the secret and the key pairs, then the keys on this machine.

use std::time::Duration;

use anyhow::Result;
use common::call::{all, both};
use common::converge::Resource as _;
use common::secret;
use common::server::{self, is_live, name_of, until_terminated};
use common::session::Session;
use common::wait::{State, until_ready};

use crate::cli::Delete;
use crate::instance::Server;
use crate::inventory::{Inventory, name};
use crate::key_pair::{self, KeyPair};
use crate::section::SECTION;
use crate::{admin, login};

/// For as long a describe may still show what was released.
const UNTIL_GONE: Duration = Duration::from_mins(5);

/// Takes the server down and its section out of the document, which is written at the end.
///
/// # Errors
/// Usage where production is not confirmed; not in time; AWS's refusal.
pub async fn delete(session: &Session, flags: &Delete) -> Result<()> {
    session.confirm(flags.confirm.as_deref())?;
    let inventory = session.inventory(Inventory::read(session)).await?;
    let going = terminate(session, &inventory).await?;
    if !session.is_planning() && !going.is_empty() {
        if !session.waits() {
            session.progress.line("the rest goes with `vpn delete` once the instance is terminated");
            return session.write(|_| Ok(()));
        }
        until_terminated(session, &going).await?;
    }
    both(addresses(session, &inventory), both(secrets(session, &inventory), key_pairs(session, &inventory)))
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

/// The ids of what is on its way out. One that an earlier run terminated may still be shutting down, and holds the elastic IP and the
/// security group until then.
async fn terminate(session: &Session, inventory: &Inventory) -> Result<Vec<String>> {
    let servers = &inventory.servers;
    let living: Vec<String> = servers.live.iter().map(Server::id).collect();
    if !living.is_empty() {
        let what = format!("instance {} ({})", name(session), living.join(", "));
        session.delete(what, server::terminate(session, &living)).await?;
    }
    let going = servers.dead.iter().filter(|it| name_of(it) == "shutting-down").map(Server::id);
    Ok(living.into_iter().chain(going).collect())
}

async fn addresses(session: &Session, inventory: &Inventory) -> Result<()> {
    all(inventory.servers.addresses.iter().map(|it| {
        let what = format!("elastic IP {} ({})", name(session), it.allocation);
        session.delete(what, server::release(session, &it.allocation))
    }))
    .await
    .map(|_| ())
}

async fn secrets(session: &Session, inventory: &Inventory) -> Result<()> {
    secret::delete(session, &admin::secret_name(session), inventory.secret.as_ref(), false).await
}

async fn key_pairs(session: &Session, inventory: &Inventory) -> Result<()> {
    let delete = async |found: &aws_sdk_ec2::types::KeyPairInfo| {
        let id = KeyPair::id(found);
        let what = format!("key pair {} ({id})", found.key_name().unwrap_or_default());
        session.delete(what, key_pair::delete(session, &id)).await
    };
    all(inventory.key_pairs.iter().map(delete)).await.map(|_| ())
}

/// Looks once more, where there was anything.
async fn until_gone(session: &Session, inventory: &Inventory) -> Result<()> {
    let servers = &inventory.servers;
    if servers.live.is_empty() && servers.addresses.is_empty() && inventory.key_pairs.is_empty() {
        return Ok(());
    }
    until_ready(session, UNTIL_GONE, async || {
        let left = Inventory::read(session).await?;
        let pending = |what: String| (what, State::Pending("being deleted".to_owned()));
        let live = left.servers.live.iter().filter(|it| is_live(it));
        let instances = live.map(|it| format!("instance {}", Server::id(it)));
        let addresses = left.servers.addresses.iter().map(|it| format!("elastic IP {}", it.allocation));
        let pairs = left.key_pairs.iter().map(|it| format!("key pair {}", KeyPair::id(it)));
        Ok(instances.chain(addresses).chain(pairs).map(pending).collect())
    })
    .await
}

/// The keys made for it are of no more use to anybody.
fn forget(session: &Session) -> Result<()> {
    let folder = login::folder(session)?;
    if folder.is_there() {
        folder.remove()?;
        session.progress.line(&format!("deleted the keys in {}", folder.path().display()));
    }
    Ok(())
}
