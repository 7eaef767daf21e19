//! A fragment of an `ssh_config` file.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use super::folder::Folder;

/// How a server proves that it is the one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Its key is known, and no other is taken.
    Known,
    /// Its key is taken at the first login and is known from then on: for servers that are reached through one that is known.
    FirstLogin,
}

/// One server.
#[derive(Debug, Clone)]
pub struct Host {
    /// What to type after `ssh`.
    pub names: Vec<String>,
    pub address: Ipv4Addr,
    pub user: String,
    /// The instance's id, under which its host key is kept.
    pub id: String,
    /// The key file, or none where OpenSSH is to try what it has.
    pub identity: Option<PathBuf>,
    /// The name of the server to go through.
    pub jump: Option<String>,
    pub trust: Trust,
}

/// The text for `ssh -F` or for `~/.ssh/config`. All paths are absolute.
pub fn config(folder: &Folder, hosts: &[Host]) -> String {
    let known_hosts = quoted(&folder.file("known_hosts"));
    let mut text = String::new();
    for host in hosts {
        let Host { names, address, user, id, .. } = host;
        let trust = match host.trust {
            Trust::Known => "yes",
            Trust::FirstLogin => "accept-new",
        };
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "Host {}\n  HostName {address}\n  User {user}\n  HostKeyAlias {id}\n  UserKnownHostsFile {known_hosts}\n  \
             GlobalKnownHostsFile none\n  HashKnownHosts no\n  StrictHostKeyChecking {trust}\n  UpdateHostKeys no\n  CheckHostIP no\n",
            names.join(" ")
        );
        if let Some(identity) = &host.identity {
            let _ = write!(text, "  IdentityFile {}\n  IdentitiesOnly yes\n", quoted(identity));
        }
        if let Some(jump) = &host.jump {
            let _ = writeln!(text, "  ProxyJump {jump}");
        }
        text.push_str("  PasswordAuthentication no\n  ConnectTimeout 15\n  ServerAliveInterval 30\n\n");
    }
    text
}

/// In quotes, because a home directory may have spaces, and with `%` doubled, because OpenSSH expands it.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('%', "%%"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_private_server_is_reached_through_the_bastion() {
        let identity = crate::identity::Identity::new("expense", "dev", BTreeMap::default()).unwrap();
        let folder = Folder::of(&identity).unwrap();
        let host = Host {
            names: vec!["expense-dev-backend".into()],
            address: Ipv4Addr::new(10, 0, 11, 5),
            user: "ec2-user".into(),
            id: "i-0123456789abcdef0".into(),
            identity: Some(PathBuf::from("/home/a b/100%/key")),
            jump: Some("expense-dev-bastion".into()),
            trust: Trust::FirstLogin,
        };
        let text = config(&folder, &[host]);
        for line in [
            "Host expense-dev-backend\n",
            "  HostName 10.0.11.5\n",
            "  HostKeyAlias i-0123456789abcdef0\n",
            "  StrictHostKeyChecking accept-new\n",
            "  IdentityFile \"/home/a b/100%%/key\"\n",
            "  ProxyJump expense-dev-bastion\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
