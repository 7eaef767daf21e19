//! `bake`: images of an environment's components, made from what configures them.

mod claim;
mod clean;
mod clear;
mod cli;
mod configure;
mod connection;
mod create;
mod decide;
mod gateway;
mod ground;
mod group;
mod image;
mod inventory;
mod marks;
mod names;
mod nat;
mod process;
mod recipe;
mod repository;
mod section;
mod settle;
mod shell;
mod source;
mod step;
mod steps;
mod words;

use std::process::ExitCode;

use cli::{Cli, Verb};

fn main() -> ExitCode {
    common::run::run(async |cli: &Cli, session| match &cli.verb {
        Verb::Create(flags) => Box::pin(create::create(session, flags)).await,
        _ => Ok(()),
    })
}
