//! `bastion ssh-config`: the fragment for `~/.ssh/config`, or for the `-F` of ssh and Ansible.

use anyhow::Result;
use common::session::Session;
use common::ssh::config;

use crate::hosts::Hosts;

/// Prints it.
///
/// # Errors
/// Not found where there is no bastion; AWS's refusal.
pub async fn ssh_config(session: &Session) -> Result<()> {
    let hosts = Hosts::read(session).await?;
    session.print(&config(&hosts.folder, &hosts.all()?))
}
