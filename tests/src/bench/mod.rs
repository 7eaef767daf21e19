//! The benchmark: what the commands cost in calls, waiting, time and memory, on this machine, all in one run.
//!
//! `cargo run -p tests --bin bench` prints Markdown, a table a subject. docs/figures.md tells how each figure is come by.

mod build;
mod chain;
mod cli;
mod commands;
mod compiler;
mod machine;
mod overlap;
mod pipe;
mod readiness;
mod report;
mod round_trips;
mod size;
mod start_up;
mod statistics;
mod watch;

use std::process::ExitCode;

use clap::Parser as _;

use cli::{Cli, Subject};

/// The whole program. Under the name that Cargo knows its compiler wrapper by, it is that wrapper.
#[must_use]
pub fn main() -> ExitCode {
    let outcome = match compiler::wrapped() {
        Some(wrapped) => compiler::run(&wrapped),
        None => bench(&Cli::parse()).map(|()| ExitCode::SUCCESS),
    };
    outcome.unwrap_or_else(|error| {
        report::note(&format!("error: {error:#}"));
        ExitCode::FAILURE
    })
}

fn bench(cli: &Cli) -> anyhow::Result<()> {
    let folder = crate::sandbox::build::commands()?;
    report::print(&machine::describe());
    for subject in cli.subjects() {
        report::note(&format!("{subject} …"));
        match subject {
            Subject::RoundTrips => round_trips::measure(&folder, cli.calls)?,
            Subject::Readiness => readiness::measure(&folder)?,
            Subject::Overlap => overlap::measure(&folder)?,
            Subject::StartUp => start_up::measure(&folder)?,
            Subject::Size => size::measure(&folder)?,
            Subject::Build => build::measure()?,
        }
    }
    Ok(())
}
