//! Calls and round trips of each command, against the chain that AWS forces.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Result;

use super::chain::{self, CHAINS, Chain, Run};
use super::pipe::{self, Stage};
use super::report::{self, Table};
use super::watch::between;
use crate::harness::{EVERYTHING, EVERYTHING_DELETE, Sandbox, WHOLE, WHOLE_DELETE, with_stand_ins};
use crate::loopback::world::ACCOUNT;
use crate::loopback::{Entry, Options, round_trips};

/// There and back, as between two continents' nearer shores.
pub const LATENCY: Duration = Duration::from_millis(60);

/// So fast that whatever takes AWS minutes is over before the next call comes.
const NOTHING_WAITS: f64 = 1e6;

/// What a command is told that gets no document.
const IDENTITY: &str = "--project expense --env dev";

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
         \"asking STS\" is the round trips without, where the credentials do not tell their account, and may be one more than the target.",
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
            target(*run, trips, asking, chain),
        ]);
    }
    table.print();
    if list {
        for (run, stage) in &told {
            report::print(&listed(title(*run), stage));
        }
    }
    report::print("The chains:\n");
    let worth_telling = CHAINS.iter().filter(|chain| chain.steps.len() > 1);
    report::print(&format!("{}\n", worth_telling.map(written).collect::<Vec<_>>().join("\n")));
    Ok(())
}

/// The four runs in one sandbox, each command beside the run it is of. Where nobody may stand in for the servers that `bastion` and `vpn`
/// log in to, those two are left out.
fn runs(folder: &Path, account: Option<&str>) -> Result<Vec<(Run, Stage)>> {
    let options =
        Options { time_scale: NOTHING_WAITS, latency: LATENCY, seed: Some(1), ..Options::default() };
    let (sandbox, create, delete) = match with_stand_ins(&options)? {
        Some(sandbox) => (sandbox, EVERYTHING, EVERYTHING_DELETE),
        None => (Sandbox::with(&options)?, WHOLE, WHOLE_DELETE),
    };
    sandbox.set("AWS_ACCOUNT_ID", account);
    let mut all = Vec::new();
    let mut run = |run: Run, line: &str| -> Result<()> {
        let stages = pipe::run(&sandbox, folder, line, Stdio::null())?;
        all.extend(stages.into_iter().map(|stage| (run, stage)));
        Ok(())
    };
    run(Run::First, create)?;
    run(Run::Second, create)?;
    for part in create.split('|').map(str::trim) {
        let alone = if part.contains(IDENTITY) { part.to_owned() } else { format!("{part} {IDENTITY}") };
        run(Run::Alone, &alone)?;
    }
    run(Run::Delete, delete)?;
    Ok(all)
}

/// What a run is called in a table.
#[must_use]
pub fn title(run: Run) -> &'static str {
    match run {
        Run::First => "first",
        Run::Second => "second, nothing to change",
        Run::Alone => "second, without a document",
        Run::Delete => "delete",
    }
}

/// Where STS has to be asked, that is one more.
fn target(run: Run, trips: usize, asking: usize, chain: usize) -> String {
    let most = match run {
        Run::First => chain + 2,
        Run::Second | Run::Alone => 2,
        Run::Delete => return String::new(),
    };
    let is_met = trips <= most && asking <= most + 1;
    format!("≤ {most}: {}", if is_met { "met" } else { "**missed**" })
}

/// What is beyond the chain, or short of it.
#[must_use]
pub fn signed(trips: usize, chain: usize) -> String {
    if trips >= chain { format!("+{}", trips - chain) } else { format!("−{}", chain - trips) }
}

fn written(chain: &Chain) -> String {
    let steps = chain.steps.iter().map(|step| format!("{} ({})", step.calls, step.because));
    format!("- `{}`, {}: {}", chain.name, title(chain.run), steps.collect::<Vec<_>>().join(" → "))
}

/// Every call of a command, for whoever looks for the one too many.
#[must_use]
pub fn listed(run: &str, stage: &Stage) -> String {
    let first = stage.calls.first().map_or(0, |call| call.start);
    let line = |call: &Entry| {
        let at = |moment: u64| between(first, moment).as_millis();
        format!("    {:>6} {:>6}  {} {}", at(call.start), at(call.end), call.name(), call.outcome)
    };
    let lines: Vec<String> = stage.calls.iter().map(line).collect();
    format!("`{}`, {}:\n\n{}\n", stage.name, run, lines.join("\n"))
}
