//! The benchmark: what the commands cost in calls, waiting, time and memory, on this machine, all in one run.
//!
//! `cargo run -p tests --bin bench` prints Markdown, a table a subject. docs/figures.md tells how each figure is come by.

mod bake;
mod baked;
mod build;
mod builder;
mod by_hand;
mod chain;
mod cli;
mod commands;
mod compiler;
mod machine;
mod overlap;
mod pipe;
mod profile;
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
use profile::Profiles;

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
    let subjects = cli.subjects();
    let are_run = subjects.iter().any(|subject| *subject != Subject::Build);
    let folder = if are_run { crate::sandbox::build::commands()? } else { crate::harness::bin_directory()? };
    report::print(&machine::describe());
    let mut profiles = Profiles::beside(&folder);
    for subject in subjects {
        report::note(&format!("{subject} …"));
        match subject {
            Subject::Build => build::measure(&mut profiles)?,
            Subject::RoundTrips => round_trips::measure(&folder, cli.calls)?,
            Subject::Readiness => readiness::measure(&folder)?,
            Subject::Overlap => overlap::measure(&folder)?,
            Subject::Bake => bake::measure(&folder, cli.calls)?,
            Subject::StartUp => start_up::measure(&profiles)?,
            Subject::Size => size::measure(&profiles)?,
        }
    }
    Ok(())
}
