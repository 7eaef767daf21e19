//! `bake`: images of an environment's components, made from what configures them.

mod claim;
mod clean;
mod clear;
mod cli;
mod configure;
mod connection;
mod copy;
mod create;
mod decide;
mod delete;
mod gateway;
mod gc;
mod ground;
mod group;
mod image;
mod inventory;
mod list;
mod marks;
mod names;
mod nat;
mod pick;
mod process;
mod prune;
mod recipe;
mod repository;
mod section;
mod settle;
mod share;
mod shell;
mod show;
mod source;
mod step;
mod steps;
mod usage;
mod words;

use std::process::ExitCode;

use cli::{Cli, Verb};

fn main() -> ExitCode {
    common::run::run(async |cli: &Cli, session| match &cli.verb {
        Verb::Create(flags) => Box::pin(create::create(session, flags)).await,
        Verb::Show(flags) => Box::pin(show::show(session, flags)).await,
        Verb::List(flags) => Box::pin(list::list(session, flags)).await,
        Verb::Delete(flags) => Box::pin(delete::delete(session, flags)).await,
        Verb::Copy(flags) => Box::pin(copy::copy(session, flags)).await,
        Verb::Share(flags) => Box::pin(share::share(session, flags)).await,
        Verb::Prune(flags) => Box::pin(prune::prune(session, flags)).await,
        Verb::Gc(flags) => Box::pin(gc::gc(session, flags)).await,
        Verb::Offline(_) => Ok(()),
    })
}
