//! `alb`: application load balancers with their listeners, DNS records and certificates.

mod attributes;
mod certificate;
mod cli;
mod create;
mod delete;
mod domain;
mod flags;
mod health;
mod interfaces;
mod inventory;
mod listener;
mod load_balancer;
mod names;
mod ownership;
mod record;
mod rules;
mod section;
mod settle;
mod show;
mod zone;

use std::process::ExitCode;

use crate::cli::{Cli, Verb};

fn main() -> ExitCode {
    common::run::run(async |cli: &Cli, session| match &cli.verb {
        Verb::Create(flags) => Box::pin(create::create(session, flags)).await,
        Verb::Show(flags) => show::show(session, flags).await,
        Verb::Rules(flags) => rules::rules(session, flags).await,
        Verb::Health(flags) => health::health(session, flags).await,
        Verb::Delete(flags) => Box::pin(delete::delete(session, flags)).await,
        Verb::Offline(_) => Ok(()),
    })
}
