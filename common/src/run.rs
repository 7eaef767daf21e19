//! The frame of every command: flags, document, session, verb, report, exit status.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use clap::Parser;

use crate::aws::Aws;
use crate::call_log::CallLog;
use crate::document::Document;
use crate::fault::{EXIT_STATUSES, Kind, hint_of, kind_of};
use crate::http::Http;
use crate::interrupt::{Signals, interrupted};
use crate::offline::Offline;
use crate::progress::Progress;
use crate::section;
use crate::session::Session;
use crate::settings::Settings;

/// The command line of one command.
pub trait CommandLine: Parser {
    /// The command's name, and its section in the document.
    const NAME: &'static str;

    fn settings(&self) -> &Settings;

    /// The verb, where it needs neither document nor AWS.
    fn offline(&self) -> Option<&Offline>;

    /// The text of a verb of this command's own that only prints, needing neither document nor AWS.
    fn printed(&self) -> Option<String> {
        None
    }

    /// What can be refused from the flags alone.
    ///
    /// # Errors
    /// A usage fault.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// Runs a command to its exit status. `verb` carries out the verb within a session.
pub fn run<C: CommandLine>(verb: impl AsyncFnOnce(&C, &Session) -> Result<()>) -> ExitCode {
    let mut command = C::command().after_help(EXIT_STATUSES);
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let parsed =
        command.try_get_matches_from_mut(arguments).and_then(|matches| C::from_arg_matches(&matches));
    let line = match parsed {
        Ok(line) => line,
        Err(error) => {
            // To stdout where help or version was asked for, to stderr otherwise; a closed one is nobody's loss.
            let _ = error.print();
            return status(if error.use_stderr() { Kind::Usage.status() } else { 0 });
        }
    };
    let settings = line.settings();
    let progress = Arc::new(Progress::new(C::NAME, settings.quiet, settings.verbose));
    if let Some(offline) = line.offline() {
        return match offline.run(&mut command) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => report(&progress, &error, None),
        };
    }
    if let Some(text) = line.printed() {
        return match crate::stdout::write(&text) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => report(&progress, &error, None),
        };
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(&progress, &error.into(), None),
    };
    let outcome = runtime.block_on(session(&line, &progress, verb));
    // Lookups still running in the blocking pool must not hold the exit.
    runtime.shutdown_background();
    outcome
}

async fn session<C: CommandLine>(
    line: &C,
    progress: &Arc<Progress>,
    verb: impl AsyncFnOnce(&C, &Session) -> Result<()>,
) -> ExitCode {
    let begun = tokio::select! {
        begun = begin(line, progress) => begun,
        interrupted = first_signal() => Err(interrupted),
    };
    let session = match begun {
        Ok(session) => session,
        Err(error) => return report(progress, &error, None),
    };
    let outcome = until_done(verb(line, &session), &session).await;
    progress.waited();
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(progress, &error, Some(&session)),
    }
}

async fn first_signal() -> anyhow::Error {
    match Signals::listen() {
        Ok(mut signals) => interrupted(signals.next().await),
        Err(error) => error,
    }
}

async fn begin<C: CommandLine>(line: &C, progress: &Arc<Progress>) -> Result<Session> {
    line.check()?;
    let settings = line.settings();
    // Gets TLS ready while the document is waited for.
    let http = Http::new(settings.endpoint_url.as_deref())?;
    let document = read_document()?;
    section::check(&document)?;
    let region = document.text("region")?.map(str::to_owned);
    // Flags and document are checked against each other before the settings of AWS are even looked for.
    let identity = crate::session::identity(settings, &document)?;
    let aws = Aws::connect(settings, region.as_deref(), http, CallLog::new(Arc::clone(progress))).await?;
    Session::begin(settings, identity, document, Arc::clone(progress), aws).await
}

/// Reads stdin to its end. A terminal is the empty document: a person typed the command alone.
fn read_document() -> Result<Document> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok(Document::default());
    }
    Document::read(stdin.lock())
}

/// Carries the verb out. A signal ends it at once, unless the verb takes the first one to clean up.
async fn until_done(verb: impl Future<Output = Result<()>>, session: &Session) -> Result<()> {
    let mut signals = Signals::listen()?;
    let mut verb = std::pin::pin!(verb);
    loop {
        tokio::select! {
            outcome = &mut verb => return outcome,
            signal = signals.next() => {
                if !session.interrupt.take(signal) {
                    return Err(interrupted(signal));
                }
                session.progress.waited();
                session.progress.line(&format!("{signal}: cleaning up; another signal ends this at once"));
            }
        }
    }
}

/// Tells what failed, what was made so far and what to do next; answers the exit status.
fn report(progress: &Progress, error: &anyhow::Error, session: Option<&Session>) -> ExitCode {
    let kind = kind_of(error);
    progress.waited();
    progress.error(&format!("error: {error:#}"));
    let changed = session.filter(|session| !session.changes.is_empty());
    if let Some(session) = changed {
        session.changes.told().iter().for_each(|line| progress.error(line));
    }
    match hint_of(error) {
        Some(hint) => progress.error(&format!("hint: {hint}")),
        None if changed.is_some() => {
            progress.error("hint: run the same command again: it carries on with what was made");
        }
        None => {}
    }
    status(kind.status())
}

fn status(status: u8) -> ExitCode {
    ExitCode::from(status)
}
