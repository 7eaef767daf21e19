//! `rds`: a MySQL database with its subnet group, parameter group and master password.

mod change;
mod cli;
mod create;
mod delete;
mod flags;
mod instance;
mod inventory;
mod names;
mod offer;
mod ownership;
mod parameter;
mod parameter_group;
mod secret;
mod section;
mod settle;
mod show;
mod snapshot;
mod state;
mod subnet_group;
mod version;
mod window;

use std::process::ExitCode;

use crate::cli::{Cli, Verb};

fn main() -> ExitCode {
    common::run::run(async |cli: &Cli, session| match &cli.verb {
        Verb::Create(flags) => Box::pin(create::create(session, flags)).await,
        Verb::Show(flags) => show::show(session, flags).await,
        Verb::Snapshot(flags) => Box::pin(snapshot::snapshot(session, flags)).await,
        Verb::Delete(flags) => Box::pin(delete::delete(session, flags)).await,
        Verb::Offline(_) => Ok(()),
    })
}
