//! Size of each binary, and the most memory it takes.

use std::process::Stdio;

use anyhow::{Context as _, Result};

use super::commands::NAMES;
use super::pipe;
use super::profile::Profiles;
use super::report::Table;
use super::statistics::megabytes;
use crate::harness::{CREATE, Sandbox};
use crate::loopback::Options;

/// Runs the pipe with the binaries of each profile that is built.
///
/// # Errors
/// A command fails.
pub fn measure(profiles: &Profiles) -> Result<()> {
    let how = "Peak is the most memory resident during a first run of the pipe (`VmHWM`), shared pages of the binary included.";
    let mut table = Table::new("Size and memory", how, &["command", "profile", "binary", "peak"]);
    for (profile, folder) in profiles.iter() {
        let sandbox = Sandbox::with(&Options { time_scale: 1e3, seed: Some(1), ..Options::default() })?;
        let stages = pipe::run(&sandbox, folder, CREATE, Stdio::null())?;
        for (name, stage) in NAMES.iter().zip(stages) {
            let file = folder.join(name);
            let size = file.metadata().with_context(|| format!("no {name} is built"))?.len();
            table.row([format!("`{name}`"), profile.to_owned(), megabytes(size), megabytes(stage.end.peak)]);
        }
    }
    table.print();
    Ok(())
}
