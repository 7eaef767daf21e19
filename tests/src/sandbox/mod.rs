//! `cargo sandbox`: runs a command line, a script or a shell with the workspace's commands on `PATH` and the loopback AWS
//! where they expect AWS. Nothing outside this machine is reached, and nothing of the person's own AWS settings is used.

pub mod build;
mod cli;
mod environment;
mod run;
mod serve;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

use crate::loopback::Server;
use cli::{Cli, Verb};

/// The whole program.
#[must_use]
pub fn main() -> ExitCode {
    match sandbox(&Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            let _ = writeln!(io::stderr(), "sandbox: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn sandbox(cli: &Cli) -> anyhow::Result<ExitCode> {
    if let Verb::Serve = cli.verb {
        return serve::serve(&Server::start(&cli.options)?);
    }
    let folder = build::commands()?;
    let server = Server::start(&cli.options)?;
    let environment = environment::variables(&server, &folder);
    let command = match &cli.verb {
        Verb::Run(words) => run::command(words)?,
        Verb::Shell | Verb::Serve => run::shell(),
    };
    // With real machines behind it, the sandbox has names that only it knows.
    let command = match server.machines() {
        Some(machines) => machines.within(command.as_std()).into(),
        None => command,
    };
    run::run(command, environment)
}
