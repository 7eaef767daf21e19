//! `vpn`: the OpenVPN Access Server through which people reach the private network.

mod admin;
mod appliance;
mod cli;
mod create;
mod delete;
mod image;
mod instance;
mod inventory;
mod key_pair;
mod login;
mod profile;
mod section;
mod settle;
mod show;
mod user;
mod username;

use std::process::ExitCode;

use cli::{Cli, UserVerb, Verb};

fn main() -> ExitCode {
    common::run::run(async |cli: &Cli, session| match &cli.verb {
        Verb::Create(create) => Box::pin(create::create(session, create)).await,
        Verb::Show(show) => show::show(session, show).await,
        Verb::Profile(profile) => profile::profile(session, profile).await,
        Verb::User { verb: UserVerb::Add { name } } => user::add(session, name).await,
        Verb::User { verb: UserVerb::Remove { name } } => user::remove(session, name).await,
        Verb::User { verb: UserVerb::List { format } } => user::list(session, *format).await,
        Verb::Delete(delete) => delete::delete(session, delete).await,
        Verb::Offline(_) => Ok(()),
    })
}
