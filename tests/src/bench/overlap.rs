//! What the pipe gains by letting the commands wait side by side.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::pipe::{self, DOCUMENT};
use super::report::Table;
use super::round_trips::LATENCY;
use super::statistics::seconds;
use crate::harness::{CREATE, EVERYTHING, Sandbox, WHOLE, has_stand_ins, with_stand_ins};
use crate::loopback::Options;

/// AWS's durations divided by this: a tenth of AWS's pace, and one where nothing waits.
const SCALES: [(f64, &str); 2] = [(10.0, "a tenth of AWS's durations"), (1e6, "nothing waits")];

/// The whole pipe may take so much of what its slowest resource takes.
const LARGEST_RATIO: f64 = 1.15;

/// Runs the pipe, and its commands one after the other, each on an AWS of its own, and compares.
///
/// # Errors
/// A command fails.
pub fn measure(folder: &Path) -> Result<()> {
    let how = format!(
        "{} ms a call; from the start of the first command to the end of the last.",
        LATENCY.as_millis()
    );
    let head = ["pace", "the pipe", "its commands one after the other", "the pipe takes"];
    let mut table = Table::new("End to end", how, &head);
    for (scale, pace) in SCALES {
        let one_by_one = start(folder.to_owned(), scale, one_by_one);
        let piped = start(folder.to_owned(), scale, piped);
        let sum = one_by_one.join().map_err(|_| anyhow::anyhow!("a run broke"))??;
        let wall = piped.join().map_err(|_| anyhow::anyhow!("a run broke"))??;
        let share = wall.as_secs_f64() / sum.as_secs_f64();
        table.row([pace.to_owned(), seconds(wall), seconds(sum), format!("{:.0} %", share * 100.0)]);
    }
    table.print();
    whole(folder)
}

/// How much longer the whole pipe takes than its slowest resource, the database, with what that depends on.
fn whole(folder: &Path) -> Result<()> {
    let how = format!(
        "A tenth of AWS's durations and {} ms a call, so that calls weigh ten times what they do on AWS. The whole pipe is that of all commands. The slowest resource is the \
         database, which depends on network and security groups.",
        LATENCY.as_millis()
    );
    let head = ["the whole pipe", "its slowest resource with what that depends on", "ratio", "target"];
    let mut table = Table::new("Waits overlap", how, &head);
    let slowest = start(folder.to_owned(), SCALES[0].0, piped);
    let whole = start(folder.to_owned(), SCALES[0].0, |sandbox, folder| {
        // Bastion and VPN server are left out where nobody may stand in for them.
        let line = if has_stand_ins(sandbox) { EVERYTHING } else { WHOLE };
        Ok(pipe::wall(&pipe::run(sandbox, folder, line, Stdio::null())?))
    });
    let slowest = slowest.join().map_err(|_| anyhow::anyhow!("a run broke"))??;
    let whole = whole.join().map_err(|_| anyhow::anyhow!("a run broke"))??;
    let ratio = whole.as_secs_f64() / slowest.as_secs_f64();
    let verdict = if ratio <= LARGEST_RATIO { "met" } else { "**missed**" };
    table.row([
        seconds(whole),
        seconds(slowest),
        format!("{ratio:.2}"),
        format!("≤ {LARGEST_RATIO}: {verdict}"),
    ]);
    table.print();
    Ok(())
}

type Runner = fn(&Sandbox, &Path) -> Result<Duration>;

fn start(folder: PathBuf, time_scale: f64, run: Runner) -> thread::JoinHandle<Result<Duration>> {
    thread::spawn(move || {
        let options = Options { time_scale, latency: LATENCY, seed: Some(1), ..Options::default() };
        let sandbox = match with_stand_ins(&options)? {
            Some(sandbox) => sandbox,
            None => Sandbox::with(&options)?,
        };
        run(&sandbox, &folder)
    })
}

fn piped(sandbox: &Sandbox, folder: &Path) -> Result<Duration> {
    Ok(pipe::wall(&pipe::run(sandbox, folder, CREATE, Stdio::null())?))
}

/// Each command to its end, with the document of the one before it in a file.
fn one_by_one(sandbox: &Sandbox, folder: &Path) -> Result<Duration> {
    let mut sum = Duration::ZERO;
    let mut stdin = Stdio::null();
    for part in CREATE.split('|') {
        sum += pipe::wall(&pipe::run(sandbox, folder, part, stdin)?);
        let (written, read) = (sandbox.home().join(DOCUMENT), sandbox.home().join("stdin.json"));
        std::fs::rename(&written, &read).context("cannot hand the document on")?;
        stdin = std::fs::File::open(&read).context("cannot read the document")?.into();
    }
    Ok(sum)
}
