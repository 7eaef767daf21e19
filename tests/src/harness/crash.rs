//! A pipe disturbed at each of its writes, and compared with one that was not.

#![expect(clippy::print_stdout, reason = "the count of points and survivors is a result, beside the verdict")]

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, Result};
use serde_json::Value as Json;

use super::{Sandbox, differences, let_in, with_stand_ins};
use crate::loopback::Options;

/// Points tried side by side: each is a pipe of small processes that mostly wait.
const WORKERS: usize = 8;

/// A pipe, the AWS it begins on, and the environment it ends with when nothing disturbs it.
pub struct Undisturbed {
    before: Sandbox,
    pipe: &'static str,
    writes: Vec<String>,
    environment: Json,
}

impl Undisturbed {
    /// Runs what comes before, then the pipe. None where nobody may stand in for the servers that it logs in to.
    ///
    /// # Errors
    /// The sandbox cannot start.
    pub fn run(before: &str, pipe: &'static str) -> Result<Option<Self>> {
        // Some hundred pipes: AWS's minutes take no longer here than a command takes to start.
        let options = Options { time_scale: 1500.0, seed: Some(1), ..Options::default() };
        let Some(sandbox) = with_stand_ins(&options)? else { return Ok(None) };
        sandbox.sh(before)?.succeeds();
        let trial = trial(&sandbox)?;
        let run = trial.sh(pipe)?;
        run.succeeds();
        let environment = trial.environment();
        Ok(Some(Self { before: sandbox, pipe, writes: run.writes(), environment }))
    }

    /// Runs the pipe with a fault at its n-th write, again where `again`, and says what is not as it should be.
    fn disturbed(&self, fault: &str, point: usize, again: bool) -> Result<Option<String>> {
        let sandbox = trial(&self.before)?;
        sandbox.aws.add_faults(&[&format!("{fault}@writes#{point}")])?;
        let run = sandbox.sh(self.pipe)?;
        let call = run.writes().get(point - 1).cloned().unwrap_or_default();
        let at = format!("{fault} at write {point} ({call})");
        if again {
            sandbox.aws.clear_faults();
            let second = sandbox.sh(self.pipe)?;
            if second.status() != Some(0) {
                return Ok(Some(format!("{at}: the second run failed: {}", second.stderr)));
            }
        } else if run.status() != Some(0) {
            return Ok(Some(format!("{at}: the run failed: {}", run.stderr)));
        }
        let differences = differences(&sandbox.environment(), &self.environment);
        Ok((!differences.is_empty()).then(|| format!("{at}:\n{}", differences.join("\n"))))
    }

    /// Tries every point, prints how many survived, and fails where one did not. `again` is whether the pipe is run a second time.
    ///
    /// # Errors
    /// A worker panicked.
    ///
    /// # Panics
    /// A point did not survive.
    pub fn survives(&self, fault: &str, again: bool) -> Result<()> {
        let points = self.writes.len();
        let next = AtomicUsize::new(1);
        let failed = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| {
                    loop {
                        let point = next.fetch_add(1, Ordering::Relaxed);
                        if point > points {
                            break;
                        }
                        let outcome = self.disturbed(fault, point, again);
                        let outcome =
                            outcome.unwrap_or_else(|error| Some(format!("point {point}: {error:#}")));
                        if let (Some(reason), Ok(mut failed)) = (outcome, failed.lock()) {
                            failed.push(reason);
                        }
                    }
                });
            }
        });
        let failed = failed.into_inner().ok().context("a worker panicked")?;
        println!("{fault}: {points} points, {} survived ({})", points - failed.len(), self.pipe);
        assert!(
            failed.is_empty(),
            "{} of {points} points did not survive:\n{}",
            failed.len(),
            failed.join("\n\n")
        );
        Ok(())
    }
}

/// A copy of a sandbox, to be tried on.
fn trial(before: &Sandbox) -> Result<Sandbox> {
    let sandbox = before.copy()?;
    let_in(&sandbox)?;
    Ok(sandbox)
}
