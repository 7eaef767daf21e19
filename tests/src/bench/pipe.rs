//! A pipe of commands, each watched: when it began and ended, what it called, how much memory it had.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::commands::{command, said};
use super::watch::{End, now, to_the_end};
use crate::harness::Sandbox;
use crate::loopback::Entry;

/// The file in the sandbox with the document that the last pipe wrote.
pub const DOCUMENT: &str = "document.json";

const PAUSE: Duration = Duration::from_millis(2);

/// One command of a pipe.
#[derive(Debug)]
pub struct Stage {
    /// `vpc create`, `alb create app`
    pub name: String,
    pub pid: u32,
    pub began: u64,
    pub end: End,
    /// The AWS calls of its process, in the order they were begun.
    pub calls: Vec<Entry>,
}

/// Runs `a | b | c`, all at once as a shell does.
///
/// # Errors
/// A command cannot be started or fails, or a call was made that none of them made.
pub fn run(sandbox: &Sandbox, folder: &Path, line: &str, stdin: Stdio) -> Result<Vec<Stage>> {
    sandbox.aws.forget_journal();
    let mut started = Vec::new();
    let mut stdin = stdin;
    let mut parts = line.split('|').map(str::trim).peekable();
    while let Some(part) = parts.next() {
        let stdout = match parts.peek() {
            Some(_) => Stdio::piped(),
            None => File::create(sandbox.home().join(DOCUMENT)).context("cannot keep the document")?.into(),
        };
        let began = now();
        let mut command = command(sandbox, folder, part)?;
        let mut child =
            command.stdin(stdin).stdout(stdout).spawn().with_context(|| format!("cannot start {part}"))?;
        // The command's own end of the pipe must not stay open here.
        drop(command);
        stdin = child.stdout.take().map_or_else(Stdio::null, Stdio::from);
        started.push((name(part), began, child));
    }
    let watched: Vec<_> = started
        .into_iter()
        .map(|(name, began, child)| (name, began, child.id(), thread::spawn(move || watch(child))))
        .collect();
    let mut stages = Vec::new();
    for (name, began, pid, watcher) in watched {
        let end = watcher.join().map_err(|_| anyhow::anyhow!("the watcher of {name} broke"))??;
        stages.push(Stage { name, pid, began, end, calls: Vec::new() });
    }
    for stage in &stages {
        ensure!(stage.end.status.success(), "{}: {}\n{}", stage.name, stage.end.status, said(sandbox));
    }
    assign(sandbox.aws.journal(), &mut stages)?;
    Ok(stages)
}

fn watch(mut child: Child) -> Result<End> {
    to_the_end(&mut child, PAUSE)
}

/// Gives each stage the calls of its process.
fn assign(journal: Vec<Entry>, stages: &mut [Stage]) -> Result<()> {
    for call in journal {
        let made = |stage: &&mut Stage| call.pid.is_some() && call.pid == i32::try_from(stage.pid).ok();
        let stage = stages.iter_mut().find(made);
        stage.with_context(|| format!("nobody made the call {}", call.name()))?.calls.push(call);
    }
    for stage in stages {
        stage.calls.sort_by_key(|call| call.start);
    }
    Ok(())
}

/// The command and its verb, with the component where one is named.
#[must_use]
pub fn name(line: &str) -> String {
    let words = line.split_whitespace().take(3).take_while(|word| !word.starts_with('-'));
    words.collect::<Vec<_>>().join(" ")
}

/// From the start of the first to the end of the last.
#[must_use]
pub fn wall(stages: &[Stage]) -> Duration {
    let began = stages.iter().map(|stage| stage.began).min().unwrap_or_default();
    let ended = stages.iter().map(|stage| stage.end.at).max().unwrap_or_default();
    super::watch::between(began, ended)
}
