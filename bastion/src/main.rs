//! `bastion`: the server through which people reach the private ones.

mod cli;
mod create;
mod database;
mod delete;
mod hosts;
mod image;
mod instance;
mod inventory;
mod power;
mod section;
mod settle;
mod show;
mod ssh;
mod ssh_config;
mod tunnel;

use std::process::ExitCode;

use cli::{Cli, Verb};

fn main() -> ExitCode {
    common::run::run(async |cli: &Cli, session| match &cli.verb {
        Verb::Create(create) => Box::pin(create::create(session, create)).await,
        Verb::Show(show) => Box::pin(show::show(session, show)).await,
        Verb::Ssh(ssh) => Box::pin(ssh::ssh(session, ssh)).await,
        Verb::SshConfig => Box::pin(ssh_config::ssh_config(session)).await,
        Verb::Tunnel(tunnel) => tunnel::tunnel(session, tunnel).await,
        Verb::Stop => power::stop(session).await,
        Verb::Start => Box::pin(power::start(session)).await,
        Verb::Delete(delete) => delete::delete(session, delete).await,
        Verb::Offline(_) => Ok(()),
    })
}
