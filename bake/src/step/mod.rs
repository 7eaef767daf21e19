//! Carrying out the steps on the builder. A step is never repeated: it may have done half of what it does.

mod archive;
mod copy;
mod inventory;
mod playbook;
mod pull;
mod script;

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use anyhow::Result;
use common::fault::{Fault, Kind};
use common::session::Session;
use common::ssh::{SSH_FAILED, cannot_start};

use crate::connection::Connection;
use crate::names::Names;
use crate::process::Ended;
use crate::recipe::{Ready, Recipe};

/// What every step has to do with.
pub struct Site<'a> {
    pub session: &'a Session,
    pub names: &'a Names,
    pub recipe: &'a Recipe,
    pub connection: &'a Connection,
    /// A folder of this machine that only its owner enters, and that goes with the keys.
    pub work: &'a Path,
}

/// Makes sure that this machine has what the steps need.
///
/// # Errors
/// A usage fault where a program is missing.
pub async fn check(recipe: &Recipe) -> Result<()> {
    let is_pushed = recipe.steps.iter().any(|it| matches!(it, Ready::Playbook { .. }));
    if is_pushed {
        let mut ansible = tokio::process::Command::new("ansible-playbook");
        ansible.arg("--version").stdin(std::process::Stdio::null()).kill_on_drop(true);
        let hint =
            "install Ansible (pipx install ansible-core), or have the builder pull with --ansible-pull";
        ansible.output().await.map_err(|error| cannot_start("ansible-playbook", hint, error))?;
    }
    Ok(())
}

/// Carries out one of them.
///
/// # Errors
/// It failed: its last lines and how it ended.
pub async fn run(site: &Site<'_>, index: usize) -> Result<()> {
    let step = &site.recipe.steps[index];
    let place = format!("step {} of {}, {}", index + 1, site.recipe.steps.len(), step.label());
    site.session.progress.line(&place);
    let ended = match step {
        Ready::Playbook { path, tree } => playbook::run(site, path, tree).await?,
        Ready::Pull { url, commit, playbook } => pull::run(site, url, commit, playbook).await?,
        Ready::Script { text, .. } => script::run(site, text).await?,
        Ready::Copy { tree, destination } => copy::run(site, tree, destination).await?,
    };
    outcome(&place, &ended)
}

fn outcome(place: &str, ended: &Ended) -> Result<()> {
    if ended.status.success() {
        return Ok(());
    }
    let how = match (ended.status.code(), ended.status.signal()) {
        (Some(SSH_FAILED), _) => {
            format!("status {SSH_FAILED}, which is also that of a connection that is cut")
        }
        (Some(status), _) => format!("status {status}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "no status".to_owned(),
    };
    let lines = match ended.tail.join("\n") {
        tail if tail.is_empty() => String::new(),
        tail => format!("; its last lines:\n{tail}"),
    };
    Err(Fault::new(Kind::Failed, format!("{place}, failed with {how}{lines}"))
        .hint("run the same command again once that is mended; with --keep-on-error the builder stays to be looked at")
        .into())
}
