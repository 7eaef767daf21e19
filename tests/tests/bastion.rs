//! The bastion: made, logged in to by real OpenSSH, used to reach private servers and the database, and taken down. Without root and an
//! OpenSSH server the tests that log in say that they are skipped.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what was skipped, and how many points were tried, is said"
)]

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value as Json, json};
use tests::harness::{Machines, REGION, Run, Sandbox, assert_same_environment};
use tests::loopback::{Conditions, Options};

const IDENTITY: &str = "--project expense --env dev";
const GROUND: &str =
    "vpc create --project expense --env dev --nat none | sg create --admin-cidr 203.0.113.0/24";
const CREATE: &str = "bastion create --project expense --env dev --user root";
const DELETE: &str = "bastion delete --project expense --env dev";

fn options() -> Options {
    Options { time_scale: 300.0, seed: Some(1), ..Options::default() }
}

/// A network, and the machine that the bastion will be.
fn ground() -> Result<Option<Machines>> {
    let Some(mut machines) = Machines::new(options())? else { return Ok(None) };
    machines.sandbox.sh(GROUND)?.succeeds();
    machines.start(machines.address(0), "host")?;
    Ok(Some(machines))
}

#[test]
fn a_bastion_is_made_once_and_logged_in_to() -> Result<()> {
    let Some(machines) = ground()? else { return Ok(()) };
    let sandbox = &machines.sandbox;
    let first = sandbox.sh(CREATE)?;
    let document = first.succeeds().document();
    assert_eq!(document["bastion"]["public_ip"], machines.address(0).to_string());
    let environment = sandbox.environment();
    let second = sandbox.sh(&CREATE.replace(" --user root", ""))?;
    second.succeeds().changes_nothing();
    assert_eq!(second.document(), document);
    assert_same_environment(&sandbox.environment(), &environment, "after a second run");
    let run = sandbox.sh(&format!("bastion ssh {IDENTITY} -- 'echo hello; exit 7'"))?;
    run.ends_with(7);
    assert_eq!(run.stdout, "hello\n");
    let shown = sandbox.sh(&format!("bastion show {IDENTITY}"))?.document();
    let host_key = std::fs::read_to_string(sandbox.home().join("host.pub"))?;
    assert_eq!(shown["bastion"]["host_key"].as_str(), Some(host_key.trim()));
    Ok(())
}

#[test]
fn the_server_is_guarded_and_everything_of_it_is_tagged() -> Result<()> {
    let sandbox = Sandbox::with(&options())?;
    sandbox.sh(GROUND)?.succeeds();
    let document = sandbox.sh(&format!("{CREATE} --no-wait --tag Owner=ada"))?.document();
    let id = document["bastion"]["id"].as_str().context("an id")?;
    let all = sandbox.resources();
    let instance = &all["instance"][id];
    let text = instance.to_string();
    assert!(text.contains("\"httpTokens\":\"required\""), "{text}");
    assert!(
        text.contains("\"httpPutResponseHopLimit\":1") || text.contains("\"httpPutResponseHopLimit\":\"1\""),
        "{text}"
    );
    for kind in ["instance", "volume", "elastic-ip"] {
        for (id, resource) in all[kind].as_object().into_iter().flatten() {
            let text = resource.to_string();
            for tag in ["expense-dev-bastion", "stackpipe", "Owner", "ada"] {
                assert!(text.contains(tag), "{kind} {id} has no {tag}: {text}");
            }
            assert!(
                kind != "volume"
                    || text.contains("\"encrypted\":true")
                    || text.contains("\"encrypted\":\"true\""),
                "{text}"
            );
        }
    }
    Ok(())
}

#[test]
fn keys_are_for_their_owner_only_and_no_private_one_leaves_this_machine() -> Result<()> {
    let Some(machines) = ground()? else { return Ok(()) };
    let sandbox = &machines.sandbox;
    let run = sandbox.sh(&format!("{CREATE} --verbose"))?;
    run.succeeds();
    let folder = sandbox.home().join(".ssh/stackpipe/expense-dev");
    let mode = |name: &str| -> Result<u32> { Ok(folder.join(name).metadata()?.permissions().mode() & 0o777) };
    assert_eq!(mode("")?, 0o700);
    for name in ["id_ed25519", "known_hosts", "config"] {
        assert_eq!(mode(name)?, 0o600, "{name}");
    }
    let id = run.document()["bastion"]["id"].as_str().context("an id")?.to_owned();
    let asked = json!({"InstanceId": id, "Attribute": "userData"});
    let user_data = sandbox.aws.drift(REGION, "ec2", "DescribeInstanceAttribute", asked)?;
    let user_data = user_data.to_string();
    let encoded = user_data.split('"').max_by_key(|word| word.len()).context("user data")?;
    let decoded = {
        use base64::Engine as _;
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded)?)?
    };
    assert!(decoded.starts_with("#cloud-config\n"), "{decoded}");
    assert!(decoded.contains("ssh-ed25519 "), "{decoded}");
    let mut everything = format!("{}{}{}{decoded}", run.stdout, run.stderr, sandbox.resources());
    for call in sandbox.aws.journal() {
        everything.push_str(&serde_json::to_string(&call)?);
    }
    for file in [folder.join("id_ed25519"), sandbox.home().join("host")] {
        let secret = std::fs::read_to_string(file)?;
        // The first line of a key is the same in all.
        for line in secret.lines().skip(2).filter(|line| !line.starts_with("---")) {
            assert!(!everything.contains(line), "a line of a private key is out");
        }
    }
    assert!(!everything.contains("PRIVATE KEY"), "a private key is out");
    Ok(())
}

#[test]
fn a_server_with_another_host_key_is_not_logged_in_to() -> Result<()> {
    let Some(mut machines) = Machines::new(options())? else { return Ok(()) };
    machines.make_key("impostor")?;
    machines.start(machines.address(0), "impostor")?;
    machines.sandbox.sh(GROUND)?.succeeds();
    machines.sandbox.sh(CREATE)?.ends_with(73).says("another host key").says_one_error();
    Ok(())
}

#[test]
fn a_key_that_is_given_logs_in_and_stays() -> Result<()> {
    let Some(machines) = ground()? else { return Ok(()) };
    let sandbox = &machines.sandbox;
    let key = machines.make_key("mine")?;
    sandbox.sh(&format!("{CREATE} --key mine.pub"))?.succeeds();
    sandbox.sh(&format!("bastion ssh {IDENTITY} -- true"))?.succeeds();
    assert!(!sandbox.home().join(".ssh/stackpipe/expense-dev/id_ed25519").exists());
    machines.make_key("other")?;
    sandbox.sh(&format!("{CREATE} --key other.pub"))?.ends_with(73).says("another key").changes_nothing();
    sandbox.sh(&format!("bastion ssh {IDENTITY} -- true"))?.succeeds();
    sandbox.sh(DELETE)?.succeeds();
    assert_eq!(std::fs::read_to_string(sandbox.home().join("mine.pub"))?.trim(), key);
    assert!(sandbox.home().join("mine").exists());
    assert!(!sandbox.home().join(".ssh/stackpipe/expense-dev").exists());
    Ok(())
}

#[test]
fn a_zone_without_capacity_is_passed_over_at_once() -> Result<()> {
    let conditions = Conditions { no_capacity: vec!["us-east-1a".into()], ..Conditions::default() };
    let sandbox = Sandbox::with(&Options { conditions, ..options() })?;
    sandbox.sh(GROUND)?.succeeds();
    let run = sandbox.sh(&format!("{CREATE} --no-wait"))?;
    let document = run.succeeds().document();
    assert_eq!(document["bastion"]["availability_zone"], "us-east-1b");
    assert_eq!(run.count("ec2.RunInstances"), 2, "one refusal, one launch");
    Ok(())
}

#[test]
fn where_no_zone_has_capacity_every_reason_is_told() -> Result<()> {
    let no_capacity = vec!["us-east-1a".into(), "us-east-1b".into()];
    let conditions = Conditions { no_capacity, ..Conditions::default() };
    let sandbox = Sandbox::with(&Options { conditions, ..options() })?;
    sandbox.sh(GROUND)?.succeeds();
    let run = sandbox.sh(&format!("{CREATE} --no-wait"))?;
    run.ends_with(1).says("InsufficientInstanceCapacity").says("no subnet has room").says_one_error();
    assert_eq!(run.count("ec2.RunInstances"), 2);
    Ok(())
}

#[test]
fn a_private_server_is_reached_through_the_bastion() -> Result<()> {
    let Some(mut machines) = ground()? else { return Ok(()) };
    machines.sandbox.sh(CREATE)?.succeeds();
    let address = launch_backend(&machines.sandbox)?;
    let lend = |verb: &str| {
        let status = Command::new("ip").args(["addr", verb, &format!("{address}/32"), "dev", "lo"]).status();
        status.is_ok_and(|it| it.success())
    };
    if !lend("add") {
        eprintln!("skipped: this test needs `ip` to lend the loopback interface an address");
        return Ok(());
    }
    let began = machines.start(address.parse()?, "host");
    let line = format!("bastion ssh backend {IDENTITY} --user root -- echo '$SSH_CONNECTION'");
    let run = machines.sandbox.sh(&line)?;
    let config = machines.sandbox.sh(&format!("bastion ssh-config {IDENTITY}"))?;
    lend("del");
    began?;
    run.succeeds();
    assert!(run.stdout.contains(&format!("{address} 22")), "{}", run.stdout);
    config.succeeds();
    for text in
        ["Host expense-dev-bastion\n", "Host expense-dev-backend i-", "ProxyJump expense-dev-bastion\n"]
    {
        assert!(config.stdout.contains(text), "{text} in {}", config.stdout);
    }
    Ok(())
}

fn launch_backend(sandbox: &Sandbox) -> Result<String> {
    let document = sandbox.sh(&format!("vpc show {IDENTITY}"))?.document();
    let tags = [
        ("Project", "expense"),
        ("Environment", "dev"),
        ("ManagedBy", "stackpipe"),
        ("Component", "backend"),
    ];
    let tags = tags.into_iter().chain([("Name", "expense-dev-backend")]);
    let tags: Vec<Json> = tags.map(|(key, value)| json!({"Key": key, "Value": value})).collect();
    let image = sandbox.sh(&format!("bastion show {IDENTITY}"))?.document()["bastion"]["image_id"].clone();
    let order = json!({
        "ImageId": image, "InstanceType": "t3.micro", "MinCount": "1", "MaxCount": "1",
        "SubnetId": document["vpc"]["subnets"]["private"][0]["id"],
        "TagSpecification": [{"ResourceType": "instance", "Tag": tags}],
    });
    let made = sandbox.aws.drift(REGION, "ec2", "RunInstances", order)?.to_string();
    sandbox.aws.skip(60.0);
    let (_, rest) = made.split_once("\"privateIpAddress\":\"").context("a private address")?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

#[test]
fn the_tunnel_leads_to_the_database() -> Result<()> {
    let Some(machines) = ground()? else { return Ok(()) };
    let sandbox = &machines.sandbox;
    let database = TcpListener::bind("127.0.0.1:0")?;
    let there = database.local_addr()?.port();
    let here = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut document = sandbox.sh(CREATE)?.document();
    document["rds"] =
        json!({"mysql": {"id": "expense-dev-mysql", "endpoint": {"address": "127.0.0.1", "port": there}}});
    sandbox.write("document", &document.to_string())?;
    let mut tunnel = sandbox.start(&format!("exec bastion tunnel rds --port {here} < document"))?;
    let mut stream = connect(here)?;
    let (mut accepted, _) = database.accept()?;
    accepted.write_all(b"mysql")?;
    drop(accepted);
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    tunnel.kill()?;
    tunnel.wait()?;
    assert_eq!(text, "mysql");
    Ok(())
}

fn connect(port: u16) -> Result<TcpStream> {
    let began = Instant::now();
    loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Err(_) if began.elapsed() < Duration::from_secs(20) => {
                std::thread::sleep(Duration::from_millis(50));
            }
            other => return other.context("the tunnel does not open"),
        }
    }
}

#[test]
fn stopping_keeps_the_address_and_starting_makes_it_answer_again() -> Result<()> {
    let Some(machines) = ground()? else { return Ok(()) };
    let sandbox = &machines.sandbox;
    let made = sandbox.sh(CREATE)?.document();
    let address = |run: &Run| run.document()["bastion"]["public_ip"].clone();
    let stopped = sandbox.sh(&format!("bastion stop {IDENTITY}"))?;
    assert_eq!(address(stopped.succeeds()), made["bastion"]["public_ip"]);
    sandbox.sh(&format!("bastion stop {IDENTITY}"))?.succeeds().changes_nothing();
    sandbox.sh(&format!("bastion ssh {IDENTITY} -- true"))?.ends_with(69).says("bastion start");
    let started = sandbox.sh(&format!("bastion start {IDENTITY}"))?;
    assert_eq!(address(started.succeeds()), made["bastion"]["public_ip"]);
    sandbox.sh(&format!("bastion ssh {IDENTITY} -- true"))?.succeeds();
    Ok(())
}

#[test]
fn another_type_is_changed_in_place_and_another_architecture_refused() -> Result<()> {
    let Some(machines) = ground()? else { return Ok(()) };
    let sandbox = &machines.sandbox;
    let first = sandbox.sh(CREATE)?.document();
    let second = sandbox.sh(&format!("{CREATE} --instance-type t3.small"))?;
    let document = second.succeeds().document();
    assert_eq!(document["bastion"]["instance_type"], "t3.small");
    assert_eq!(document["bastion"]["id"], first["bastion"]["id"]);
    let refused = sandbox.sh(&format!("{CREATE} --instance-type t4g.small"))?;
    refused.ends_with(73).says("t4g.small").changes_nothing();
    Ok(())
}

#[test]
fn deleting_leaves_what_was_there_before_and_is_safe_to_run_again() -> Result<()> {
    let Some(machines) = ground()? else { return Ok(()) };
    let sandbox = &machines.sandbox;
    let before = sandbox.environment();
    let made = sandbox.sh(CREATE)?;
    sandbox.write("document", &made.succeeds().document().to_string())?;
    let deleted = sandbox.sh("bastion delete < document")?;
    assert!(deleted.succeeds().document().get("bastion").is_none());
    assert_same_environment(&sandbox.environment(), &before, "after the delete");
    sandbox.sh(DELETE)?.succeeds().changes_nothing();
    // The token of the first launch still stands for the instance that is gone.
    let again = sandbox.sh(CREATE)?;
    assert_ne!(again.succeeds().document()["bastion"]["id"], made.document()["bastion"]["id"]);
    Ok(())
}

#[test]
fn every_crash_point_of_the_way_up_is_survived() -> Result<()> {
    survives(GROUND, CREATE)
}

#[test]
fn every_crash_point_of_the_way_down_is_survived() -> Result<()> {
    survives(CREATE, DELETE)
}

/// Disturbs each call that writes in each way, side by side, and fails where one run does not end with the undisturbed environment.
fn survives(before: &'static str, line: &'static str) -> Result<()> {
    let Some((environment, writes)) = undisturbed(before, line)? else { return Ok(()) };
    let faults = ["kill", "throttle:3", "error", "reset", "lose"];
    let outcomes: Vec<Result<()>> = std::thread::scope(|scope| {
        let of_fault = |fault: &'static str| {
            let environment = &environment;
            scope.spawn(move || {
                (1..=writes).try_for_each(|point| disturbed(before, line, fault, point, environment))
            })
        };
        let threads: Vec<_> = faults.into_iter().map(of_fault).collect();
        threads.into_iter().map(|it| it.join().unwrap_or_else(|_| anyhow::bail!("it failed"))).collect()
    });
    outcomes.into_iter().collect::<Result<Vec<()>>>()?;
    println!("{} points of {line}, all survived", writes * faults.len());
    Ok(())
}

fn disturbed(before: &str, line: &str, fault: &str, point: usize, environment: &Json) -> Result<()> {
    let Some(machines) = prepared(before)? else { return Ok(()) };
    let sandbox = &machines.sandbox;
    sandbox.aws.add_faults(&[&format!("{fault}@writes#{point}")])?;
    let run = sandbox.sh(&with_key(line))?;
    if fault == "kill" {
        sandbox.aws.clear_faults();
        sandbox.sh(&with_key(line))?.succeeds();
    } else {
        run.succeeds();
    }
    assert_same_environment(&stripped(sandbox), environment, &format!("{fault} at write {point} of {line}"));
    Ok(())
}

/// The environment after an undisturbed run, and how many writes that took.
fn undisturbed(before: &'static str, line: &str) -> Result<Option<(Json, usize)>> {
    let Some(machines) = prepared(before)? else { return Ok(None) };
    let run = machines.sandbox.sh(&with_key(line))?;
    let writes = run.succeeds().writes().len();
    Ok(Some((stripped(&machines.sandbox), writes)))
}

fn prepared(before: &str) -> Result<Option<Machines>> {
    let Some(machines) = ground()? else { return Ok(None) };
    machines.make_key("mine")?;
    if before != GROUND {
        machines.sandbox.sh(&with_key(before))?.succeeds();
    }
    Ok(Some(machines))
}

fn with_key(line: &str) -> String {
    if line.contains("create") { format!("{line} --key mine.pub") } else { line.to_owned() }
}

/// The environment without what differs from sandbox to sandbox: keys, and the addresses of its machines.
fn stripped(sandbox: &Sandbox) -> Json {
    fn strip(value: &mut Json) {
        match value {
            Json::Object(keys) => {
                keys.retain(|key, _| !matches!(key.as_str(), "userData" | "publicIp" | "ipAddress"));
                keys.values_mut().for_each(strip);
            }
            Json::Array(values) => values.iter_mut().for_each(strip),
            Json::String(text) if text.starts_with("SHA256:") || text.starts_with("ssh-ed25519 ") => {
                text.clear();
            }
            _ => {}
        }
    }
    let mut environment = sandbox.environment();
    strip(&mut environment);
    environment
}

#[test]
fn two_runs_at_once_end_with_one_bastion() -> Result<()> {
    for latency in [10, 25, 40] {
        let options = Options { latency: Duration::from_millis(latency), ..options() };
        let Some(mut machines) = Machines::new(options)? else { return Ok(()) };
        machines.start(machines.address(0), "host")?;
        machines.start(machines.address(1), "host")?;
        let sandbox = &machines.sandbox;
        sandbox.sh(GROUND)?.succeeds();
        let both =
            format!("{CREATE} > one & first=$!; {CREATE} > two & second=$!; wait $first && wait $second");
        sandbox.sh(&both)?.succeeds();
        let read = |name: &str| std::fs::read_to_string(sandbox.home().join(name));
        assert_eq!(read("one")?, read("two")?, "both documents describe the one bastion");
        let all = sandbox.environment();
        for kind in ["instance", "elastic-ip"] {
            assert_eq!(all[kind].as_array().map(Vec::len), Some(1), "{kind}: {}", all[kind]);
        }
    }
    Ok(())
}

#[test]
fn two_people_at_once_end_with_one_bastion_though_their_keys_differ() -> Result<()> {
    for latency in [10, 25, 40] {
        let options = Options { latency: Duration::from_millis(latency), ..options() };
        let sandbox = Sandbox::with(&options)?;
        sandbox.sh(GROUND)?.succeeds();
        let of = |name: &str| format!("HOME=$PWD/{name}-home {CREATE} --no-wait > {name}");
        let both =
            format!("{} & first=$!; {} & second=$!; wait $first && wait $second", of("one"), of("two"));
        sandbox.sh(&both)?.succeeds();
        let read = |name: &str| std::fs::read_to_string(sandbox.home().join(name));
        assert_eq!(read("one")?, read("two")?, "both documents describe the one bastion");
    }
    Ok(())
}

#[test]
fn bad_flags_are_refused_with_no_call() -> Result<()> {
    let sandbox = Sandbox::with(&options())?;
    sandbox
        .write("private", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n")?;
    sandbox.write("text.pub", "hello\n")?;
    for (flags, says) in [
        ("--instance-type nonsense", "is not an instance type"),
        ("--ami ami-xyz", "is not the id of an image"),
        ("--user '-oProxyCommand=x'", "unexpected argument"),
        ("--user=-x", "is not a user"),
        ("--key private", "is a private key"),
        ("--key text.pub", "is not an OpenSSH public key"),
        ("--key missing.pub", "cannot read the key"),
    ] {
        let run = sandbox.sh(&format!("bastion create {IDENTITY} {flags}"))?;
        run.ends_with(2).writes_nothing().calls_nothing();
        assert!(run.stderr.contains(says) || flags.contains("ProxyCommand"), "{flags}: {}", run.stderr);
    }
    Ok(())
}

#[test]
fn a_dry_run_makes_nothing_here_or_there() -> Result<()> {
    let sandbox = Sandbox::with(&options())?;
    sandbox.sh(GROUND)?.succeeds();
    let run = sandbox.sh(&format!("{CREATE} --dry-run"))?;
    run.succeeds().changes_nothing();
    let document = run.document();
    assert_eq!(document["planned"], true);
    assert_eq!(document["bastion"]["instance_type"], "t3.micro");
    assert!(!sandbox.home().join(".ssh").exists());
    Ok(())
}

#[test]
fn without_a_bastion_every_verb_but_delete_says_so() -> Result<()> {
    let sandbox = Sandbox::with(&options())?;
    for verb in ["show", "ssh", "ssh-config", "stop", "start", "tunnel rds"] {
        sandbox.sh(&format!("bastion {verb} {IDENTITY}"))?.ends_with(69).writes_nothing().says_one_error();
    }
    sandbox.sh(DELETE)?.succeeds().changes_nothing();
    Ok(())
}
