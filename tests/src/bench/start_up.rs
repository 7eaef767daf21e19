//! How long a command takes to its first request.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::commands::{NAMES, command, said};
use super::profile::Profiles;
use super::report::Table;
use super::statistics::{milliseconds, spread};
use super::watch::{between, now};
use crate::harness::Sandbox;
use crate::loopback::Options;
use crate::loopback::world::ACCOUNT;

/// An odd number, so that one of them is the middle.
const RUNS: usize = 21;

const TARGET: Duration = Duration::from_millis(20);

/// Starts each command of each profile many times, over HTTP and over TLS.
///
/// # Errors
/// A command cannot be started, or makes no request.
pub fn measure(profiles: &Profiles) -> Result<()> {
    let how = format!(
        "`show` of each command, {RUNS} runs: from just before it is started to when its first request has been read (HTTP), or the first \
         byte of its TLS handshake, for which it has to have the system's root certificates (TLS, as with AWS itself)."
    );
    let head = ["command", "profile", "HTTP, median", "at most", "TLS, median", "at most", "target"];
    let mut table = Table::new("Start-up to first request", how, &head);
    for (profile, folder) in profiles.iter() {
        for name in NAMES {
            let line = format!("{name} show --project expense --env dev");
            let plain = spread(repeat(|sandbox| to_first_request(sandbox, folder, &line))?);
            let secure = spread(repeat(|sandbox| to_first_handshake(sandbox, folder, &line))?);
            let met = plain.median < TARGET && secure.median < TARGET;
            table.row([
                format!("`{name}`"),
                profile.to_owned(),
                milliseconds(plain.median),
                milliseconds(plain.max),
                milliseconds(secure.median),
                milliseconds(secure.max),
                format!("< {} ms: {}", TARGET.as_millis(), if met { "met" } else { "**missed**" }),
            ]);
        }
    }
    table.print();
    Ok(())
}

/// Once more than counts: the first run fetches the binary from the disk.
fn repeat(run: impl Fn(&Sandbox) -> Result<Duration>) -> Result<Vec<Duration>> {
    let sandbox = Sandbox::with(&Options { seed: Some(1), ..Options::default() })?;
    sandbox.set("AWS_ACCOUNT_ID", Some(ACCOUNT)).set("AWS_MAX_ATTEMPTS", Some("1"));
    run(&sandbox)?;
    (0..RUNS).map(|_| run(&sandbox)).collect()
}

fn to_first_request(sandbox: &Sandbox, folder: &Path, line: &str) -> Result<Duration> {
    sandbox.aws.forget_journal();
    let mut command = command(sandbox, folder, line)?;
    let began = now();
    // It ends with an error, there being nothing to show: only its start matters.
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {line}"))?;
    let first = sandbox.aws.journal().iter().map(|call| call.start).min();
    Ok(between(began, first.with_context(|| format!("{line} called nothing\n{}", said(sandbox)))?))
}

/// A server that takes connections and answers nothing.
fn to_first_handshake(sandbox: &Sandbox, folder: &Path, line: &str) -> Result<Duration> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("cannot listen")?;
    listener.set_nonblocking(true)?;
    let endpoint = format!("https://{}", listener.local_addr()?);
    let mut command = command(sandbox, folder, line)?;
    command.env("AWS_ENDPOINT_URL", endpoint).stdin(Stdio::null()).stdout(Stdio::null());
    let began = now();
    let mut child = command.spawn().with_context(|| format!("cannot run {line}"))?;
    let arrived = first_byte(&listener);
    child.kill().and_then(|()| child.wait()).context("cannot end a command")?;
    Ok(between(began, arrived.with_context(|| format!("{line} shook no hands\n{}", said(sandbox)))?))
}

/// When the first byte of the first connection came.
fn first_byte(listener: &TcpListener) -> Result<u64> {
    let begun = Instant::now();
    let mut stream = loop {
        match listener.accept() {
            Ok((stream, _)) => break stream,
            Err(_) => ensure!(begun.elapsed() < Duration::from_secs(10), "nobody came"),
        }
        sleep(Duration::from_micros(200));
    };
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.read_exact(&mut [0])?;
    Ok(now())
}
