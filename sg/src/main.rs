//! `sg`: the security groups of an environment and the rules between them.

#![allow(
    clippy::large_futures,
    reason = "the SDK's futures are large, and there is one of them at the top of one thread"
)]

mod allow;
mod change;
mod cli;
mod create;
mod delete;
mod diff;
mod egress;
mod exposure;
mod group;
mod holders;
mod ingress;
mod inventory;
mod member;
mod permission;
mod plan;
mod references;
mod revoke;
mod section;
mod show;
mod table;
mod tags;

use std::process::ExitCode;

use cli::{Cli, Verb};
use common::session::Session;

fn main() -> ExitCode {
    common::run::run(async |cli: &Cli, session: &Session| match &cli.verb {
        Verb::Create(wish) => create::create(session, wish).await,
        Verb::Show(wish) => show::show(session, wish).await,
        Verb::Delete(wish) => delete::delete(session, wish).await,
        Verb::Allow(wish) => allow::allow(session, wish).await,
        Verb::Revoke(wish) => revoke::revoke(session, wish).await,
        Verb::Diff(wish) => diff::diff(session, wish).await,
        Verb::Rules | Verb::Offline(_) => Ok(()),
    })
}
