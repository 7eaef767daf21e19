//! What came of a command line: status, document, messages and the AWS calls it made.

use std::process::{ExitStatus, Output};

use serde_json::Value as Json;

use crate::loopback::Entry;

/// The outcome of a command line. Says all of it when a test does not find what it expects.
#[must_use]
pub struct Run {
    line: String,
    status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    /// The AWS calls made meanwhile, in order.
    pub calls: Vec<Entry>,
}

#[allow(
    clippy::panic,
    reason = "a test that does not find what it expects ends there, with all there is to see"
)]
impl Run {
    pub fn new(line: &str, output: &Output, calls: Vec<Entry>) -> Self {
        Self {
            line: line.to_owned(),
            status: output.status,
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            calls,
        }
    }

    /// The exit status; none where a signal ended it.
    pub fn status(&self) -> Option<i32> {
        self.status.code()
    }

    /// # Panics
    /// It did not end with status 0.
    pub fn succeeds(&self) -> &Self {
        self.ends_with(0)
    }

    /// # Panics
    /// It did not end with this status.
    pub fn ends_with(&self, status: i32) -> &Self {
        self.expect(self.status() == Some(status), &format!("status {status}"));
        self
    }

    /// # Panics
    /// Stderr does not contain this text.
    pub fn says(&self, text: &str) -> &Self {
        self.expect(self.stderr.contains(text), &format!("{text:?} on stderr"));
        self
    }

    /// # Panics
    /// Stderr contains this text.
    pub fn does_not_say(&self, text: &str) -> &Self {
        self.expect(!self.stderr.contains(text), &format!("no {text:?} on stderr"));
        self
    }

    /// # Panics
    /// Such calls, as `ec2.CreateVpc`, are not as many.
    pub fn makes(&self, times: usize, name: &str) -> &Self {
        self.expect(self.count(name) == times, &format!("{times} times {name}"));
        self
    }

    /// # Panics
    /// There is no error, or it takes more than one line.
    pub fn says_one_error(&self) -> &Self {
        let errors = self.stderr.lines().filter(|line| line.contains("error: ")).count();
        self.expect(errors == 1, "one line of error");
        self.expect(!self.stderr.contains("panicked"), "no panic");
        self
    }

    /// # Panics
    /// Something was written to stdout.
    pub fn writes_nothing(&self) -> &Self {
        self.expect(self.stdout.is_empty(), "nothing on stdout");
        self
    }

    /// # Panics
    /// An AWS call was made.
    pub fn calls_nothing(&self) -> &Self {
        self.expect(self.calls.is_empty(), "no AWS call");
        self
    }

    /// # Panics
    /// A call that changes something was made.
    pub fn changes_nothing(&self) -> &Self {
        self.expect(self.writes().is_empty(), "no AWS call that writes");
        self
    }

    /// The names of the calls that write, such as `ec2.CreateVpc`, in order.
    pub fn writes(&self) -> Vec<String> {
        self.calls.iter().filter(|call| call.write).map(Entry::name).collect()
    }

    /// How often a call such as `ec2.CreateVpc` was made.
    pub fn count(&self, name: &str) -> usize {
        self.calls.iter().filter(|call| call.name() == name).count()
    }

    /// The document on stdout.
    ///
    /// # Panics
    /// Stdout is no JSON.
    pub fn document(&self) -> Json {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| {
            self.expect(false, &format!("a document on stdout ({error})"));
            Json::Null
        })
    }

    fn expect(&self, holds: bool, what: &str) {
        if holds {
            return;
        }
        let calls: Vec<String> =
            self.calls.iter().map(|call| format!("{} {}", call.name(), call.outcome)).collect();
        panic!(
            "expected {what}\n--- line: {}\n--- {}\n--- stdout: {}\n--- stderr: {}\n--- calls: {}",
            self.line,
            self.status,
            self.stdout,
            self.stderr,
            calls.join(", ")
        );
    }
}
