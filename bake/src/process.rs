//! A program whose output a person sees line by line, in a process group of its own, which goes when this run does.

use std::collections::VecDeque;
use std::io::{PipeWriter, pipe};
use std::os::fd::OwnedFd;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result};
use common::session::Session;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;
use tokio::process::Command;

/// How many of the last lines are told again where it fails.
const TAIL: usize = 20;

/// The longest line that is shown whole.
const LONGEST_LINE: usize = 2000;

/// For as long something that outlives the program may still hold its output.
const UNTIL_SILENT: Duration = Duration::from_secs(1);

/// Writes what goes to the program's stdin.
pub type Input = Box<dyn FnOnce(PipeWriter) -> std::io::Result<()> + Send>;

/// What came of it.
pub struct Ended {
    pub status: ExitStatus,
    /// Its last lines.
    pub tail: Vec<String>,
}

/// Runs it to its end. Dropping this kills it and all that it started.
///
/// # Errors
/// It cannot be started.
pub async fn run(session: &Session, mut command: Command, input: Option<Input>) -> Result<Ended> {
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let (output, writer) = pipe().context("cannot make a pipe")?;
    let both = writer.try_clone().context("cannot make a pipe")?;
    command.stdout(Stdio::from(writer)).stderr(Stdio::from(both)).process_group(0).kill_on_drop(true);
    let writer = match input {
        None => {
            command.stdin(Stdio::null());
            None
        }
        Some(input) => {
            let (reader, writer) = pipe().context("cannot make a pipe")?;
            command.stdin(Stdio::from(reader));
            // A program that does not read to the end says so by its status.
            Some((input, writer))
        }
    };
    let mut child = command.spawn().with_context(|| format!("cannot start {program}"))?;
    // It holds the other ends of the pipes.
    drop(command);
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)));
    let writing = writer.map(|(input, writer)| tokio::task::spawn_blocking(|| input(writer)));
    let mut lines = Lines::new(OwnedFd::from(output))?;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status.with_context(|| format!("cannot wait for {program}"))?,
            () = lines.next(session) => {}
        }
    };
    group.0 = None;
    let _ = tokio::time::timeout(UNTIL_SILENT, async {
        while !lines.is_over {
            lines.next(session).await;
        }
    })
    .await;
    lines.end(session);
    if let Some(writing) = writing
        && status.success()
    {
        writing.await.context("cannot write to it")?.with_context(|| format!("cannot write to {program}"))?;
    }
    Ok(Ended { status, tail: lines.tail.into() })
}

/// A process group, which is killed unless its leader has ended by itself.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // One that is gone is as good.
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
}

/// Output on its way to stderr.
struct Lines {
    from: Receiver,
    begun: Vec<u8>,
    tail: VecDeque<String>,
    is_over: bool,
}

impl Lines {
    fn new(from: OwnedFd) -> Result<Self> {
        let from = Receiver::from_owned_fd(from).context("cannot read a pipe")?;
        Ok(Self { from, begun: Vec::new(), tail: VecDeque::new(), is_over: false })
    }

    /// Shows what comes next. After the end this waits for ever.
    async fn next(&mut self, session: &Session) {
        if self.is_over {
            return std::future::pending().await;
        }
        let mut buffer = [0; 8192];
        let read = self.from.read(&mut buffer).await.unwrap_or(0);
        self.is_over = read == 0;
        for part in buffer[..read].split_inclusive(|byte| *byte == b'\n') {
            self.begun.extend_from_slice(part);
            if part.ends_with(b"\n") || self.begun.len() > LONGEST_LINE {
                self.end(session);
            }
        }
    }

    /// Shows the line that has begun.
    fn end(&mut self, session: &Session) {
        let line = readable(&std::mem::take(&mut self.begun));
        if line.is_empty() {
            return;
        }
        session.progress.line(&line);
        if self.tail.len() == TAIL {
            self.tail.pop_front();
        }
        self.tail.push_back(line);
    }
}

/// A line without what a terminal would carry out.
fn readable(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let shown = text.chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| !c.is_control());
    shown.collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn a_control_character_reaches_no_terminal() {
        assert_eq!(readable(b"a\x1b[2J\tb\r\n"), "a[2J b");
        assert_eq!(readable(b"\xff\n"), "\u{fffd}");
    }
}
