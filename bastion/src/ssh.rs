//! `bastion ssh`: becomes the system's ssh, to the bastion or through it.

use std::ffi::{OsStr, OsString};

use anyhow::Result;
use common::fault::Fault;
use common::identity::quoted;
use common::session::Session;
use common::ssh::{Host, Trust, config, exec, host_key};

use crate::cli::Ssh;
use crate::hosts::Hosts;

/// Logs in.
///
/// # Errors
/// Not found; ssh cannot be started. Otherwise this process ends as ssh ends.
pub async fn ssh(session: &Session, flags: &Ssh) -> Result<()> {
    let mut hosts = Hosts::read(session).await?;
    let target = match &flags.target {
        Some(wanted) if *wanted != "bastion" && *wanted != hosts.bastion.names[0] => {
            Some(behind(session, &hosts, wanted, flags.user.as_deref()).await?)
        }
        _ => None,
    };
    if let (None, Some(user)) = (&target, &flags.user) {
        hosts.bastion.user.clone_from(user);
    }
    let name = target.as_ref().unwrap_or(&hosts.bastion).names[0].clone();
    let all: Vec<Host> = std::iter::once(hosts.bastion.clone()).chain(target).collect();
    if session.is_planning() {
        session.progress.line(&format!("would log in to {name}"));
        return Ok(());
    }
    let path = hosts.folder.write_config(&config(&hosts.folder, &all))?;
    let mut words: Vec<OsString> = vec![name.into()];
    if !flags.command.is_empty() {
        words.push("--".into());
        words.extend(flags.command.iter().cloned());
    }
    exec(&path, words.iter().map(OsString::as_os_str).collect::<Vec<&OsStr>>())
}

/// The private server that is meant, with its host key where its console shows one.
async fn behind(session: &Session, hosts: &Hosts, wanted: &str, user: Option<&str>) -> Result<Host> {
    let found = hosts.named(session, wanted);
    let Some(first) = found.first() else {
        return Err(Fault::not_found(format!("no running server is called {}", quoted(wanted)))
            .hint("name a component, a name, an instance id or a private address; `bastion ssh-config` lists them")
            .into());
    };
    let id = first.instance_id().unwrap_or_default();
    if found.len() > 1 {
        session.progress.line(&format!("{wanted} has {} servers: logging in to {id}", found.len()));
    }
    if hosts.folder.known_host(id)?.is_none()
        && let Some(key) = host_key(session, id).await?
    {
        hosts.folder.note_host(id, &key)?;
    }
    let host = hosts.behind(first, vec![id.to_owned()], user)?;
    let host = host.ok_or_else(|| Fault::not_found(format!("{id} has no private address")))?;
    if host.trust == Trust::FirstLogin {
        session
            .progress
            .line(&format!("the console of {id} shows no host key: the one it answers with now is kept"));
    }
    Ok(host)
}
