//! Waiting until a server answers on the port of SSH.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::fault::{Fault, Kind, kind_of};
use crate::session::Session;
use crate::wait::{State, until_ready};

const PORT: u16 = 22;

/// A server takes half a minute to start, and a large one some minutes.
const LONGEST: Duration = Duration::from_mins(10);

/// For each attempt. A packet that a security group drops is never answered.
const PATIENCE: Duration = Duration::from_secs(3);

/// Waits until an SSH server introduces itself there.
///
/// # Errors
/// [`Kind::NotInTime`], with what may be in the way.
pub async fn until_answering(session: &Session, name: &str, address: Ipv4Addr) -> Result<()> {
    let waited = until_ready(session, LONGEST, async || {
        let state = match timeout(PATIENCE, banner(address)).await {
            Ok(Ok(())) => State::Ready,
            Ok(Err(error)) => State::Pending(format!("{error:#}")),
            Err(_) => State::Pending("no answer yet".to_owned()),
        };
        Ok(vec![(format!("SSH of {name} at {address}"), state)])
    });
    match waited.await {
        Err(error) if kind_of(&error) == Kind::NotInTime => Err(error.context(
            Fault::new(Kind::NotInTime, format!("{name} does not answer on port {PORT} of {address}")).hint(
                "see that the address of this machine is among the admin CIDRs (`sg create --admin-cidr`), then run the same \
                 command again",
            ),
        )),
        other => other,
    }
}

/// The first bytes that an SSH server sends: `SSH-2.0-…`.
async fn banner(address: Ipv4Addr) -> Result<()> {
    let mut stream =
        TcpStream::connect(SocketAddr::from((address, PORT))).await.context("not reachable yet")?;
    let mut begin = [0; 4];
    stream.read_exact(&mut begin).await.context("closed the connection")?;
    anyhow::ensure!(&begin == b"SSH-", "something else than SSH answers");
    Ok(())
}
