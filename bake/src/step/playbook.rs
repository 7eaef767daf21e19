//! Ansible, pushed from here over the connection that is there already.

use std::path::Path;

use anyhow::Result;
use common::ssh::write_private;
use tokio::process::Command;

use super::Site;
use super::inventory::text;
use crate::process::{Ended, run as run_process};
use crate::recipe::Tree;
use crate::shell::quoted;

/// What a configuration of the person's own must not change: host keys are checked, nothing is left beside the playbook, and the
/// output is for a log.
const SETTINGS: [(&str, &str); 9] = [
    ("ANSIBLE_HOST_KEY_CHECKING", "True"),
    ("ANSIBLE_PIPELINING", "True"),
    ("ANSIBLE_RETRY_FILES_ENABLED", "False"),
    ("ANSIBLE_FORCE_COLOR", "False"),
    ("ANSIBLE_NOCOLOR", "True"),
    ("ANSIBLE_NOCOWS", "True"),
    ("ANSIBLE_SSH_RETRIES", "0"),
    ("PYTHONUNBUFFERED", "1"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
];

/// Runs the playbook.
///
/// # Errors
/// Its directory was changed since it was fingerprinted; Ansible cannot be started.
pub async fn run(site: &Site<'_>, playbook: &Path, tree: &Tree) -> Result<Ended> {
    tree.check()?;
    let reached = format!("ansible_connection=ssh ansible_user={}", site.recipe.user);
    let inventory = site.work.join("inventory");
    write_private(&inventory, &text(&site.session.identity, site.names, &site.connection.host, &reached))?;
    let mut ansible = Command::new("ansible-playbook");
    ansible.arg("-i").arg(&inventory);
    for (name, content) in site.recipe.variables.for_ansible() {
        let path = site.work.join(name);
        write_private(&path, &String::from_utf8_lossy(&content))?;
        ansible.arg("-e").arg(format!("@{}", path.display()));
    }
    // The last word, so that a name that begins with a hyphen is still a name.
    ansible.arg("--").arg(playbook);
    ansible.envs(SETTINGS).env("ANSIBLE_LOCAL_TEMP", site.work.join("ansible"));
    ansible.env("ANSIBLE_SSH_ARGS", format!("-F {}", quoted(&site.connection.config.display().to_string())));
    run_process(site.session, ansible, None).await
}
