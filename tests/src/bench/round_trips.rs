//! Calls and round trips of each command, against the chain that AWS forces.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Result;

use super::chain::{self, CHAINS, Chain, Run};
use super::pipe::{self, Stage};
use super::report::{self, Table};
use super::watch::between;
use crate::harness::{CREATE, DELETE, Sandbox};
use crate::loopback::world::ACCOUNT;
use crate::loopback::{Entry, Options, round_trips};

/// There and back, as between two continents' nearer shores.
pub const LATENCY: Duration = Duration::from_millis(60);

/// So fast that whatever takes AWS minutes is over before the next call comes.
const NOTHING_WAITS: f64 = 1e6;

const RUNS: [(Run, &str); 3] = [(Run::First, CREATE), (Run::Second, CREATE), (Run::Delete, DELETE)];

/// Runs the pipe, runs it again, takes it down; with credentials that tell their account, and without.
///
/// # Errors
/// A command fails.
pub fn measure(folder: &Path, list: bool) -> Result<()> {
    let told = runs(folder, Some(ACCOUNT))?;
    let untold = runs(folder, None)?;
    let how = format!(
        "Each AWS call takes {} ms and nothing waits. Round trips are the longest row of calls of one process, each begun after the \
         one before it was answered; the chain is what AWS itself forces (below). Calls and round trips are with `AWS_ACCOUNT_ID` set; \
         \"asking STS\" is the round trips without, where the credentials do not tell their account.",
        LATENCY.as_millis()
    );
    let head = ["run", "command", "calls", "round trips", "asking STS", "chain", "added", "target"];
    let mut table = Table::new("Calls and round trips", how, &head);
    for ((run, stage), (_, other)) in told.iter().zip(&untold) {
        let chain = chain::of(&stage.name, *run).len();
        let (trips, asking) = (round_trips(&stage.calls), round_trips(&other.calls));
        table.row([
            title(*run).to_owned(),
            format!("`{}`", stage.name),
            stage.calls.len().to_string(),
            trips.to_string(),
            asking.to_string(),
            chain.to_string(),
            signed(trips, chain),
            target(*run, trips.max(asking), chain),
        ]);
    }
    table.print();
    if list {
        for (run, stage) in &told {
            report::print(&listed(*run, stage));
        }
    }
    report::print("The chains:\n");
    let worth_telling = CHAINS.iter().filter(|chain| chain.steps.len() > 1);
    report::print(&format!("{}\n", worth_telling.map(written).collect::<Vec<_>>().join("\n")));
    Ok(())
}

/// The three runs in one sandbox, each command beside the run it is of.
fn runs(folder: &Path, account: Option<&str>) -> Result<Vec<(Run, Stage)>> {
    let options =
        Options { time_scale: NOTHING_WAITS, latency: LATENCY, seed: Some(1), ..Options::default() };
    let sandbox = Sandbox::with(&options)?;
    sandbox.set("AWS_ACCOUNT_ID", account);
    let mut all = Vec::new();
    for (run, line) in RUNS {
        let stages = pipe::run(&sandbox, folder, line, Stdio::null())?;
        all.extend(stages.into_iter().map(|stage| (run, stage)));
    }
    Ok(all)
}

fn title(run: Run) -> &'static str {
    match run {
        Run::First => "first",
        Run::Second => "second, nothing to change",
        Run::Delete => "delete",
    }
}

fn target(run: Run, trips: usize, chain: usize) -> String {
    let most = match run {
        Run::First => chain + 2,
        Run::Second => 2,
        Run::Delete => return String::new(),
    };
    format!("≤ {most}: {}", if trips <= most { "met" } else { "**missed**" })
}

fn signed(trips: usize, chain: usize) -> String {
    if trips >= chain { format!("+{}", trips - chain) } else { format!("−{}", chain - trips) }
}

fn written(chain: &Chain) -> String {
    let steps = chain.steps.iter().map(|step| format!("{} ({})", step.calls, step.because));
    format!("- `{}`, {}: {}", chain.name, title(chain.run), steps.collect::<Vec<_>>().join(" → "))
}

/// Every call of a command, for whoever looks for the one too many.
fn listed(run: Run, stage: &Stage) -> String {
    let first = stage.calls.first().map_or(0, |call| call.start);
    let line = |call: &Entry| {
        let at = |moment: u64| between(first, moment).as_millis();
        format!("    {:>6} {:>6}  {} {}", at(call.start), at(call.end), call.name(), call.outcome)
    };
    let lines: Vec<String> = stage.calls.iter().map(line).collect();
    format!("`{}`, {}:\n\n{}\n", stage.name, title(run), lines.join("\n"))
}
