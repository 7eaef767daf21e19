//! How long after AWS has a thing ready its command notices.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value as Json;

use super::pipe::{self, Stage};
use super::report::Table;
use super::round_trips::LATENCY;
use super::statistics::{seconds, spread};
use super::watch::{between, now};
use crate::harness::{CREATE, REGION, Sandbox};
use crate::loopback::{Options, Server};

/// A thing that takes AWS minutes: its kind in a dump, the key of its state there, and the command that waits for it.
struct Slow {
    noun: &'static str,
    kind: &'static str,
    state: &'static str,
    command: &'static str,
}

const SLOW: [Slow; 2] = [
    Slow { noun: "NAT gateway", kind: "natgateway", state: "state", command: "vpc create" },
    Slow { noun: "database", kind: "db-instance", state: "DBInstanceStatus", command: "rds create" },
];

/// How much faster than AWS, and by how much that differs between the pipes: so they become ready at all moments between two looks.
const SCALE: f64 = 10.0;
const STEP: f64 = 0.13;
const PIPES: u32 = 8;

/// How often the truth is looked at.
const LOOK: Duration = Duration::from_millis(10);

const TARGET: Duration = Duration::from_secs(2);

/// Runs some pipes side by side and compares when AWS had each slow thing ready with what its command did next.
///
/// # Errors
/// A command fails.
pub fn measure(folder: &Path) -> Result<()> {
    let pipes: Vec<_> = (0..PIPES).map(|n| start(folder.to_owned(), SCALE + STEP * f64::from(n))).collect();
    let mut delays: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for pipe in pipes {
        for (noun, delay) in pipe.join().map_err(|_| anyhow::anyhow!("a pipe broke"))?? {
            delays.entry(noun).or_default().push(delay);
        }
    }
    let how = format!(
        "{PIPES} pipes side by side, {} ms a call, AWS's durations divided by {SCALE} and a little more for each pipe. From the moment \
         AWS has it ready (looked at every {} ms, the last moment at which it was not) to the command's next act: a call that writes, \
         or its exit.",
        LATENCY.as_millis(),
        LOOK.as_millis()
    );
    let head = ["waited for", "by", "noticed after, median", "at most", "target"];
    let mut table = Table::new("Readiness", how, &head);
    for slow in SLOW {
        let found = spread(delays.remove(slow.noun).unwrap_or_default());
        table.row([
            slow.noun.to_owned(),
            format!("`{}`", slow.command),
            seconds(found.median),
            seconds(found.max),
            format!("≤ {} s: {}", TARGET.as_secs(), if found.max <= TARGET { "met" } else { "**missed**" }),
        ]);
    }
    table.print();
    Ok(())
}

type Delays = Vec<(&'static str, Duration)>;

/// A pipe on an AWS of its own.
fn start(folder: PathBuf, time_scale: f64) -> thread::JoinHandle<Result<Delays>> {
    thread::spawn(move || {
        let options = Options { time_scale, latency: LATENCY, seed: Some(1), ..Options::default() };
        let sandbox = Sandbox::with(&options)?;
        let over = AtomicBool::new(false);
        let (stages, unready) = thread::scope(|scope| {
            let looker = scope.spawn(|| looks(&sandbox.aws, &over));
            let stages = pipe::run(&sandbox, &folder, CREATE, Stdio::null());
            over.store(true, Ordering::Relaxed);
            (stages, looker.join().unwrap_or_default())
        });
        delays(&stages?, unready)
    })
}

/// The last moment at which each slow thing was there and not ready. Taken before each look, so a delay is never counted too short.
fn looks(aws: &Server, over: &AtomicBool) -> [u64; SLOW.len()] {
    let mut unready = [0; SLOW.len()];
    while !over.load(Ordering::Relaxed) {
        let at = now();
        let all = aws.resources(REGION);
        for (slow, moment) in SLOW.iter().zip(&mut unready) {
            if is_pending(&all[slow.kind], slow.state) {
                *moment = at;
            }
        }
        thread::sleep(LOOK);
    }
    unready
}

fn is_pending(resources: &Json, state: &str) -> bool {
    let mut all = resources.as_object().into_iter().flat_map(serde_json::Map::values);
    all.any(|resource| resource[state] != "available")
}

/// From each moment to what the command did next.
fn delays(stages: &[Stage], unready: [u64; SLOW.len()]) -> Result<Delays> {
    let mut all = Delays::new();
    for (slow, ready) in SLOW.iter().zip(unready) {
        let stage = stages.iter().find(|stage| stage.name == slow.command);
        let stage = stage.with_context(|| format!("no {} in the pipe", slow.command))?;
        ensure!(ready > 0, "the {} was never seen pending", slow.noun);
        ensure!(stage.end.at > ready, "{} ended before the {} was ready", stage.name, slow.noun);
        let acts = stage.calls.iter().filter(|call| call.write && call.start >= ready).map(|call| call.start);
        let next = acts.min().unwrap_or(stage.end.at);
        all.push((slow.noun, between(ready, next)));
    }
    Ok(all)
}
