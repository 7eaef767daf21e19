//! The commands as processes.

use std::fs::File;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::harness::Sandbox;

/// The commands there are, in the order of the pipe.
pub const NAMES: [&str; 8] = ["vpc", "sg", "bastion", "vpn", "alb", "rds", "bake", "asg"];

/// A command in a sandbox, from `folder`, with no shell around it. What it says goes to a file in the sandbox.
///
/// # Errors
/// The line is empty, or the file cannot be made.
pub fn command(sandbox: &Sandbox, folder: &Path, line: &str) -> Result<Command> {
    let mut words = line.split_whitespace();
    let name = words.next().context("an empty command line")?;
    let mut command = Command::new(folder.join(name));
    command.args(words).env_clear().current_dir(sandbox.home());
    for (name, value) in sandbox.command("").get_envs() {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    let stderr = File::options().create(true).append(true).open(sandbox.home().join(SAID));
    command.stderr(stderr.context("cannot keep what a command says")?);
    Ok(command)
}

const SAID: &str = "said";

/// What the commands have said in this sandbox so far.
#[must_use]
pub fn said(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.home().join(SAID)).unwrap_or_default()
}
