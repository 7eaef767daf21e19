//! Logging in to the server with SSH: with the key of this environment, as the user of the image, by the host key of the console.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::fault::{Fault, Kind};
use common::server::mark::LOGIN_KEY;
use common::server::{establish, is_running};
use common::session::Session;
use common::ssh::{Folder, Host, Trust, config, remote};
use common::tags::ec2_value;

use crate::appliance::{LOGIN_USER, as_root};
use crate::inventory::{COMPONENT, Servers, name};

/// Everything `ssh` needs.
pub struct Login {
    pub config: PathBuf,
    pub host: String,
}

/// Where the keys of the server are kept. Not where the bastion's are: each goes with its own server.
///
/// # Errors
/// A usage fault where this person has no home directory.
pub fn folder(session: &Session) -> Result<Folder> {
    Folder::of_server(&session.identity, COMPONENT)
}

impl Login {
    /// Makes sure that the host key is known, and writes the configuration.
    ///
    /// # Errors
    /// Denied where this machine has no key of the server; what [`establish`] fails with.
    pub async fn prepare(session: &Session, instance: &ec2::Instance, address: Ipv4Addr) -> Result<Self> {
        let folder = folder(session)?;
        let fingerprint = ec2_value(instance.tags(), LOGIN_KEY).unwrap_or_default();
        let identity = folder.identity_file(fingerprint).ok_or_else(|| {
            Fault::new(
                Kind::Denied,
                format!("the key {fingerprint} of {} is not on this machine", name(session)),
            )
            .hint(format!("copy it to {} from the machine that has it", folder.path().display()))
        })?;
        establish(session, &folder, instance).await?;
        let host = Host {
            names: vec![name(session)],
            address,
            user: LOGIN_USER.to_owned(),
            id: instance.instance_id().unwrap_or_default().to_owned(),
            identity: Some(identity),
            jump: None,
            trust: Trust::Known,
        };
        let path = folder.write_config(&config(&folder, &[host]))?;
        Ok(Self { config: path, host: name(session) })
    }

    /// To the server that is there and ready.
    ///
    /// # Errors
    /// Not found where there is none, or where it does not run; as [`Login::prepare`].
    pub async fn to_standing(session: &Session) -> Result<Self> {
        let servers = session.inventory(Servers::read(session)).await?;
        let instance = servers.only(session)?;
        let leads = servers.addresses.iter().find(|it| it.instance.as_deref() == instance.instance_id());
        let Some(address) = leads.and_then(|it| it.public_ip).filter(|_| is_running(instance)) else {
            return Err(Fault::not_found(format!("{} does not run yet, or no more", name(session)))
                .hint("run `vpn create`: it starts it and waits until it answers")
                .into());
        };
        Self::prepare(session, instance, address).await
    }

    /// Runs a script as root and answers what it prints. Nothing of `input` gets into an error.
    ///
    /// # Errors
    /// Denied where the server does not let in; the script failed, with its last word.
    pub async fn run(&self, what: &str, script: &str, input: &str) -> Result<String> {
        let answer = remote(&self.config, &self.host, &as_root(script), input).await?;
        if answer.is_success() {
            return Ok(answer.stdout());
        }
        let mut complaint = answer.complaint();
        let secret = input.trim();
        if !secret.is_empty() {
            complaint = complaint.replace(secret, "…");
        }
        Err(Fault::new(Kind::Failed, format!("cannot {what}: {} says {complaint}", self.host))
            .hint("run `vpn show --wait` to see whether the server is ready, then run the same command again")
            .into())
    }

    /// What `sacli status` prints, or nothing while it cannot say.
    ///
    /// # Errors
    /// Denied where the server does not let in.
    pub async fn status(&self) -> Result<String> {
        let answer = remote(&self.config, &self.host, &as_root("sacli status"), "").await?;
        Ok(if answer.is_success() { answer.stdout() } else { String::new() })
    }
}
