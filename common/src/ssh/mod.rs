//! Logging in to servers with the system's own OpenSSH: a login key and the servers' host keys, kept on this machine under
//! `~/.ssh/stackpipe/<project>-<environment>/`.
//!
//! No private key ever leaves the machine it was made on. The login key is made here, and only its public half goes into a server's
//! user data. A server makes its own host key at its first start, and cloud-init writes the public half to the server's console. EC2
//! hands that console out over its API, which is authenticated, so the host key is known, and in `known_hosts`, before the first
//! login. A host key made here and passed in user data would be known as well, but to everybody who may describe the server, and
//! until it is replaced.

mod config;
mod console;
mod files;
mod folder;
mod known_hosts;
mod login_key;
mod program;
mod public_key;
mod reach;
mod remote;

pub use config::{Host, Trust, config};
pub use console::{host_key, until_host_key};
pub use files::write as write_private;
pub use folder::Folder;
pub use program::{OPENSSH, SSH_FAILED, cannot_start, exec, last_line, log_in, log_in_within};
pub use public_key::PublicKey;
pub use reach::until_answering;
pub use remote::{Answer, remote};

/// Shows the host key on the console at every start: cloud-init itself does so at the first one only, and EC2 forgets what was shown
/// before a stop.
const SHOW_HOST_KEY: &str = "#!/bin/sh
{
  echo '-----BEGIN SSH HOST KEY KEYS-----'
  cat /etc/ssh/ssh_host_ed25519_key.pub
  echo '-----END SSH HOST KEY KEYS-----'
} > /dev/console
";

/// User data for cloud-init: this key may log in as the image's default user, and the server shows its host key on the console.
///
/// JSON is YAML, so nothing that stands in the key can become anything but text.
pub fn user_data(login_key: &PublicKey) -> String {
    let wanted = serde_json::json!({
        "ssh_authorized_keys": [login_key.line()],
        "ssh_pwauth": false,
        "disable_root": true,
        "ssh_deletekeys": true,
        "ssh_genkeytypes": ["ed25519"],
        "ssh": { "emit_keys_to_console": true },
        "write_files": [{
            "path": "/var/lib/cloud/scripts/per-boot/show-host-key",
            "permissions": "0755",
            "content": SHOW_HOST_KEY,
        }],
    });
    format!("#cloud-config\n{wanted}\n")
}
