//! Size of each binary, and the most memory it takes.

use std::process::Stdio;

use anyhow::{Context as _, Result};

use super::commands::NAMES;
use super::pipe;
use super::profile::Profiles;
use super::report::Table;
use super::statistics::megabytes;
use crate::harness::{EVERYTHING, Sandbox, WHOLE, with_stand_ins};
use crate::loopback::Options;

/// Runs the pipe with the binaries of each profile that is built.
///
/// # Errors
/// A command fails.
pub fn measure(profiles: &Profiles) -> Result<()> {
    let how = "Peak is the most memory resident during a first run of the pipe (`VmHWM`), shared pages of the binary included. That of \
               `bake`, which is not in this pipe, is among its own figures.";
    let mut table = Table::new("Size and memory", how, &["command", "profile", "binary", "peak"]);
    for (profile, folder) in profiles.iter() {
        let options = Options { time_scale: 1e3, seed: Some(1), ..Options::default() };
        let (sandbox, line) = match with_stand_ins(&options)? {
            Some(sandbox) => (sandbox, EVERYTHING),
            None => (Sandbox::with(&options)?, WHOLE),
        };
        let stages = pipe::run(&sandbox, folder, line, Stdio::null())?;
        for name in NAMES {
            let own = stages.iter().filter(|stage| stage.name.split(' ').next() == Some(name));
            let peak = own.map(|stage| stage.end.peak).max();
            let size = folder.join(name).metadata().with_context(|| format!("no {name} is built"))?.len();
            let peak = peak.map_or_else(|| "–".to_owned(), megabytes);
            table.row([format!("`{name}`"), profile.to_owned(), megabytes(size), peak]);
        }
    }
    table.print();
    Ok(())
}
