//! What `bake` adds to what nobody can spare: EC2's own time, the first start of the builder, and the provisioning itself.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::builder::{self, At, LOOK, Waits};
use super::by_hand;
use super::chain::{self, Run};
use super::pipe::{self, DOCUMENT, Stage};
use super::report::{self, Table};
use super::round_trips::{LATENCY, listed, signed};
use super::statistics::{milliseconds, seconds};
use super::watch::between;
use crate::harness::Sandbox;
use crate::loopback::machines::requirements;
use crate::loopback::world::ACCOUNT;
use crate::loopback::{Options, round_trips};

pub const BUILDER: &str = "expense-dev-bake-backend";
pub const SCRIPT: &str = "setup.sh";
pub const PLAYBOOK: &str = "expense/backend.yml";
pub const VARIABLES: &str = "-e version=1 -e database=database.example.com";

/// A provisioning that takes next to no time, so that what is added to it is all there is to see.
const SETUP: &str =
    "set -eu\nmkdir -p /opt/script\nprintf 'version %s\\n' \"$version\" >/opt/script/version\n";

/// Where the playbook is: with what it needs beside it.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/expense");

/// What the builder needs, and is not measured.
const GROUND: &str =
    "vpc create --project expense --env dev | sg create --admin-cidr 203.0.113.0/24 | bastion create";

/// AWS's durations divided by this; a machine takes its own time to start.
const SCALE: f64 = 20.0;

/// A run of `bake create`.
struct Baked {
    by: &'static str,
    run: &'static str,
    kind: Run,
    stage: Stage,
    waits: Waits,
    /// The same with an account that has to be asked for, where that can be had.
    asking: Option<Stage>,
}

/// Bakes by script and by Ansible, again with nothing to change, and goes on with an image that is pending; then does the provisioning of
/// both by hand. Where there can be no real machines, says what is missing.
///
/// # Errors
/// A command fails.
pub fn measure(folder: &Path, list: bool) -> Result<()> {
    let missing = missing();
    if !missing.is_empty() {
        report::note(&format!("bake is left out: {}", missing.join("; ")));
        return Ok(());
    }
    let options =
        Options { machines: true, time_scale: SCALE, latency: LATENCY, seed: Some(1), ..Options::default() };
    let bench = Bench::new(&options, folder)?;
    let script = format!("bake create backend --script {SCRIPT} -e version=1");
    let playbook = format!("bake create backend --playbook {PLAYBOOK} {VARIABLES}");
    let mut all = Vec::new();
    for (by, line) in [("script", &script), ("Ansible", &playbook)] {
        all.push(bench.run(by, "first", Run::First, line)?);
        let second = bench.run(by, "second, nothing to change", Run::Second, line)?;
        bench.sandbox.set("AWS_ACCOUNT_ID", None);
        let asking = Some(bench.pipe(line)?);
        bench.sandbox.set("AWS_ACCOUNT_ID", Some(ACCOUNT));
        all.push(Baked { asking, ..second });
    }
    bench.pipe(&format!("{script} --force --no-wait"))?;
    all.push(bench.run("script", "resumed, the image pending", Run::Second, &script)?);
    let by_hand = by_hand::measure(&bench.sandbox, &bench.document)?;
    times(&all, by_hand).print();
    trips(&all).print();
    if list {
        for baked in &all {
            report::print(&listed(baked.kind, &baked.stage));
        }
    }
    Ok(())
}

/// What this machine lacks for real ones to be baked by Ansible, a line each.
fn missing() -> Vec<String> {
    let mut missing = requirements::missing();
    if requirements::find("ansible-playbook").is_none() {
        missing.push("there is no ansible-playbook: apt-get install ansible-core".to_owned());
    }
    missing
}

/// A network with a bastion, on real machines.
struct Bench<'a> {
    sandbox: Sandbox,
    folder: &'a Path,
    document: PathBuf,
}

impl<'a> Bench<'a> {
    fn new(options: &Options, folder: &'a Path) -> Result<Self> {
        let sandbox = Sandbox::with(options)?;
        sandbox.set("AWS_ACCOUNT_ID", Some(ACCOUNT)).write(SCRIPT, SETUP)?;
        let mut copy = Command::new("cp");
        copy.args(["--recursive", EXAMPLE, "expense"]).current_dir(sandbox.home());
        ensure!(copy.status().context("cannot start cp")?.success(), "{EXAMPLE} cannot be copied");
        pipe::run(&sandbox, folder, GROUND, Stdio::null())?;
        let document = sandbox.home().join("ground.json");
        std::fs::rename(sandbox.home().join(DOCUMENT), &document).context("cannot keep the document")?;
        Ok(Self { sandbox, folder, document })
    }

    /// One command, with the document of the network.
    fn pipe(&self, line: &str) -> Result<Stage> {
        let stdin = File::open(&self.document).context("cannot read the document")?;
        let stages = pipe::run(&self.sandbox, self.folder, line, stdin.into())?;
        stages.into_iter().next().context("an empty pipe")
    }

    /// One command, with what it waits for.
    fn run(&self, by: &'static str, run: &'static str, kind: Run, line: &str) -> Result<Baked> {
        let over = AtomicBool::new(false);
        let (stage, waits) = thread::scope(|scope| {
            let looker = scope.spawn(|| builder::watch(&self.sandbox, BUILDER, &over));
            let stage = self.pipe(line);
            over.store(true, Ordering::Relaxed);
            (stage, looker.join().unwrap_or_default())
        });
        Ok(Baked { by, run, kind, stage: stage?, waits, asking: None })
    }
}

fn times(all: &[Baked], by_hand: by_hand::ByHand) -> Table {
    let how = format!(
        "Real machines, real SSH through a bastion, {} ms a call, AWS's durations divided by {SCALE} (the machines take their own time). What \
         is waited for is looked at every {} ms: EC2 while an instance or an image is between two states, then the builder until its \
         cloud-init has finished. By hand is the same script or playbook over the same SSH to a builder set up alike. Overhead is what is left.",
        LATENCY.as_millis(),
        LOOK.as_millis()
    );
    let head =
        ["by", "run", "total", "EC2", "first start", "by hand", "overhead", "total to what nobody can spare"];
    let mut table = Table::new("Images: time", how, &head);
    for baked in all {
        let total = between(baked.stage.began, baked.stage.end.at);
        let (ec2, start) = (baked.waits.sum(At::Ec2), baked.waits.sum(At::Start));
        let provisioning = match (baked.kind, baked.by) {
            (Run::First, "script") => by_hand.script,
            (Run::First, _) => by_hand.playbook,
            _ => Duration::ZERO,
        };
        let needed = ec2 + start + provisioning;
        let overhead = total.saturating_sub(needed);
        let ratio = match needed.is_zero() {
            true => String::new(),
            false => format!("{:.2}", total.as_secs_f64() / needed.as_secs_f64()),
        };
        table.row([
            baked.by.to_owned(),
            baked.run.to_owned(),
            seconds(total),
            seconds(ec2),
            seconds(start),
            seconds(provisioning),
            if needed.is_zero() { milliseconds(total) } else { seconds(overhead) },
            ratio,
        ]);
    }
    table
}

fn trips(all: &[Baked]) -> Table {
    let how = "The same runs. Round trips are the longest row of calls, each begun after the one before it was answered, without those that \
               were answered \"not yet\"; the chain is what AWS itself forces.";
    let head = ["by", "run", "calls", "that write", "round trips", "asking STS", "chain", "added", "target"];
    let mut table = Table::new("Images: calls and round trips", how, &head);
    for baked in all {
        let calls = &baked.stage.calls;
        let found = round_trips(&baked.waits.outside(calls));
        let chain = chain::of(&baked.stage.name, baked.kind).len();
        let resumes = baked.kind == Run::Second && calls.iter().any(|call| call.write);
        let most = if baked.kind == Run::First { chain + 2 } else { 1 };
        table.row([
            baked.by.to_owned(),
            baked.run.to_owned(),
            calls.len().to_string(),
            calls.iter().filter(|call| call.write).count().to_string(),
            found.to_string(),
            baked.asking.as_ref().map_or_else(String::new, |it| round_trips(&it.calls).to_string()),
            if resumes { String::new() } else { chain.to_string() },
            if resumes { String::new() } else { signed(found, chain) },
            match resumes {
                true => String::new(),
                false => format!("≤ {most}: {}", if found <= most { "met" } else { "**missed**" }),
            },
        ]);
    }
    table
}
