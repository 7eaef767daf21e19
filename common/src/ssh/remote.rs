//! Running a command on a server, with something on its stdin, and reading what it prints.

use std::path::Path;
use std::process::{Output, Stdio};

use anyhow::{Context as _, Result};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use super::program::{OPENSSH, SSH_FAILED, cannot_start, refused, said};

/// What a command on a server came to.
pub struct Answer {
    output: Output,
}

impl Answer {
    pub fn is_success(&self) -> bool {
        self.output.status.success()
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.output.stdout).into_owned()
    }

    /// The last line that it complained of.
    pub fn complaint(&self) -> String {
        said(&self.output)
    }
}

/// Runs `command` in the login shell of `host`, as `config` describes that one. `input` reaches it on stdin and by no other way: what
/// stands on a command line can be seen by everybody on this machine.
///
/// # Errors
/// Denied where the server does not let in, or the connection breaks; a conflict where another one answers.
pub async fn remote(config: &Path, host: &str, command: &str, input: &str) -> Result<Answer> {
    let mut ssh = Command::new("ssh");
    ssh.arg("-F").arg(config).args(["-T", "-o", "BatchMode=yes", host, command]);
    ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = ssh.spawn().map_err(|error| cannot_start("ssh", OPENSSH, error))?;
    let mut stdin = child.stdin.take().context("ssh has no stdin")?;
    let input = input.to_owned();
    let write = async move {
        // A command that does not read to the end says so by its status.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
    };
    let ((), output) = futures_util::future::join(write, child.wait_with_output()).await;
    let output = output.context("cannot wait for ssh")?;
    if output.status.code() == Some(SSH_FAILED) {
        return Err(refused(host, &output));
    }
    Ok(Answer { output })
}
