//! Stand-ins for the servers that commands log in to: addresses that greet as SSH servers do, and an `ssh` for which all goes well.
//!
//! They are for tests of what is done in AWS, some hundred times over and the same each time: keys and addresses are alike in every
//! sandbox of the process. What is done on a server is tested on a real OpenSSH server ([`super::Machines`]).

use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::OnceLock;
use std::thread;

use anyhow::{Context as _, Result};
use ipnet::Ipv4Net;

use super::sandbox::{Sandbox, bin_directory};
use crate::loopback::{Conditions, Options};

/// The public half of the login keys, and the host key of every server. Nobody has the private one.
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

/// Where login keys are kept: that of the bastion, and that of the VPN server.
const FOLDERS: [&str; 2] = [".ssh/stackpipe/expense-dev", ".ssh/stackpipe/expense-dev/vpn"];

/// The Marketplace product of the VPN server's image.
const PRODUCT: &str = "f2ew2wrz425a1jagnifd02u5t";

/// Does what it is told without doing it, and says that the VPN server is open. Its argument lists are kept: it lives too briefly to be
/// seen among the processes.
const SSH: &str = r#"#!/bin/sh
printf '%s\n' "$*" >>"$HOME/arguments"
for last; do :; done
case $last in
    *'sacli status'*) echo '{"errors": {}, "service_status": {"api": "on", "auth": "on"}}' ;;
    *) cat >/dev/null ;;
esac
"#;

/// Attempts to find addresses that nobody listens on.
const ATTEMPTS: u32 = 20;

/// The elastic IPs of all sandboxes of this process.
static POOL: OnceLock<Option<Ipv4Net>> = OnceLock::new();

/// A sandbox in which `bastion` and `vpn` find servers that let them in. None, and a line on stderr, where nobody may listen on port 22.
///
/// # Errors
/// The sandbox cannot be made.
#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
pub fn with_stand_ins(options: &Options) -> Result<Option<Sandbox>> {
    let Some(pool) = *POOL.get_or_init(greeting) else {
        eprintln!("skipped: this test needs root, to listen on port 22 of a loopback address");
        return Ok(None);
    };
    let conditions = Conditions {
        address_pool: Some(pool),
        host_key: Some(KEY.to_owned()),
        subscriptions: vec![PRODUCT.to_owned()],
        ..options.conditions.clone()
    };
    let sandbox = Sandbox::with(&Options { conditions, ..options.clone() })?;
    let_in(&sandbox)?;
    Ok(Some(sandbox))
}

/// Whether a sandbox has them.
#[must_use]
pub fn has_stand_ins(sandbox: &Sandbox) -> bool {
    sandbox.home().join("bin/ssh").exists()
}

/// Puts keys and `ssh` into a sandbox's home.
///
/// # Errors
/// They cannot be written.
pub fn let_in(sandbox: &Sandbox) -> Result<()> {
    for folder in FOLDERS {
        let folder = sandbox.home().join(folder);
        std::fs::create_dir_all(&folder).context("cannot make the folder of the keys")?;
        std::fs::write(folder.join("id_ed25519.pub"), format!("{KEY}\n")).context("cannot write a key")?;
        write(&folder.join("id_ed25519"), "nobody has it\n", 0o600)?;
    }
    let programs = sandbox.home().join("bin");
    std::fs::create_dir_all(&programs).context("cannot make a folder for programs")?;
    write(&programs.join("ssh"), SSH, 0o755)?;
    let commands = bin_directory()?;
    let path = format!("{}:{}:/usr/local/bin:/usr/bin:/bin", programs.display(), commands.display());
    sandbox.set("PATH", Some(&path));
    Ok(())
}

fn write(path: &Path, text: &str, mode: u32) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).context("cannot set a mode")
}

/// Addresses on which something greets from now on until the process ends.
fn greeting() -> Option<Ipv4Net> {
    (0..ATTEMPTS).find_map(|_| {
        let network = Ipv4Addr::new(127, fastrand::u8(64..=254), fastrand::u8(..), fastrand::u8(0..32) * 8);
        let pool = Ipv4Net::new(network, 29).ok()?;
        let listeners: Vec<TcpListener> =
            pool.hosts().map(|address| TcpListener::bind((address, 22))).collect::<Result<_, _>>().ok()?;
        for listener in listeners {
            thread::spawn(move || {
                for mut stream in listener.incoming().flatten() {
                    // Whoever is gone again needs no greeting.
                    let _ = stream.write_all(b"SSH-2.0-StandIn\r\n");
                }
            });
        }
        Some(pool)
    })
}
