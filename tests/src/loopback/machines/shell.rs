//! A command on the host that knows the names of the sandbox.

use std::path::Path;
use std::process::Command;

/// In a mount namespace of the command's own, so that only it asks the sandbox for names.
const SCRIPT: &str = "mount --bind \"$1\" /etc/resolv.conf && shift && exec \"$@\"";

/// The same command, asking the name server in `resolver` for names.
#[must_use]
pub fn within(resolver: &Path, command: &Command) -> Command {
    let mut wrapped = Command::new("unshare");
    wrapped.args(["--mount", "--propagation", "private", "sh", "-c", SCRIPT, "sh"]).arg(resolver);
    wrapped.arg(command.get_program()).args(command.get_args());
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    // Whether it was to inherit an environment cannot be asked of a command. One with a `PATH` of its own has a whole one.
    if command.get_envs().any(|(name, _)| name == "PATH") {
        wrapped.env_clear();
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped
}
