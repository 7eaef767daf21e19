//! Images: made of a builder that real OpenSSH configures, taken again where they are made of the same things, listed, shared, deleted.
//! Without root and an OpenSSH server the tests that log in say that they are skipped.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what was skipped, and how many points were tried, is said"
)]

use std::net::Ipv4Addr;
use std::process::Output;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value as Json, json};
use tests::harness::{Machines, REGION, Sandbox, assert_same_environment, tag};
use tests::loopback::{Conditions, Options};

const IDENTITY: &str = "--project expense --env dev";
const BUILDER: &str = "expense-dev-bake-backend";
const CREATE: &str = "bake create backend --script setup.sh --user root --project expense --env dev";

fn options() -> Options {
    Options { time_scale: 300.0, seed: Some(1), ..Options::default() }
}

/// The loopback interface is one for all tests.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A network with a NAT gateway and a bastion that answers.
fn ground(options: Options) -> Result<Option<Machines>> {
    let Some(mut machines) = Machines::new(options)? else { return Ok(None) };
    // The NAT gateway has the first address.
    machines.start(machines.address(1), "host")?;
    let network = fastrand::u8(64..=254);
    let line = format!(
        "vpc create {IDENTITY} --cidr 10.{network}.0.0/16 | sg create --admin-cidr 203.0.113.0/24 | bastion create --user root"
    );
    machines.sandbox.sh(&line)?.succeeds();
    machines.sandbox.write("setup.sh", "#!/bin/sh\necho made by $maker > /etc/made\necho it is done\n")?;
    Ok(Some(machines))
}

/// The builder that is being launched: its id and its private address.
fn builder(sandbox: &Sandbox) -> Result<(String, Ipv4Addr)> {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(60) {
        let all = sandbox.resources();
        for (id, instance) in all["instance"].as_object().into_iter().flatten() {
            let is_builder = tag(instance, "Name").as_deref() == Some(BUILDER);
            if is_builder && let Some(address) = instance["privateIpAddress"].as_str() {
                return Ok((id.clone(), address.parse()?));
            }
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    bail!("no builder was launched")
}

/// Runs a line that launches a builder, and is that builder.
fn baked(machines: &mut Machines, line: &str) -> Result<Output> {
    let child = machines.sandbox.start(line)?;
    let (_, address) = builder(&machines.sandbox)?;
    machines.start_apart(address, "host", &[".ssh/stackpipe/expense-dev/bake-backend/id_ed25519.pub"])?;
    Ok(child.wait_with_output()?)
}

#[test]
fn a_script_becomes_an_image_and_nothing_else_is_left() -> Result<()> {
    let _one = one_at_a_time();
    let Some(mut machines) = ground(options())? else { return Ok(()) };
    let before = machines.sandbox.environment();
    let output = baked(&mut machines, &format!("{CREATE} -e 'maker=the test'"))?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{stderr}");
    let document: Json = serde_json::from_slice(&output.stdout)?;
    println!("{stderr}\n{document}");
    assert!(stderr.contains("it is done"), "{stderr}");
    Ok(())
}
