//! The compiler, watched: Cargo is told that this program is its compiler wrapper, and each compiler process is measured.

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::watch::to_the_end;

/// The file that measurements go to. Where it is set, this process is a compiler wrapper.
pub const RECORD: &str = "STACKPIPE_BENCH_RECORD";

/// The workspace's own wrapper, called in between. Empty for none.
pub const WRAPPER: &str = "STACKPIPE_BENCH_WRAPPER";

/// Short against the least compilation, so that the watching adds nothing to the time of a build.
const PAUSE: Duration = Duration::from_millis(5);

/// One compiler process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compilation {
    pub name: String,
    /// Bytes.
    pub peak: u64,
    /// What it took of the processors, however busy others kept them.
    pub busy: Duration,
}

/// What Cargo wants compiled, where it was Cargo that started this process.
#[derive(Debug)]
pub struct Wrapped {
    record: OsString,
    arguments: Vec<OsString>,
}

/// Whether this process is the wrapper.
#[must_use]
pub fn wrapped() -> Option<Wrapped> {
    let record = env::var_os(RECORD)?;
    Some(Wrapped { record, arguments: env::args_os().skip(1).collect() })
}

/// Runs the compiler and writes down what it took.
///
/// # Errors
/// It cannot be started, or the record not written.
pub fn run(wrapped: &Wrapped) -> Result<ExitCode> {
    let inner = env::var_os(WRAPPER).filter(|inner| !inner.is_empty());
    let mut words = inner.into_iter().chain(wrapped.arguments.iter().cloned());
    let mut command = Command::new(words.next().context("Cargo named no compiler")?);
    let mut child = command.args(words).env_remove(RECORD).spawn().context("cannot start the compiler")?;
    let end = to_the_end(&mut child, PAUSE)?;
    let name = wrapped.arguments.iter().skip_while(|word| *word != "--crate-name").nth(1);
    // A question for the version compiles nothing.
    if let Some(name) = name.filter(|name| *name != "___") {
        let line = format!("{}\t{}\t{}\n", name.to_string_lossy(), end.peak, end.busy.as_millis());
        let mut record = File::options().create(true).append(true).open(&wrapped.record)?;
        record.write_all(line.as_bytes())?;
    }
    Ok(ExitCode::from(end.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)))
}

/// What has been written down, the largest first.
///
/// # Errors
/// The record cannot be read.
pub fn recorded(record: &Path) -> Result<Vec<Compilation>> {
    let text = std::fs::read_to_string(record).context("cannot read what the compilers took")?;
    let mut all: Vec<Compilation> = text.lines().filter_map(parse).collect();
    all.sort_by_key(|it| std::cmp::Reverse(it.peak));
    Ok(all)
}

fn parse(line: &str) -> Option<Compilation> {
    let mut fields = line.split('\t');
    let name = fields.next()?.to_owned();
    let peak = fields.next()?.parse().ok()?;
    let busy = Duration::from_millis(fields.next()?.parse().ok()?);
    Some(Compilation { name, peak, busy })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_record_is_a_name_a_peak_and_a_time() {
        let found = parse("aws_sdk_ec2\t1024\t1500").unwrap();
        assert_eq!((found.name.as_str(), found.peak, found.busy.as_millis()), ("aws_sdk_ec2", 1024, 1500));
        assert_eq!(parse("aws_sdk_ec2\t"), None);
    }
}
