//! What this machine has to have for others to run on it.

use std::env;
use std::path::{Path, PathBuf};

/// Programs, with the Debian package that each comes from.
const PROGRAMS: &[(&str, &str)] = &[
    ("ip", "iproute2"),
    ("nft", "nftables"),
    ("slirp4netns", "slirp4netns"),
    ("sshd", "openssh-server"),
    ("ssh", "openssh-client"),
    ("apt-get", "apt"),
    ("unshare", "util-linux"),
    ("nsenter", "util-linux"),
    ("setpriv", "util-linux"),
    ("mount", "mount"),
];

/// What is missing, in words a person can act on; empty where nothing is.
#[must_use]
pub fn missing() -> Vec<String> {
    let mut missing = Vec::new();
    if !rustix::process::geteuid().is_root() {
        missing.push("real machines need root: run it as root, or without --machines".to_owned());
    }
    let mut packages: Vec<&str> =
        PROGRAMS.iter().filter(|(program, _)| find(program).is_none()).map(|(_, package)| *package).collect();
    packages.dedup();
    if !packages.is_empty() {
        missing.push(format!("real machines need programs: apt-get install {}", packages.join(" ")));
    }
    if !Path::new("/dev/net/tun").exists() {
        missing.push("real machines need /dev/net/tun: load the kernel's module tun".to_owned());
    }
    missing
}

/// Where a program is. Those of the system may be off a person's own `PATH`.
#[must_use]
pub fn find(program: &str) -> Option<PathBuf> {
    let own = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&own).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    folders.map(|folder| folder.join(program)).find(|path| path.is_file())
}
