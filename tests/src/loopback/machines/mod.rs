//! Real machines behind the instances of the loopback AWS (`--machines`).
//!
//! An instance is a set of namespaces with its own private address, a root file system of its own over this machine's, the real
//! cloud-init and OpenSSH's server. A VPC is a router between them, whose firewall has the security groups and whose way out is open
//! to whom the routes let out. Load balancers, health checks and names are real ones ([`traffic`]). An image is the disk of its
//! instance as it was, and what is launched from it has it.
//!
//! The state stays the one truth. Its handlers know nothing of this folder: a thread ([`host`]) reads the state, turn by turn, as
//! [`wanted`] machines and networks, brings those there are in line, and notes what it sees. Nothing of it outlives its process, and
//! nothing of the host's own network or files is changed, but for a layer kept in the cache ([`rootfs`]).
//!
//! Not real: the metadata service (cloud-init has its seed on disk), volumes beside the root, network ACLs, peering, IPv6, databases. A
//! machine is this one's Debian, whatever the image is called, and has no systemd. HTTPS listeners do not answer: there is no certificate
//! for their names. Of public addresses only TCP ports that a rule for addresses opens, in ranges of 16 at most, lead in.
//!
//! Not safe from what runs on it either: it is root there, under this machine's kernel.

mod command;
mod firewall;
mod host;
mod machine;
mod network;
pub mod requirements;
mod rootfs;
mod shell;
pub mod traffic;
pub mod wanted;

use std::fs;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use host::Host;

use super::shared::Shared;

/// Between two looks at the state.
const PAUSE: Duration = Duration::from_millis(40);

/// The machines of a server, until this is dropped.
#[derive(Debug)]
pub struct Machines {
    folder: PathBuf,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Machines {
    /// Gets everything ready and starts the thread. The first time on a machine this takes some seconds and a package mirror.
    ///
    /// # Errors
    /// Something is missing, or the kernel refuses.
    pub fn start(shared: &Arc<Shared>) -> io::Result<Self> {
        let missing = requirements::missing();
        if !missing.is_empty() {
            return Err(io::Error::new(io::ErrorKind::Unsupported, missing.join("\n")));
        }
        // Short, because the layers of a machine have to fit into one page as options of a mount.
        let folder = std::env::temp_dir().join(format!("sp-{:08x}", fastrand::u32(..)));
        fs::create_dir(&folder)?;
        let store = folder.join("s");
        fs::create_dir(&store)?;
        // A loopback address of its own, so that several servers can each have port 53.
        let resolver = Ipv4Addr::new(127, fastrand::u8(2..=63), fastrand::u8(1..=254), 53);
        fs::write(folder.join("resolv.conf"), format!("nameserver {resolver}\n"))?;
        let (stop, stopped) = channel();
        let (ready, started) = channel();
        let shared = Arc::clone(shared);
        let thread =
            thread::Builder::new().name("loopback-machines".into()).spawn(move || {
                match Host::start(store, resolver, &shared.clock) {
                    Ok(host) => {
                        let _ = ready.send(Ok(()));
                        run(host, &shared, &stopped);
                    }
                    Err(error) => {
                        let _ = ready.send(Err(error));
                    }
                }
            })?;
        let own = Self { folder, stop: Some(stop), thread: Some(thread) };
        let gone = |_| io::Error::other("the thread of the machines ended as it began");
        started.recv().map_err(gone)?.map(|()| own)
    }

    /// The same command, in a mount namespace of its own in which the names of the sandbox are known: load balancers, records, public
    /// host names.
    #[must_use]
    pub fn within(&self, command: &Command) -> Command {
        shell::within(&self.folder.join("resolv.conf"), command)
    }
}

impl Drop for Machines {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn run(mut host: Host, shared: &Shared, stopped: &Receiver<()>) {
    while stopped.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
        host.turn(shared);
    }
}
