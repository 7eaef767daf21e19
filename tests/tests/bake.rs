//! Images: made of a builder that real OpenSSH configures, taken again where they are made of the same things, listed, shared, deleted.
//! Without root and an OpenSSH server the tests that log in say that they are skipped.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what was skipped, and how many points were tried, is said"
)]

use std::net::Ipv4Addr;
use std::os::unix::process::CommandExt as _;
use std::process::Output;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value as Json, json};
use tests::harness::{Machines, Sandbox, assert_same_environment, tag};
use tests::loopback::{Conditions, Options, round_trips};

const IDENTITY: &str = "--project expense --env dev";
const BUILDER: &str = "expense-dev-bake-backend";
const NETWORK: &str =
    "vpc create --project expense --env dev --nat none | sg create --admin-cidr 203.0.113.0/24";
/// The newest Amazon Linux 2023 for `x86_64`.
const SOURCE: &str = "ami-033ca6eab3d6b810e";
/// The key that logs in to the builder.
const KEY: &str = ".ssh/stackpipe/expense-dev/bake-backend/id_ed25519.pub";
/// For what needs nothing to answer.
const DIRECT: &str = "bake create backend --script setup.sh --via direct --project expense --env dev";
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
    while began.elapsed() < Duration::from_mins(1) {
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
    machines.start_apart(address, "host", &[KEY])?;
    Ok(child.wait_with_output()?)
}

/// A recipe, and a network in which nothing has to answer.
fn quiet(options: &Options) -> Result<Sandbox> {
    let sandbox = Sandbox::with(options)?;
    sandbox.sh(NETWORK)?.succeeds();
    sandbox.write("setup.sh", "true\n")?;
    Ok(sandbox)
}

/// The fingerprint that an image of the recipe will have.
fn fingerprint(sandbox: &Sandbox) -> Result<String> {
    let plan = sandbox.sh(&format!("{DIRECT} --dry-run"))?;
    let document = plan.succeeds().document();
    Ok(document["bake"]["backend"]["fingerprint"].as_str().context("a fingerprint")?.to_owned())
}

fn tagged(kind: &str, tags: &[(&str, &str)]) -> Json {
    let own = [("Project", "expense"), ("Environment", "dev"), ("ManagedBy", "stackpipe")];
    let tags: Vec<Json> =
        own.iter().chain(tags).map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    json!({"ResourceType": kind, "Tag": tags})
}

/// Launches an instance that no command asked for, and waits until it runs.
fn launched(sandbox: &Sandbox, tags: &[(&str, &str)]) -> Result<String> {
    let document = sandbox.sh(&format!("vpc show {IDENTITY}"))?.document();
    let order = json!({
        "ImageId": SOURCE, "InstanceType": "t3.micro", "MinCount": "1", "MaxCount": "1",
        "SubnetId": document["vpc"]["subnets"]["private"][0]["id"],
        "TagSpecification": [tagged("instance", tags)],
    });
    let made = sandbox.behind("ec2.RunInstances", order)?.to_string();
    sandbox.aws.skip(120.0);
    let (_, rest) = made.split_once("\"instanceId\":\"").context("an instance")?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

/// A builder that a run which was killed has got ready.
fn stopped(sandbox: &Sandbox, fingerprint: &str) -> Result<String> {
    let tags = [
        ("Component", "bake"),
        ("Name", BUILDER),
        ("stackpipe:component", "backend"),
        ("stackpipe:baked", fingerprint),
    ];
    let id = launched(sandbox, &tags)?;
    sandbox.behind("ec2.StopInstances", json!({"InstanceId": [id]}))?;
    sandbox.aws.skip(300.0);
    Ok(id)
}

/// An image of a component, as a bake leaves it.
fn imaged(
    sandbox: &Sandbox,
    builder: &str,
    component: &str,
    version: &str,
    fingerprint: &str,
) -> Result<String> {
    let name = format!("expense-dev-{component}-{version}");
    let tags = [
        ("Component", component),
        ("Name", name.as_str()),
        ("Version", version),
        ("Fingerprint", fingerprint),
        ("SourceImage", SOURCE),
    ];
    let order = json!({
        "InstanceId": builder, "Name": name,
        "TagSpecification": [tagged("image", &tags), tagged("snapshot", &tags)],
    });
    let made = sandbox.behind("ec2.CreateImage", order)?;
    Ok(made["imageId"].as_str().context("an image")?.to_owned())
}

/// Some images of a component, the oldest first, all available, and nothing that made them.
fn images(sandbox: &Sandbox, versions: &[&str]) -> Result<Vec<String>> {
    let builder = launched(sandbox, &[])?;
    let made = versions.iter().map(|version| {
        std::thread::sleep(Duration::from_millis(5));
        imaged(sandbox, &builder, "backend", version, &format!("{version:0>64}"))
    });
    let made: Result<Vec<String>> = made.collect();
    sandbox.behind("ec2.TerminateInstances", json!({"InstanceId": [builder]}))?;
    sandbox.aws.skip(1000.0);
    made
}

fn left(sandbox: &Sandbox) -> Vec<String> {
    let builders = sandbox.all("instance", BUILDER).into_iter().map(|(id, _)| id);
    let groups = sandbox.all("security-group", BUILDER).into_iter().map(|(id, _)| id);
    let folder = sandbox.home().join(".ssh/stackpipe/expense-dev/bake-backend");
    builders.chain(groups).chain(folder.exists().then(|| folder.display().to_string())).collect()
}

fn assert_nothing_left(sandbox: &Sandbox) {
    assert_eq!(left(sandbox), Vec::<String>::new(), "something of the making is left");
}

#[test]
fn a_script_becomes_an_image_and_nothing_else_is_left() -> Result<()> {
    let _one = one_at_a_time();
    let Some(mut machines) = ground(options())? else { return Ok(()) };
    let line = format!("{CREATE} -e 'maker=the test' --version 1.4.2");
    let output = baked(&mut machines, &line)?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && stderr.contains("it is done"), "{stderr}");
    let document: Json = serde_json::from_slice(&output.stdout)?;
    let baked = &document["bake"]["backend"];
    assert_eq!(baked["version"], "1.4.2");
    let name = baked["name"].as_str().context("a name")?;
    assert!(name.starts_with("expense-dev-backend-1.4.2-"), "{name}");
    let sandbox = &machines.sandbox;
    for kind in ["image", "snapshot"] {
        let made = sandbox.one(kind, name)?;
        for (key, value) in [("Component", "backend"), ("Version", "1.4.2"), ("ManagedBy", "stackpipe")] {
            assert_eq!(tag(&made, key).as_deref(), Some(value), "{kind}: {made}");
        }
        assert_eq!(tag(&made, "Fingerprint").as_deref(), baked["fingerprint"].as_str());
    }
    assert_nothing_left(sandbox);
    let again = sandbox.sh(&line)?;
    again.succeeds().changes_nothing();
    assert_eq!(again.document(), document);
    Ok(())
}

const PLAYBOOK: &str = "\
- hosts: backend
  gather_facts: false
  tasks:
    - ansible.builtin.copy:
        dest: /etc/made
        content: \"made by {{ maker }} in {{ group_names | sort | join(' ') }}\\n\"
";

/// Whether there is Ansible to test with.
fn has_ansible(sandbox: &Sandbox) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|it| it.join("ansible-pull").exists());
    let bin = tests::harness::bin_directory().unwrap_or_default();
    sandbox.set("PATH", Some(&format!("{}:{path}", bin.display())));
    if !is_there {
        eprintln!("skipped: this test needs Ansible");
    }
    is_there
}

#[test]
fn ansible_is_pushed_over_the_connection_that_is_there() -> Result<()> {
    let _one = one_at_a_time();
    let Some(mut machines) = ground(options())? else { return Ok(()) };
    if !has_ansible(&machines.sandbox) {
        return Ok(());
    }
    std::fs::create_dir(machines.sandbox.home().join("ansible"))?;
    machines.sandbox.write("ansible/site.yml", PLAYBOOK)?;
    machines.sandbox.write("vars.json", "{\"maker\": \"a file\"}")?;
    machines
        .sandbox
        .write("check.sh", "test \"$(cat /etc/made)\" = 'made by a file in backend dev expense'\n")?;
    let line = "bake create backend --user root --playbook ansible/site.yml --script check.sh -e @vars.json --project expense --env dev";
    let output = baked(&mut machines, line)?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && stderr.contains("PLAY RECAP"), "{stderr}");
    assert!(!machines.sandbox.home().join("ansible/site.retry").exists());
    machines.sandbox.sh(line)?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn ansible_is_pulled_at_the_commit_that_was_fingerprinted() -> Result<()> {
    let _one = one_at_a_time();
    let Some(mut machines) = ground(options())? else { return Ok(()) };
    if !has_ansible(&machines.sandbox) {
        return Ok(());
    }
    let home = machines.sandbox.home().to_owned();
    std::fs::create_dir(home.join("ansible"))?;
    machines.sandbox.write("ansible/backend.yml", PLAYBOOK)?;
    let commit = "cd ansible && git init -q -b main && git add . && git -c user.name=a -c user.email=a@example.com commit -qm a";
    machines.sandbox.sh(commit)?.succeeds();
    machines
        .sandbox
        .write("check.sh", "test \"$(cat /etc/made)\" = 'made by a word in backend dev expense'\n")?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let words = ["daemon", "--listen=127.0.0.1", "--export-all", "--reuseaddr", &format!("--port={port}")];
    let mut daemon = std::process::Command::new("git");
    daemon.args(words).arg(format!("--base-path={}", home.display())).process_group(0);
    let mut daemon = daemon.spawn()?;
    let url = format!("git://127.0.0.1:{port}/ansible");
    let line = format!(
        "bake create backend --user root --ansible-pull {url} --ref main --playbook backend.yml --script check.sh \
         -e 'maker=a word' --project expense --env dev"
    );
    let output = baked(&mut machines, &line)?;
    let again = machines.sandbox.sh(&line)?;
    let group = rustix::process::Pid::from_child(&daemon);
    let _ = rustix::process::kill_process_group(group, rustix::process::Signal::TERM);
    daemon.wait()?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && stderr.contains("PLAY RECAP"), "{stderr}");
    again.succeeds().changes_nothing();
    let head = machines.sandbox.sh("git -C ansible rev-parse HEAD")?;
    assert_eq!(again.document()["bake"]["backend"]["revision"], head.stdout.trim());
    Ok(())
}

#[test]
fn a_step_that_fails_ends_with_its_last_lines_and_leaves_nothing() -> Result<()> {
    let _one = one_at_a_time();
    let Some(mut machines) = ground(options())? else { return Ok(()) };
    machines.sandbox.write("setup.sh", "echo begun; echo this went wrong >&2; exit 7\n")?;
    let output = baked(&mut machines, &format!("{CREATE} --copy setup.sh:/opt/ -q"))?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(output.stdout.is_empty());
    for text in ["step 1 of 2, script setup.sh, failed with status 7", "begun", "this went wrong"] {
        assert!(stderr.contains(text), "{text} in {stderr}");
    }
    assert_nothing_left(&machines.sandbox);
    assert!(machines.sandbox.all("image", "").is_empty());
    Ok(())
}

#[test]
fn a_builder_that_is_kept_can_be_logged_in_to_and_goes_with_the_next_run() -> Result<()> {
    let _one = one_at_a_time();
    let Some(mut machines) = ground(options())? else { return Ok(()) };
    machines.sandbox.write("setup.sh", "echo here > /etc/here; exit 1\n")?;
    let output = baked(&mut machines, &format!("{CREATE} --keep-on-error"))?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let (_, rest) = stderr.split_once("the builder stays: ").context("how to log in")?;
    let login = rest.lines().next().unwrap_or_default();
    let run = machines.sandbox.sh(&format!("{login} cat /etc/here"))?;
    assert_eq!(run.succeeds().stdout, "here\n");
    machines.sandbox.sh(&format!("bake delete backend {IDENTITY}"))?.succeeds();
    assert_nothing_left(&machines.sandbox);
    Ok(())
}

#[test]
fn files_are_put_as_cp_puts_them_and_belong_to_root() -> Result<()> {
    let _one = one_at_a_time();
    let Some(mut machines) = ground(options())? else { return Ok(()) };
    let home = machines.sandbox.home().to_owned();
    std::fs::create_dir_all(home.join("app/bin"))?;
    std::fs::write(home.join("app/bin/run"), "#!/bin/sh\n")?;
    std::os::unix::fs::symlink("bin/run", home.join("app/link"))?;
    std::fs::set_permissions(home.join("app/bin/run"), std::os::unix::fs::PermissionsExt::from_mode(0o751))?;
    let check = "set -e
        [ \"$(stat -c %a:%u:%g /opt/new/bin/run)\" = 751:0:0 ]
        [ \"$(readlink /opt/new/link)\" = bin/run ]
        [ -f /opt/there/app/bin/run ] && [ -f /etc/app.conf ] && [ -f /opt/made/app.conf ]
        ! ls -A /opt /etc | grep -q '^.stackpipe'\n";
    machines.sandbox.write("setup.sh", check)?;
    machines.sandbox.write("app.conf", "x")?;
    machines.sandbox.write("make.sh", "mkdir -p /opt/there")?;
    let line = "bake create backend --user root --script make.sh --copy app:/opt/new --copy app:/opt/there \
                --copy app.conf:/etc --copy app.conf:/opt/made/ --script setup.sh --project expense --env dev";
    let output = baked(&mut machines, line)?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

#[test]
fn a_builder_with_another_host_key_is_sent_nothing() -> Result<()> {
    let _one = one_at_a_time();
    let Some(mut machines) = ground(options())? else { return Ok(()) };
    machines.make_key("impostor")?;
    let child = machines.sandbox.start(CREATE)?;
    let (_, address) = builder(&machines.sandbox)?;
    machines.start_apart(address, "impostor", &[KEY])?;
    let output = child.wait_with_output()?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(73), "{stderr}");
    assert!(stderr.contains("another host key") && !stderr.contains("step 1"), "{stderr}");
    assert_nothing_left(&machines.sandbox);
    Ok(())
}

#[test]
fn the_first_signal_takes_down_what_was_made() -> Result<()> {
    let _one = one_at_a_time();
    for signal in ["INT", "TERM", "HUP"] {
        let Some(mut machines) = ground(options())? else { return Ok(()) };
        machines.sandbox.write("setup.sh", "echo the step has begun\nsleep 600\n")?;
        let line = format!(
            "{CREATE} 2>err & pid=$!; until grep -q 'step has begun' err; do sleep 0.05; done; kill -{signal} $pid; wait $pid"
        );
        let output = baked(&mut machines, &line)?;
        let stderr = std::fs::read_to_string(machines.sandbox.home().join("err"))?;
        assert_eq!(output.status.code(), Some(130), "{stderr}");
        for text in ["cleaning up", &format!("interrupted by SIG{signal}"), "deleted builder"] {
            assert!(stderr.contains(text), "{text} in {stderr}");
        }
        assert_nothing_left(&machines.sandbox);
    }
    Ok(())
}

#[test]
fn a_run_that_was_killed_is_cleared_away_by_the_next_one() -> Result<()> {
    let _one = one_at_a_time();
    let Some(mut machines) = ground(options())? else { return Ok(()) };
    machines.sandbox.write("slow.sh", "echo the step has begun\nsleep 600\n")?;
    let line = format!(
        "{} 2>err & pid=$!; until grep -q 'step has begun' err; do sleep 0.05; done; kill -KILL $pid; wait $pid",
        CREATE.replace("setup.sh", "slow.sh")
    );
    baked(&mut machines, &line)?;
    let (dead, _) = builder(&machines.sandbox)?;
    assert!(!left(&machines.sandbox).is_empty(), "a killed run cannot clean up");
    let child = machines.sandbox.start(CREATE)?;
    let began = Instant::now();
    let (id, address) = loop {
        match builder(&machines.sandbox)? {
            (id, _) if id == dead && began.elapsed() < Duration::from_mins(1) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            other => break other,
        }
    };
    assert_ne!(id, dead);
    machines.start_apart(address, "host", &[KEY])?;
    let output = child.wait_with_output()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_nothing_left(&machines.sandbox);
    Ok(())
}

#[test]
fn two_runs_at_once_end_with_one_image_and_the_same_document() -> Result<()> {
    let _one = one_at_a_time();
    let Some(mut machines) = ground(options())? else { return Ok(()) };
    let line = format!("{CREATE} >one 2>e1 & a=$!; {CREATE} >two 2>e2 & b=$!; wait $a && wait $b");
    let output = baked(&mut machines, &line)?;
    let read = |name: &str| std::fs::read_to_string(machines.sandbox.home().join(name));
    assert!(output.status.success(), "{}\n{}", read("e1")?, read("e2")?);
    assert_eq!(read("one")?, read("two")?);
    assert_eq!(machines.sandbox.all("image", "").len(), 1);
    assert_nothing_left(&machines.sandbox);
    Ok(())
}

#[test]
fn two_machines_at_once_end_with_one_image_and_the_same_document() -> Result<()> {
    let _one = one_at_a_time();
    let Some(mut machines) = ground(options())? else { return Ok(()) };
    // The other machine has the key of the bastion, and a folder of its own for everything else.
    let copy = "mkdir -p other/.ssh/stackpipe && cp -r .ssh/stackpipe/expense-dev other/.ssh/stackpipe/";
    machines.sandbox.sh(copy)?.succeeds();
    let line =
        format!("{CREATE} >one 2>e1 & a=$!; HOME=$PWD/other {CREATE} >two 2>e2 & b=$!; wait $a && wait $b");
    let child = machines.sandbox.start(&line)?;
    let (_, address) = builder(&machines.sandbox)?;
    machines.start_apart(address, "host", &[KEY, &format!("other/{KEY}")])?;
    let output = child.wait_with_output()?;
    let read = |name: &str| std::fs::read_to_string(machines.sandbox.home().join(name));
    assert!(output.status.success(), "{}\n{}", read("e1")?, read("e2")?);
    assert_eq!(read("one")?, read("two")?, "{}\n{}", read("e1")?, read("e2")?);
    assert_eq!(machines.sandbox.all("image", "").len(), 1);
    assert_nothing_left(&machines.sandbox);
    Ok(())
}

#[test]
fn an_image_of_the_same_things_is_taken_in_one_round_trip() -> Result<()> {
    let latency = Duration::from_millis(300);
    let sandbox = quiet(&Options { latency, ..options() })?;
    let builder = launched(&sandbox, &[])?;
    let image = imaged(&sandbox, &builder, "backend", "1", &fingerprint(&sandbox)?)?;
    sandbox.aws.skip(1000.0);
    sandbox.set("AWS_ACCOUNT_ID", Some("123456789012"));
    let run = sandbox.sh(&format!("{DIRECT} --version 2"))?;
    run.succeeds().changes_nothing().says("version 2 is made of the same things as version 1");
    assert_eq!(run.document()["bake"]["backend"]["image"], image.as_str());
    assert_eq!(run.document()["bake"]["backend"]["version"], "1");
    assert_eq!(round_trips(&run.calls), 1);
    Ok(())
}

#[test]
fn a_dry_run_makes_nothing_here_or_there() -> Result<()> {
    let sandbox = quiet(&options())?;
    let run = sandbox.sh(&format!("{DIRECT} --version 3 --dry-run"))?;
    run.succeeds()
        .changes_nothing()
        .says("would make builder")
        .says("would run script setup.sh")
        .says("would make image");
    let baked = &run.document()["bake"]["backend"];
    assert!(baked.get("image").is_none() && baked["version"] == "3", "{baked}");
    assert_eq!(baked["source_image"], SOURCE);
    assert!(!sandbox.home().join(".ssh").exists());
    Ok(())
}

#[test]
fn bad_input_is_refused_with_no_call() -> Result<()> {
    let sandbox = Sandbox::with(&options())?;
    sandbox.write("setup.sh", "true\n")?;
    for (flags, says) in [
        ("", "no step"),
        ("--script setup.sh --instance-type t3", "instance type"),
        ("--script setup.sh --instance-type t3.micro,t4g.micro", "cannot run the same image"),
        ("--script setup.sh --from nonsense", "expected ami-"),
        ("--script setup.sh --user=-x", "user"),
        ("--script setup.sh --version 'a b'", "use 1 to 64"),
        ("--script setup.sh --admit 10.0.0.0/8", "--via direct"),
        ("--ansible-pull https://me:secret@example.com/a.git", "password"),
        ("--ref main --script setup.sh", "no --ansible-pull stands before it"),
        ("--copy setup.sh:relative", "SRC:DST"),
    ] {
        let run = sandbox.sh(&format!("bake create backend {IDENTITY} {flags}"))?;
        run.ends_with(2).writes_nothing().calls_nothing().says(says);
    }
    sandbox.sh(&format!("bake create Backend --script setup.sh {IDENTITY}"))?.ends_with(2).calls_nothing();
    Ok(())
}

#[test]
fn files_that_cannot_be_used_are_refused_before_anything_is_made() -> Result<()> {
    let sandbox = quiet(&options())?;
    sandbox.write("vars.yml", "a: 1\n")?;
    for (flags, says) in [
        ("--script missing.sh", "cannot read the script missing.sh"),
        ("--copy missing:/opt/", "cannot read missing"),
        ("--playbook missing.yml", "there is no playbook missing.yml"),
        ("--script setup.sh -e novalue", "neither KEY=VALUE nor @FILE"),
        ("--script setup.sh -e @vars.yml", "not an object of JSON"),
    ] {
        let run = sandbox.sh(&format!("bake create backend --via direct {IDENTITY} {flags}"))?;
        run.ends_with(2).writes_nothing().changes_nothing().says(says);
    }
    Ok(())
}

#[test]
fn an_image_to_begin_with_that_does_not_fit_is_refused() -> Result<()> {
    let sandbox = quiet(&options())?;
    for (flags, status, says) in [
        ("--from ami-00000000000000000", 69, "there is no image ami-00000000000000000"),
        ("--from /no/such/parameter", 69, "there is no parameter"),
        ("--from 'amazon:nothing-is-called-so*'", 69, "no available x86_64 image"),
        (&format!("--from {SOURCE} --instance-type t4g.micro"), 73, "is for x86_64"),
    ] {
        let run = sandbox.sh(&format!("{DIRECT} {flags}"))?;
        run.ends_with(status).writes_nothing().changes_nothing().says(says);
    }
    let named = sandbox.sh(&format!("{DIRECT} --from 'amazon:al2023-ami-2023*' --dry-run"))?;
    named.succeeds();
    Ok(())
}

#[test]
fn what_a_bake_builds_on_is_named_where_it_is_missing() -> Result<()> {
    let sandbox = Sandbox::with(&options())?;
    sandbox.write("setup.sh", "true\n")?;
    sandbox.sh(DIRECT)?.ends_with(69).says("run `vpc create` first").changes_nothing();
    sandbox.sh(NETWORK)?.succeeds();
    sandbox.sh(CREATE)?.ends_with(69).says("run `bastion create` first").changes_nothing();
    Ok(())
}

#[test]
fn where_there_is_no_room_the_next_zone_and_then_the_next_type_is_tried() -> Result<()> {
    let no_capacity = ["us-east-1a", "us-east-1b:t3.micro"].map(str::to_owned).to_vec();
    let conditions = Conditions { no_capacity, ..Conditions::default() };
    let sandbox = quiet(&Options { conditions, ..options() })?;
    // Nothing answers there, which ends it.
    let run = sandbox.sh(&format!("{DIRECT} --instance-type t3.micro,t3.small --timeout 2s"))?;
    run.says("trying the next subnet").says("trying a t3.small").says("made builder");
    assert_eq!(run.count("ec2.RunInstances"), 4, "two zones of the first type, two of the second");
    assert_nothing_left(&sandbox);
    Ok(())
}

#[test]
fn where_nothing_answers_nothing_is_left() -> Result<()> {
    let sandbox = quiet(&options())?;
    let run = sandbox.sh(&format!("{DIRECT} --timeout 3s"))?;
    run.ends_with(75).writes_nothing().says("made builder").says("deleted builder");
    assert_nothing_left(&sandbox);
    assert!(sandbox.all("image", "").is_empty());
    Ok(())
}

#[test]
fn a_nat_gateway_that_fails_ends_the_bake_with_its_reason() -> Result<()> {
    let sandbox = quiet(&options())?;
    let nat_fails = Some("InsufficientFreeAddressesInSubnet".to_owned());
    sandbox.aws.set_conditions(Conditions { nat_fails, ..Conditions::default() });
    sandbox.sh(&format!("vpc create {IDENTITY} --nat one"))?.ends_with(1);
    let run = sandbox.sh(DIRECT)?;
    run.ends_with(1).says("NAT gateway").says("failed").writes_nothing();
    assert_nothing_left(&sandbox);
    Ok(())
}

#[test]
fn a_pending_image_is_waited_for_and_never_made_twice() -> Result<()> {
    let sandbox = quiet(&Options { time_scale: 60.0, ..options() })?;
    let fingerprint = fingerprint(&sandbox)?;
    let builder = stopped(&sandbox, &fingerprint)?;
    let image = imaged(&sandbox, &builder, "backend", "1", &fingerprint)?;
    let late = sandbox.sh(&format!("{DIRECT} --timeout 1s"))?;
    late.ends_with(75).changes_nothing();
    assert_eq!(late.document()["bake"]["backend"]["image"], image.as_str());
    let run = sandbox.sh(DIRECT)?;
    run.succeeds().makes(0, "ec2.CreateImage").makes(0, "ec2.RunInstances").says("deleted builder");
    assert_eq!(run.document()["bake"]["backend"]["image"], image.as_str());
    assert_nothing_left(&sandbox);
    Ok(())
}

#[test]
fn show_wait_finishes_what_no_wait_left() -> Result<()> {
    let sandbox = quiet(&options())?;
    stopped(&sandbox, &fingerprint(&sandbox)?)?;
    let begun = sandbox.sh(&format!("{DIRECT} --no-wait"))?;
    begun.succeeds().makes(1, "ec2.CreateImage").makes(0, "ec2.TerminateInstances");
    let shown = sandbox.sh(&format!("bake show backend --wait {IDENTITY}"))?;
    assert_eq!(shown.succeeds().document()["bake"], begun.document()["bake"]);
    assert_nothing_left(&sandbox);
    Ok(())
}

#[test]
fn an_image_that_fails_is_deleted_with_the_reason_told() -> Result<()> {
    let conditions = Conditions { image_fails: Some("the disk caught fire".into()), ..Conditions::default() };
    let sandbox = quiet(&Options { conditions, ..options() })?;
    stopped(&sandbox, &fingerprint(&sandbox)?)?;
    sandbox.sh(DIRECT)?.ends_with(1).says("the disk caught fire").says("deleted image");
    assert!(sandbox.all("image", "").is_empty() && sandbox.all("snapshot", "").is_empty());
    assert_nothing_left(&sandbox);
    Ok(())
}

#[test]
fn an_answer_that_is_lost_makes_no_second_image() -> Result<()> {
    for fault in [
        "lose@ec2.CreateImage",
        "error@ec2.CreateImage",
        "throttle:3@ec2.CreateImage",
        "reset@ec2.CreateImage",
    ] {
        let sandbox = quiet(&options())?;
        stopped(&sandbox, &fingerprint(&sandbox)?)?;
        sandbox.aws.add_faults(&[fault])?;
        sandbox.sh(DIRECT)?.succeeds();
        assert_eq!(sandbox.all("image", "").len(), 1, "{fault}");
        assert_nothing_left(&sandbox);
    }
    Ok(())
}

#[test]
fn a_name_that_is_taken_by_something_else_is_a_conflict() -> Result<()> {
    let sandbox = quiet(&options())?;
    let fingerprint = fingerprint(&sandbox)?;
    let plan = sandbox.sh(&format!("{DIRECT} --dry-run"))?.document();
    let other = launched(&sandbox, &[])?;
    sandbox
        .behind("ec2.CreateImage", json!({"InstanceId": other, "Name": plan["bake"]["backend"]["name"]}))?;
    stopped(&sandbox, &fingerprint)?;
    sandbox.sh(DIRECT)?.ends_with(73).says("is not tagged as ours").writes_nothing();
    Ok(())
}

#[test]
fn every_crash_point_from_the_stopped_builder_on_is_survived() -> Result<()> {
    let run = |fault: Option<String>| -> Result<(usize, Json)> {
        let sandbox = quiet(&options())?;
        stopped(&sandbox, &fingerprint(&sandbox)?)?;
        if let Some(fault) = &fault {
            sandbox.aws.add_faults(&[fault])?;
        }
        let run = sandbox.sh(DIRECT)?;
        if fault.as_ref().is_some_and(|it| it.starts_with("kill")) {
            sandbox.aws.clear_faults();
            sandbox.sh(DIRECT)?.succeeds();
        } else {
            run.succeeds();
        }
        assert_nothing_left(&sandbox);
        Ok((run.writes().len(), sandbox.environment()))
    };
    let (writes, environment) = run(None)?;
    for fault in ["kill", "throttle:3", "error", "reset", "lose"] {
        for point in 1..=writes {
            let fault = format!("{fault}@writes#{point}");
            let (_, found) = run(Some(fault.clone()))?;
            assert_same_environment(&found, &environment, &fault);
        }
    }
    println!("{} points, all survived", writes * 5);
    Ok(())
}

#[test]
fn every_crash_point_up_to_the_builder_is_survived() -> Result<()> {
    let undisturbed = quiet(&options())?;
    let line = format!("{DIRECT} --timeout 3s");
    let before = undisturbed.environment();
    let writes = undisturbed.sh(&line)?.writes().len();
    for point in 1..=writes {
        let sandbox = quiet(&options())?;
        sandbox.aws.add_faults(&[&format!("kill@writes#{point}")])?;
        let _ = sandbox.sh(&line)?;
        sandbox.aws.clear_faults();
        sandbox.sh(&line)?.ends_with(75);
        assert_nothing_left(&sandbox);
        assert_same_environment(&sandbox.environment(), &before, &format!("kill at write {point}"));
    }
    println!("{writes} points, all survived");
    Ok(())
}

#[test]
fn images_are_listed_with_what_runs_them() -> Result<()> {
    let sandbox = quiet(&options())?;
    let made = images(&sandbox, &["1", "2"])?;
    let template = json!({
        "LaunchTemplateName": "expense-dev-backend",
        "LaunchTemplateData": {"ImageId": made[0], "InstanceType": "t3.micro"},
    });
    sandbox.behind("ec2.CreateLaunchTemplate", template)?;
    let subnet =
        sandbox.sh(&format!("vpc show {IDENTITY}"))?.document()["vpc"]["subnets"]["private"][0]["id"].clone();
    let tag = |key: &str, value: &str| json!({"Key": key, "Value": value, "PropagateAtLaunch": "true"});
    let group = json!({
        "AutoScalingGroupName": "expense-dev-backend", "MinSize": "0", "MaxSize": "1", "VPCZoneIdentifier": subnet,
        "LaunchTemplate": {"LaunchTemplateName": "expense-dev-backend", "Version": "1"},
        "Tags": [tag("Project", "expense"), tag("Environment", "dev"), tag("ManagedBy", "stackpipe")],
    });
    sandbox.behind("autoscaling.CreateAutoScalingGroup", group)?;
    let table = sandbox.sh(&format!("bake list {IDENTITY}"))?;
    let lines: Vec<&str> = table.succeeds().stdout.lines().collect();
    assert!(lines[0].starts_with("COMPONENT  VERSION") && lines.len() == 3, "{lines:?}");
    assert!(
        lines[1].contains(&made[1]) && lines[2].contains("group expense-dev-backend (version 1)"),
        "{lines:?}"
    );
    let rows = sandbox.sh(&format!("bake list backend --format json {IDENTITY}"))?.document();
    assert_eq!(rows[0]["image"], made[1].as_str());
    assert_eq!(rows[1]["used_by"], json!(["group expense-dev-backend (version 1)"]));

    sandbox
        .sh(&format!("bake delete backend {IDENTITY}"))?
        .ends_with(73)
        .says("expense-dev-backend")
        .changes_nothing();
    let pruned = sandbox.sh(&format!("bake prune --keep 1 {IDENTITY}"))?;
    pruned.succeeds().changes_nothing().says("used by group expense-dev-backend");
    Ok(())
}

#[test]
fn the_newest_image_is_shown_and_all_but_the_newest_are_pruned() -> Result<()> {
    let sandbox = quiet(&options())?;
    sandbox.sh(&format!("bake show {IDENTITY}"))?.ends_with(69).says("bake create");
    let made = images(&sandbox, &["1", "2", "3"])?;
    let shown = sandbox.sh(&format!("bake show {IDENTITY}"))?;
    assert_eq!(shown.succeeds().document()["bake"]["backend"]["image"], made[2].as_str());
    sandbox.write("document", &shown.stdout.replace(&made[2], &made[0]))?;
    let named = sandbox.sh("bake show <document")?;
    assert_eq!(
        named.succeeds().document()["bake"]["backend"]["image"],
        made[0].as_str(),
        "what the document names stays"
    );
    let run = sandbox.sh("bake prune backend --keep 1 <document")?;
    run.succeeds().makes(1, "ec2.DeregisterImage").says("which the document names");
    sandbox.sh(&format!("bake prune backend --keep 1 {IDENTITY}"))?.succeeds();
    let left: Vec<String> = sandbox.all("image", "").into_iter().map(|(id, _)| id).collect();
    assert_eq!(left, [made[2].clone()]);
    assert_eq!(sandbox.all("snapshot", "").len(), 1, "their snapshots go with them");
    Ok(())
}

#[test]
fn deleting_takes_images_snapshots_and_what_is_left_and_is_safe_to_run_again() -> Result<()> {
    let sandbox = quiet(&options())?;
    let before = sandbox.environment();
    let made = images(&sandbox, &["1", "2"])?;
    stopped(&sandbox, "other")?;
    let one = sandbox.sh(&format!("bake delete backend --version 1 {IDENTITY}"))?;
    one.succeeds().makes(1, "ec2.DeregisterImage").makes(0, "ec2.TerminateInstances");
    sandbox.sh(&format!("bake show {IDENTITY} > document"))?.succeeds();
    let all = sandbox.sh("bake delete < document")?;
    assert!(all.succeeds().document().get("bake").is_none(), "{}", all.stdout);
    assert!(all.stderr.contains(&made[1]), "{}", all.stderr);
    assert_same_environment(&sandbox.environment(), &before, "after the delete");
    sandbox.sh(&format!("bake delete {IDENTITY}"))?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn production_asks_for_a_confirmation() -> Result<()> {
    let sandbox = Sandbox::with(&options())?;
    for verb in ["delete", "prune --keep 1"] {
        sandbox
            .sh(&format!("bake {verb} --project expense --env prod"))?
            .ends_with(2)
            .says("--confirm expense-prod");
    }
    Ok(())
}

#[test]
fn a_copy_is_made_once_and_carries_the_tags() -> Result<()> {
    let sandbox = quiet(&options())?;
    images(&sandbox, &["1"])?;
    let line = format!("bake copy backend --to-region eu-west-1 {IDENTITY}");
    sandbox.sh(&line)?.succeeds().makes(1, "ec2.CopyImage").says("in eu-west-1");
    let there = sandbox.aws.resources("eu-west-1");
    let copies: Vec<&Json> =
        there["image"].as_object().into_iter().flat_map(serde_json::Map::values).collect();
    assert_eq!(copies.len(), 1, "{there}");
    assert_eq!(tag(copies[0], "Version").as_deref(), Some("1"));
    assert!(
        copies[0].to_string().contains("\"encrypted\":true")
            || copies[0].to_string().contains("\"encrypted\":\"true\"")
    );
    sandbox.sh(&line)?.succeeds().changes_nothing();
    sandbox.sh(&format!("bake copy backend --to-region us-east-1 {IDENTITY}"))?.ends_with(2).says("already");
    Ok(())
}

#[test]
fn an_image_is_shared_with_its_snapshots_unless_its_key_cannot_be() -> Result<()> {
    let sandbox = quiet(&options())?;
    let made = images(&sandbox, &["1"])?;
    let line = format!("bake share backend --account 210987654321 {IDENTITY}");
    let run = sandbox.sh(&line)?;
    run.succeeds().makes(1, "ec2.ModifySnapshotAttribute").makes(1, "ec2.ModifyImageAttribute");
    let asked = json!({"ImageId": made[0], "Attribute": "launchPermission"});
    let who = sandbox.behind("ec2.DescribeImageAttribute", asked.clone())?;
    assert!(who.to_string().contains("210987654321"), "{who}");
    sandbox.sh(&line)?.succeeds().changes_nothing();
    sandbox.sh(&format!("{line} --revoke"))?.succeeds();
    assert!(!sandbox.behind("ec2.DescribeImageAttribute", asked)?.to_string().contains("210987654321"));
    Ok(())
}

#[test]
fn what_a_lost_machine_left_is_collected_once_it_is_old_enough() -> Result<()> {
    let sandbox = quiet(&options())?;
    let before = quiet(&options())?.environment();
    stopped(&sandbox, "other")?;
    let group = json!({
        "GroupName": "expense-dev-bake-frontend", "GroupDescription": "x",
        "VpcId": sandbox.id("vpc", "expense-dev")?,
        "TagSpecification": [tagged("security-group", &[
            ("Component", "bake"),
            ("Name", "expense-dev-bake-frontend"),
            ("stackpipe:component", "frontend"),
        ])],
    });
    sandbox.behind("ec2.CreateSecurityGroup", group)?;
    let run = sandbox.sh(&format!("bake gc --older-than 24h {IDENTITY}"))?;
    run.succeeds().makes(0, "ec2.TerminateInstances");
    // The clock there has skipped ahead of the one here.
    std::thread::sleep(Duration::from_secs(4));
    sandbox.sh(&format!("bake gc --older-than 1s {IDENTITY}"))?.succeeds().makes(1, "ec2.TerminateInstances");
    assert_same_environment(&sandbox.environment(), &before, "after the collection");
    Ok(())
}
