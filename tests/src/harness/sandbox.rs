//! A loopback AWS and a shell for one test.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value as Json;

use super::run::Run;
use crate::loopback::{Options, Server};

/// The Region every sandbox works in.
pub const REGION: &str = "us-east-1";

/// Fast enough that a NAT gateway is ready in a third of a second, slow enough that it is seen pending.
const TIME_SCALE: f64 = 300.0;

/// Seconds of AWS's time after which deleted NAT gateways and terminated instances are no longer described.
const SOME_HOURS: f64 = 6.0 * 3600.0;

/// A loopback AWS, a home directory that nobody else uses, and the variables a command sees.
pub struct Sandbox {
    pub aws: Server,
    home: PathBuf,
    variables: Mutex<Vec<(String, Option<String>)>>,
}

impl Sandbox {
    /// One with ordinary settings.
    ///
    /// # Errors
    /// The server cannot start, or the commands are not built.
    pub fn new() -> Result<Self> {
        Self::with(&Options { time_scale: TIME_SCALE, seed: Some(1), ..Options::default() })
    }

    /// One with these settings.
    ///
    /// # Errors
    /// The server cannot start, or the commands are not built.
    pub fn with(options: &Options) -> Result<Self> {
        let bin = bin_directory()?;
        ensure!(
            bin.join("vpc").exists(),
            "the commands are not in {}: run `cargo build` first, or the whole of it with `tests/run`",
            bin.display()
        );
        Ok(Self { aws: Server::start(options)?, home: new_home()?, variables: Mutex::default() })
    }

    /// Another one that goes on from the state of this one's AWS, with the same variables and an empty home.
    ///
    /// # Errors
    /// The server cannot start.
    pub fn copy(&self) -> Result<Self> {
        let variables = self.variables.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Ok(Self { aws: self.aws.copy()?, home: new_home()?, variables: Mutex::new(variables) })
    }

    /// Sets a variable for the commands that follow, or with `None` takes it away.
    pub fn set(&self, name: &str, value: Option<&str>) -> &Self {
        self.variables
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push((name.to_owned(), value.map(str::to_owned)));
        self
    }

    /// A directory of this test's own, the commands' home and working directory.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// Writes a file into the home directory.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, name: &str, text: &str) -> Result<()> {
        std::fs::write(self.home.join(name), text).with_context(|| format!("cannot write {name}"))
    }

    /// Runs a command line in `sh`, with nothing on stdin, and waits for its end.
    ///
    /// # Errors
    /// The shell cannot be started.
    pub fn sh(&self, line: &str) -> Result<Run> {
        let before = self.aws.journal().len();
        let output = self.command(line).output().context("cannot start sh")?;
        let mut calls = self.aws.journal();
        calls.drain(..before.min(calls.len()));
        Ok(Run::new(line, &output, calls))
    }

    /// Starts a command line in `sh` and does not wait. Its output is collected by `wait_with_output`.
    ///
    /// # Errors
    /// The shell cannot be started.
    pub fn start(&self, line: &str) -> Result<Child> {
        self.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cannot start sh")
    }

    /// `sh -c LINE` with this sandbox's variables and no others.
    pub fn command(&self, line: &str) -> Command {
        let bin = bin_directory().unwrap_or_default();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display());
        let mut command = Command::new("sh");
        command
            .args(["-c", line])
            .current_dir(&self.home)
            .stdin(Stdio::null())
            .env_clear()
            .env("PATH", path)
            .env("HOME", &self.home)
            .env("LC_ALL", "C.UTF-8")
            .env("AWS_ENDPOINT_URL", self.aws.endpoint())
            .env("AWS_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY")
            .env("AWS_EC2_METADATA_DISABLED", "true");
        for (name, value) in self.variables.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        match self.aws.machines() {
            Some(machines) => {
                let mut within = machines.within(&command);
                within.stdin(Stdio::null());
                within
            }
            None => command,
        }
    }

    /// Everything in AWS, with names for ids: equal for environments made alike. Some hours later, that is: what was on its way has
    /// arrived by then, and AWS no longer describes what is dead.
    pub fn environment(&self) -> Json {
        self.aws.skip(SOME_HOURS);
        self.aws.normalised(REGION)
    }

    /// Everything in AWS as clients see it.
    pub fn resources(&self) -> Json {
        self.aws.resources(REGION)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // A directory that stays behind in the system's temporary one is nobody's loss.
        let _ = std::fs::remove_dir_all(&self.home);
    }
}

fn new_home() -> Result<PathBuf> {
    let name = format!("stackpipe-test-{}-{:08x}", std::process::id(), fastrand::u32(..));
    let home = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&home).context("cannot make a home directory")?;
    Ok(home)
}

/// Where Cargo puts the commands: two folders up from a test binary, one up from any other.
///
/// # Errors
/// This process does not know its own path.
pub fn bin_directory() -> Result<PathBuf> {
    let mut path = std::env::current_exe().context("cannot find out where this binary is")?;
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    Ok(path)
}
