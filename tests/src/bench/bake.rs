//! What `bake` adds to what nobody can spare: EC2's own time, the first start of the builder, and the provisioning itself.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context as _, Result, ensure};

use super::baked::{Baked, SHELL, times, trips};
use super::builder;
use super::by_hand;
use super::chain::Run;
use super::pipe::{self, DOCUMENT, Stage};
use super::report;
use super::round_trips::{LATENCY, listed};
use crate::harness::Sandbox;
use crate::loopback::Options;
use crate::loopback::machines::requirements;
use crate::loopback::world::ACCOUNT;

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
pub const SCALE: f64 = 20.0;

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
    let options = Options { machines: true, time_scale: SCALE, latency: LATENCY, ..Options::default() };
    let bench = Bench::new(&options, folder)?;
    let script = format!("bake create backend --script {SCRIPT} -e version=1");
    let playbook = format!("bake create backend --playbook {PLAYBOOK} {VARIABLES}");
    let mut all = Vec::new();
    for (by, line) in [(SHELL, &script), ("Ansible", &playbook)] {
        all.push(bench.run(by, Some(Run::First), line)?);
        let second = bench.run(by, Some(Run::Second), line)?;
        bench.sandbox.set("AWS_ACCOUNT_ID", None);
        let asking = Some(bench.pipe(line)?);
        bench.sandbox.set("AWS_ACCOUNT_ID", Some(ACCOUNT));
        all.push(Baked { asking, ..second });
    }
    bench.pipe(&format!("{script} --force --no-wait"))?;
    all.push(bench.run(SHELL, None, &script)?);
    let by_hand = by_hand::measure(&bench.sandbox, &bench.document)?;
    times(&all, by_hand).print();
    trips(&all).print();
    if list {
        for baked in &all {
            report::print(&listed(baked.title(), &baked.stage));
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
    fn run(&self, by: &'static str, run: Option<Run>, line: &str) -> Result<Baked> {
        let over = AtomicBool::new(false);
        let (stage, waits) = thread::scope(|scope| {
            let looker = scope.spawn(|| builder::watch(&self.sandbox, BUILDER, &over));
            let stage = self.pipe(line);
            over.store(true, Ordering::Relaxed);
            (stage, looker.join().unwrap_or_default())
        });
        Ok(Baked { by, run, stage: stage?, waits, asking: None })
    }
}
