//! A command in the sandbox.

use std::collections::BTreeMap;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitCode, ExitStatus};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// The command that words on the command line mean: a file, a program on `PATH`, or a whole line for the shell.
pub fn command(words: &[OsString]) -> anyhow::Result<Command> {
    let (first, rest) = words.split_first().context("say what to run")?;
    let path = Path::new(first);
    let mut command = if path.is_file() {
        let absolute = std::path::absolute(path)?;
        let executable = path.metadata()?.permissions().mode() & 0o111 != 0;
        if executable { Command::new(absolute) } else { with(Command::new("sh"), absolute.as_os_str()) }
    } else if rest.is_empty() && first.to_string_lossy().contains(char::is_whitespace) {
        with(with(Command::new("sh"), OsStr::new("-c")), first)
    } else {
        Command::new(first)
    };
    command.args(rest);
    Ok(command)
}

fn with(mut command: Command, argument: &OsStr) -> Command {
    command.arg(argument);
    command
}

/// The person's own shell.
pub fn shell() -> Command {
    Command::new(env::var_os("SHELL").unwrap_or_else(|| "sh".into()))
}

/// Runs a command to its end, and answers its exit status as a shell does.
pub fn run(mut command: Command, environment: BTreeMap<OsString, OsString>) -> anyhow::Result<ExitCode> {
    command.env_clear().envs(environment);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let status = runtime.block_on(async {
        match command.spawn() {
            Ok(child) => wait(child).await.map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    })?;
    let Some(status) = status else {
        writeln!(io::stderr(), "sandbox: {}: not found", command.as_std().get_program().to_string_lossy())?;
        return Ok(ExitCode::from(127));
    };
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1);
    Ok(ExitCode::from(u8::try_from(code).unwrap_or(1)))
}

/// Waits for the command. An interrupt from the terminal reaches it without our doing; a request to end is passed on.
async fn wait(mut child: Child) -> anyhow::Result<ExitStatus> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    loop {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {
                if let Some(pid) = pid {
                    let _ = kill_process(pid, Signal::TERM);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::command;
    use std::ffi::OsString;

    fn words(words: &[&str]) -> Vec<String> {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        let command = command(&words).unwrap();
        let all = std::iter::once(command.as_std().get_program()).chain(command.as_std().get_args());
        all.map(|word| word.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn what_runs_follows_from_what_is_given() {
        assert_eq!(words(&["vpc", "show"]), ["vpc", "show"]);
        assert_eq!(words(&["vpc show | jq ."]), ["sh", "-c", "vpc show | jq ."]);
        // A file that is not executable, as a script fetched by a browser is none.
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert_eq!(words(&[script, "--flag"]), ["sh", script, "--flag"]);
    }
}
