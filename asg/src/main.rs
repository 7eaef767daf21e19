//! `asg`: components, each a group of servers behind a load balancer, and their deployments.

mod balancer;
mod cli;
mod create;
mod delete;
mod flags;
mod group;
mod health;
mod history;
mod image;
mod instances;
mod inventory;
mod launch_template;
mod mark;
mod names;
mod ownership;
mod policy;
mod priority;
mod refresh;
mod rollback;
mod routing;
mod rule;
mod scale;
mod section;
mod settle;
mod show;
mod target_group;
mod template_data;
mod user_data;

use std::process::ExitCode;

use crate::cli::{Cli, Verb};

fn main() -> ExitCode {
    common::run::run(async |cli: &Cli, session| match &cli.verb {
        Verb::Create(flags) => Box::pin(create::create(session, flags)).await,
        Verb::Show(flags) => Box::pin(show::show(session, flags)).await,
        Verb::Scale(flags) => Box::pin(scale::scale(session, flags)).await,
        Verb::Rollback(flags) => Box::pin(rollback::rollback(session, flags)).await,
        Verb::History(flags) => history::history(session, flags).await,
        Verb::Delete(flags) => Box::pin(delete::delete(session, flags)).await,
        Verb::Offline(_) => Ok(()),
    })
}
