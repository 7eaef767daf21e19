//! A process from its start to its end: how long it took and how much memory it had at most.

use std::process::{Child, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};

use super::machine::{field, kilobytes};

/// Microseconds since the epoch, as the journal counts.
#[must_use]
pub fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// From one moment to a later one; nothing where it is not later.
#[must_use]
pub fn between(from: u64, to: u64) -> Duration {
    Duration::from_micros(to.saturating_sub(from))
}

/// How a process ended.
#[derive(Debug, Clone, Copy)]
pub struct End {
    pub status: ExitStatus,
    /// When, in microseconds since the epoch.
    pub at: u64,
    /// The most memory it had resident, in bytes.
    pub peak: u64,
    /// What it took of the processors.
    pub busy: Duration,
}

/// Ticks in which the kernel counts for `/proc`: the same on every architecture this runs on.
const TICK: Duration = Duration::from_millis(10);

/// Waits for a process and looks at its memory every `pause`. The kernel keeps the high-water mark itself, so only what it grows within
/// its last `pause` is missed; unlike `getrusage` this does not count what the process had before its `exec`.
///
/// # Errors
/// The process cannot be waited for.
pub fn to_the_end(child: &mut Child, pause: Duration) -> Result<End> {
    let file = format!("/proc/{}/status", child.id());
    let (mut peak, mut busy) = (0, Duration::ZERO);
    loop {
        if let Some(mark) = field(&file, "VmHWM").and_then(|text| kilobytes(&text)) {
            peak = mark.max(peak);
        }
        busy = ticks(child.id()).unwrap_or(busy);
        if let Some(status) = child.try_wait().context("cannot wait for a process")? {
            return Ok(End { status, at: now(), peak, busy });
        }
        sleep(pause);
    }
}

/// Processor time so far, its own and the system's for it.
fn ticks(pid: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may have spaces in it: fields are counted after it, from the third.
    let mut fields = text.rsplit_once(')')?.1.split_whitespace().skip(11);
    let (user, system): (u32, u32) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(TICK * user.checked_add(system)?)
}
