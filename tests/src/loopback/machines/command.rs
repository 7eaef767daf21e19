//! Running the system's own programs: `ip`, `nft`, `mount`.

use std::io::{self, Write as _};
use std::process::{Command, Output, Stdio};

/// Runs a program to its end.
///
/// # Errors
/// It cannot be started, or fails: with what it complained of.
pub fn run(program: &str, words: &[&str]) -> io::Result<()> {
    let output = Command::new(program).args(words).stdin(Stdio::null()).output();
    succeeded(program, words, output)
}

/// The same with a text on its stdin.
///
/// # Errors
/// It cannot be started, or fails: with what it complained of.
pub fn feed(program: &str, words: &[&str], input: &str) -> io::Result<()> {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read to its end says why by its status.
        let _ = stdin.write_all(input.as_bytes());
    }
    succeeded(program, words, child.wait_with_output())
}

/// A program that ends when the thread that starts it does, however that ends.
#[must_use]
pub fn bound(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", program]);
    command
}

fn succeeded(program: &str, words: &[&str], output: io::Result<Output>) -> io::Result<()> {
    let line = || format!("{program} {}", words.join(" "));
    let output = output.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", line())))?;
    if output.status.success() {
        return Ok(());
    }
    // What was wrong stands at the end.
    let said = String::from_utf8_lossy(&output.stderr);
    let mut last: Vec<&str> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(4).collect();
    last.reverse();
    Err(io::Error::other(format!("{}: {}", line(), last.join("; "))))
}
