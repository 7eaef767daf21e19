//! Running `ssh` and `ssh-keygen`.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{ErrorKind, IsTerminal as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::Result;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::fault::{Fault, Kind};
use crate::session::Session;

/// OpenSSH's own status where it, and not the command on the server, has failed.
pub const SSH_FAILED: i32 = 255;

/// What to do where one of its programs is not there.
pub const OPENSSH: &str = "install the OpenSSH client";

/// cloud-init's status where it finished with warnings.
const DEGRADED: i32 = 2;

/// A first start that installs packages takes some minutes.
const LONGEST: Duration = Duration::from_mins(15);

/// From a server that answers to one that lets in: cloud-init puts the key in place beside the start of the SSH server.
const UNTIL_LET_IN: Duration = Duration::from_mins(1);

/// Ends with what cloud-init's first run ended with, and at once where there is no cloud-init.
const UNTIL_SET_UP: &str =
    "if command -v cloud-init >/dev/null 2>&1; then cloud-init status --wait >/dev/null; fi";

/// What a program prints, once it has ended well.
///
/// # Errors
/// It is not there, or it fails; with what it said.
pub async fn output<'a>(program: &str, words: impl IntoIterator<Item = &'a OsStr>) -> Result<String> {
    let output = run(Command::new(program).args(words)).await?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(anyhow::anyhow!("{program} failed: {}", said(&output)))
}

/// Logs in and waits until the server has finished its first start.
///
/// # Errors
/// Denied where it does not let in; [`Kind::Failed`] where cloud-init failed; [`Kind::NotInTime`].
pub async fn log_in(session: &Session, config: &Path, host: &str) -> Result<()> {
    log_in_within(session, config, host, UNTIL_LET_IN).await
}

/// The same, for a server that may not answer yet: `patience` is how long a connection that fails is tried again.
///
/// # Errors
/// As [`log_in`].
pub async fn log_in_within(session: &Session, config: &Path, host: &str, patience: Duration) -> Result<()> {
    let began = Instant::now();
    let longest = session.timeout(LONGEST);
    session.progress.waiting(&format!("{host} to let in and finish its first start"), 0);
    loop {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(config).args(["-o", "BatchMode=yes", host, UNTIL_SET_UP]).kill_on_drop(true);
        let left = longest.saturating_sub(began.elapsed());
        let Ok(output) = tokio::time::timeout(left, run(&mut ssh)).await else {
            session.progress.waited();
            return Err(Fault::new(Kind::NotInTime, format!("{host} has not finished its first start"))
                .hint("run the same command again: it carries on")
                .into());
        };
        let output = output?;
        match output.status.code() {
            Some(SSH_FAILED) if began.elapsed() < patience.min(longest) && !is_impostor(&output) => {
                sleep(Duration::from_secs(1)).await;
            }
            Some(SSH_FAILED) => {
                session.progress.waited();
                return Err(refused(host, &output));
            }
            Some(0 | DEGRADED) => {
                session.progress.waited();
                return Ok(());
            }
            _ => {
                session.progress.waited();
                let fault = Fault::new(Kind::Failed, format!("the first start of {host} failed"));
                return Err(fault.hint("log in and look at /var/log/cloud-init-output.log").into());
            }
        }
    }
}

fn is_impostor(output: &Output) -> bool {
    String::from_utf8_lossy(&output.stderr).contains("Host key verification failed")
}

pub(super) fn refused(host: &str, output: &Output) -> anyhow::Error {
    if is_impostor(output) {
        return Fault::conflict(format!("{host} answers with another host key than the one on its console"))
            .hint("do not log in: find out who answers at its address")
            .into();
    }
    Fault::new(Kind::Denied, format!("{host} does not let in: {}", said(output)))
        .hint("see that this machine has the key of the server, in its file or in an agent")
        .into()
}

async fn run(command: &mut Command) -> Result<Output> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).output().await.map_err(|error| cannot_start(&program, OPENSSH, error))
}

/// The last line of what a program complained of.
pub(super) fn said(output: &Output) -> String {
    last_line(&output.stderr)
}

/// The last line that is not empty, without control characters.
pub fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    last.unwrap_or("it said nothing").chars().filter(|c| !c.is_control()).collect()
}

/// The error where a program cannot be started: a usage fault where it is not there, with what to do about that.
pub fn cannot_start(program: &str, hint: &str, error: std::io::Error) -> anyhow::Error {
    if error.kind() == ErrorKind::NotFound {
        return Fault::usage(format!("there is no {program} on this machine")).hint(hint).into();
    }
    anyhow::Error::new(error).context(format!("cannot start {program}"))
}

/// Becomes `ssh`: this process ends with its status. Where stdin was a document, the session reads from the terminal instead.
///
/// # Errors
/// It cannot be started.
pub fn exec<'a>(config: &Path, words: impl IntoIterator<Item = &'a OsStr>) -> Result<()> {
    let mut ssh = std::process::Command::new("ssh");
    ssh.arg("-F").arg(config).args(words);
    let is_at_terminal = std::io::stdout().is_terminal() && !std::io::stdin().is_terminal();
    if is_at_terminal && let Ok(terminal) = File::open("/dev/tty") {
        ssh.stdin(terminal);
    }
    let error = ssh.exec();
    Err(cannot_start("ssh", OPENSSH, error))
}
