//! A sandbox with real machines, and a command in it that is watched and interrupted as it goes.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Output};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::sandbox::Sandbox;
use crate::loopback::Options;
use crate::loopback::machines::requirements;

/// How long anything may take before a test gives it up: real machines take their time on a busy one.
const LONGEST: Duration = Duration::from_mins(3);
const PAUSE: Duration = Duration::from_millis(10);

/// None, and a line on stderr, where real machines cannot be had here.
///
/// # Errors
/// The sandbox cannot be made.
#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
pub fn with_real_machines(options: &Options) -> Result<Option<Sandbox>> {
    let missing = requirements::missing();
    if !missing.is_empty() {
        eprintln!("skipped: {}", missing.join("; "));
        return Ok(None);
    }
    // Another's machines may run on this one: addresses made of one number would be the same.
    Sandbox::with(&Options { machines: true, seed: None, ..options.clone() }).map(Some)
}

/// A command that runs while the test looks at what it says.
pub struct Watched {
    child: Child,
    said: Arc<Mutex<String>>,
    reader: JoinHandle<()>,
}

impl Sandbox {
    /// Starts one command, without a shell of its own between, so that a signal reaches it and nothing else.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn watch(&self, line: &str) -> Result<Watched> {
        let mut child = self.start(&format!("exec {line}"))?;
        let stderr = child.stderr.take().context("the command has no stderr")?;
        let said = Arc::new(Mutex::new(String::new()));
        let heard = Arc::clone(&said);
        let reader = thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.push_str(&line);
                heard.push('\n');
            }
        });
        Ok(Watched { child, said, reader })
    }
}

impl Watched {
    /// What it has said on stderr up to now.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it has said this.
    ///
    /// # Errors
    /// It ends before, or never does.
    pub fn until(&mut self, text: &str) -> Result<()> {
        let began = Instant::now();
        while !self.said().contains(text) {
            if let Some(status) = self.child.try_wait()? {
                // What it said last may not have been read yet.
                thread::sleep(PAUSE);
                if self.said().contains(text) {
                    return Ok(());
                }
                bail!("it ended with {status} and never said {text:?}:\n{}", self.said());
            }
            if began.elapsed() > LONGEST {
                bail!("it has not said {text:?}:\n{}", self.said());
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Sends it a signal. One that has ended does not get it any more.
    ///
    /// # Errors
    /// Its id is not known.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).context("it has no id")?;
        let _ = kill_process(pid, signal);
        Ok(())
    }

    /// Waits for its end. Its stderr is all that it has said.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn end(self) -> Result<Output> {
        let Self { child, said, reader } = self;
        let mut output = child.wait_with_output()?;
        let _ = reader.join();
        output.stderr = said.lock().unwrap_or_else(PoisonError::into_inner).clone().into_bytes();
        Ok(output)
    }
}
