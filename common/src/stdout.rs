//! Stdout belongs to the document: it is written once, whole, and closed.

use std::io::{ErrorKind, Write as _};

use anyhow::{Context as _, Result};

/// Writes the text and closes stdout, so that the reader sees its end while this process goes on.
///
/// # Errors
/// Stdout cannot be written, other than because its reader is gone.
pub fn write_and_close(text: &str) -> Result<()> {
    write(text)?;
    let nothing =
        std::fs::OpenOptions::new().write(true).open("/dev/null").context("cannot open /dev/null")?;
    rustix::stdio::dup2_stdout(&nothing).context("cannot close stdout")
}

/// Writes the text.
///
/// # Errors
/// Stdout cannot be written, other than because its reader is gone.
pub fn write(text: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("cannot write to stdout"),
        _ => Ok(()),
    }
}
