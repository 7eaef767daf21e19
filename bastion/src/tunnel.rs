//! `bastion tunnel`: becomes an ssh that forwards a local port to the database and does nothing else.

use std::ffi::OsStr;

use anyhow::Result;
use common::call::both;
use common::session::Session;
use common::ssh::{config, exec};

use crate::cli::{To, Tunnel};
use crate::database::endpoint;
use crate::hosts::Hosts;

/// Forwards until interrupted.
///
/// # Errors
/// Not found; ssh cannot be started. Otherwise this process ends as ssh ends.
pub async fn tunnel(session: &Session, flags: &Tunnel) -> Result<()> {
    let To::Rds = flags.to;
    let (hosts, endpoint) = both(Hosts::read(session), endpoint(session, &flags.name)).await?;
    let port = flags.port.unwrap_or(endpoint.port);
    let forward = format!("127.0.0.1:{port}:{}:{}", endpoint.address, endpoint.port);
    if session.is_planning() {
        session.progress.line(&format!("would forward {forward}"));
        return Ok(());
    }
    let path = hosts.folder.write_config(&config(&hosts.folder, std::slice::from_ref(&hosts.bastion)))?;
    session.progress.line(&format!(
        "127.0.0.1:{port} leads to {}:{}, until interrupted",
        endpoint.address, endpoint.port
    ));
    // Better no tunnel than one that seems to be there while something else has the port.
    let words = ["-N", "-o", "ExitOnForwardFailure=yes", "-L", &forward, &hosts.bastion.names[0]];
    exec(&path, words.map(OsStr::new))
}
