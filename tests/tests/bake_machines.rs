//! `bake` on real machines: what becomes of a builder that fails, dies, or is left behind, and that every way to configure it comes to
//! the same. Without root and the programs that machines need these tests say that they are skipped.
#![allow(clippy::print_stdout, reason = "how many points were tried is a result, beside the verdict")]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;
use serde_json::{Value as Json, json};
use tests::harness::{Sandbox, with_real_machines};
use tests::loopback::{Conditions, Options};

const IDENTITY: &str = "--project expense --env dev";
const BUILDER: &str = "expense-dev-bake-backend";
const BAKE: &str = "bake create backend --script setup.sh --project expense --env dev";
const SETUP: &str = "#!/bin/sh\nset -eu\necho 'the step begins'\necho made >/etc/made\n";

/// Machines share two processors: one test at a time.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A network with a NAT gateway and a bastion.
fn ground(conditions: Conditions) -> Result<Option<Sandbox>> {
    let options = Options { time_scale: 150.0, conditions, ..Options::default() };
    let Some(sandbox) = with_real_machines(&options)? else { return Ok(None) };
    let line = format!("vpc create {IDENTITY} | sg create --admin-cidr 203.0.113.0/24 | bastion create");
    sandbox.sh(&line)?.succeeds();
    sandbox.write("setup.sh", SETUP)?;
    Ok(Some(sandbox))
}

/// Fails where anything that only a bake needs is left: a builder, its group, its keys, a process.
fn assert_nothing_left(sandbox: &Sandbox, when: &str) {
    let all = sandbox.resources();
    for (id, instance) in all["instance"].as_object().into_iter().flatten() {
        let is_builder = instance["tagSet"].to_string().contains(BUILDER);
        let state = instance["instanceState"]["name"].as_str().unwrap_or_default();
        assert!(!is_builder || state == "terminated", "{when}: the builder {id} is {state}");
    }
    let groups = all["security-group"].to_string();
    assert!(!groups.contains("expense-dev-bake"), "{when}: a security group is left: {groups}");
    let keys = sandbox.home().join(".ssh/stackpipe/expense-dev/bake-backend");
    for secret in ["id_ed25519", "config"] {
        assert!(!keys.join(secret).exists(), "{when}: {secret} is left in {}", keys.display());
    }
    let began = Instant::now();
    while let Some(process) = own_process(sandbox.home()) {
        assert!(began.elapsed() < Duration::from_secs(20), "{when}: a process is left: {process}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// A process that has this home, which is no other test's.
fn own_process(home: &Path) -> Option<String> {
    let wanted = format!("HOME={}", home.display());
    std::fs::read_dir("/proc").ok()?.flatten().find_map(|entry| {
        let environment = std::fs::read(entry.path().join("environ")).ok()?;
        let is_own = environment.split(|byte| *byte == 0).any(|it| it == wanted.as_bytes());
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        is_own.then(|| String::from_utf8_lossy(&line).replace('\0', " "))
    })
}

fn images(sandbox: &Sandbox) -> Vec<String> {
    let all = sandbox.resources();
    let own = all["image"].as_object().into_iter().flatten();
    own.filter(|(_, image)| image.to_string().contains("expense-dev-backend"))
        .map(|(id, _)| id.clone())
        .collect()
}

/// The run after a disturbed one ends with one image and leaves nothing else. The image then goes, for the next disturbance.
fn assert_next_run_succeeds(sandbox: &Sandbox, when: &str) -> Result<()> {
    let run = sandbox.sh(BAKE)?;
    assert_eq!(run.status(), Some(0), "{when}: the next run failed: {}", run.stderr);
    assert!(run.document()["bake"]["backend"]["image"].is_string(), "{when}: {}", run.stdout);
    assert_nothing_left(sandbox, when);
    assert_eq!(images(sandbox).len(), 1, "{when}: one image: {:?}", images(sandbox));
    sandbox.sh(&format!("bake delete backend {IDENTITY}"))?.succeeds();
    assert_eq!(images(sandbox).len(), 0, "{when}: the image goes");
    Ok(())
}

#[test]
fn ctrl_c_at_every_stage_leaves_nothing_and_the_next_run_succeeds() -> Result<()> {
    let _one = one_at_a_time();
    let Some(sandbox) = ground(Conditions::default())? else { return Ok(()) };
    sandbox.write("setup.sh", &format!("{SETUP}sleep 1\n"))?;
    let stages = [
        ("made security group", Signal::INT),
        ("made builder", Signal::TERM),
        ("to show its host key", Signal::HUP),
        ("note its host key", Signal::INT),
        ("the step begins", Signal::INT),
        ("the step begins", Signal::HUP),
        ("to make an image of it", Signal::INT),
    ];
    for (stage, signal) in stages {
        let when = format!("{signal:?} at {stage:?}");
        let mut run = sandbox.watch(BAKE)?;
        run.until(stage)?;
        run.signal(signal)?;
        let output = run.end()?;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(130), "{when}: {stderr}");
        assert!(output.stdout.is_empty(), "{when}: nothing is handed on");
        assert_nothing_left(&sandbox, &when);
        assert_next_run_succeeds(&sandbox, &when)?;
    }
    Ok(())
}

#[test]
fn an_image_that_is_being_made_survives_ctrl_c_and_the_next_run_takes_it() -> Result<()> {
    let _one = one_at_a_time();
    let Some(sandbox) = ground(Conditions::default())? else { return Ok(()) };
    let mut run = sandbox.watch(BAKE)?;
    run.until("made image")?;
    run.signal(Signal::INT)?;
    let output = run.end()?;
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    let made = images(&sandbox);
    assert_eq!(made.len(), 1, "it is still there: {made:?}");
    let next = sandbox.sh(BAKE)?;
    next.succeeds().makes(0, "ec2.CreateImage").makes(0, "ec2.RunInstances");
    assert_eq!(images(&sandbox), made, "the same one");
    assert_nothing_left(&sandbox, "after the next run");
    Ok(())
}

#[test]
fn kill_at_every_writing_call_leaves_nothing_after_the_next_run() -> Result<()> {
    let _one = one_at_a_time();
    let Some(sandbox) = ground(Conditions::default())? else { return Ok(()) };
    let undisturbed = sandbox.sh(BAKE)?;
    let writes = undisturbed.succeeds().writes();
    sandbox.sh(&format!("bake delete backend {IDENTITY}"))?.succeeds();
    for (index, write) in writes.iter().enumerate() {
        let when = format!("kill -9 after write {} ({write})", index + 1);
        sandbox.aws.add_faults(&[&format!("kill@writes#{}", index + 1)])?;
        let killed = sandbox.sh(BAKE)?;
        sandbox.aws.clear_faults();
        assert_eq!(killed.status(), Some(137), "{when}: {}", killed.stderr);
        assert_next_run_succeeds(&sandbox, &when)?;
    }
    println!("kill -9: {} points, all survived", writes.len());
    Ok(())
}

#[test]
fn a_failing_step_ends_with_its_last_lines_and_leaves_nothing() -> Result<()> {
    let _one = one_at_a_time();
    let Some(sandbox) = ground(Conditions::default())? else { return Ok(()) };
    // A playbook is all that is in its folder.
    std::fs::create_dir(sandbox.home().join("fails"))?;
    let failing = [
        ("--script", "fails/fails.sh", "#!/bin/sh\necho it is this line\nexit 7\n", "status 7"),
        (
            "--playbook",
            "fails/fails.yml",
            "- hosts: all\n  tasks:\n  - name: it is this line\n    command: 'false'\n",
            "status 2",
        ),
    ];
    for (flag, file, text, status) in failing {
        sandbox.write(file, text)?;
        let run = sandbox.sh(&format!("bake create backend {flag} {file} {IDENTITY}"))?;
        run.ends_with(1).writes_nothing().says_one_error().says(status).says("it is this line");
        assert_nothing_left(&sandbox, file);
        assert_eq!(images(&sandbox).len(), 0, "{file}: no image");
    }
    // The connection goes, from within, in the middle of a step.
    let cut = "#!/bin/sh\necho the step begins\npkill -9 -f 'sshd: ec2-user'\nsleep 60\n";
    sandbox.write("cut.sh", cut)?;
    let run = sandbox.sh(&format!("bake create backend --script cut.sh {IDENTITY}"))?;
    assert_ne!(run.status(), Some(0), "{}", run.stderr);
    assert_eq!(
        run.stderr.matches("the step begins\n").count() - run.stderr.matches("  the step begins\n").count(),
        1,
        "a step is never repeated: {}",
        run.stderr
    );
    run.writes_nothing().says_one_error();
    assert_nothing_left(&sandbox, "after the connection was cut");
    assert_next_run_succeeds(&sandbox, "after the connection was cut")
}

#[test]
fn a_builder_that_dies_and_an_image_that_fails_leave_nothing() -> Result<()> {
    let _one = one_at_a_time();
    let Some(sandbox) = ground(Conditions::default())? else { return Ok(()) };
    sandbox.write("slow.sh", &format!("{SETUP}sleep 600\n"))?;
    let mut run = sandbox.watch(&format!("bake create backend --script slow.sh {IDENTITY}"))?;
    run.until("the step begins")?;
    let builder = sandbox.id("instance", BUILDER)?;
    sandbox.behind("ec2.TerminateInstances", json!({ "InstanceId": [builder] }))?;
    let output = run.end()?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.stdout.is_empty(), "{stderr}");
    assert_nothing_left(&sandbox, "after the builder died");

    let fails = Conditions { image_fails: Some("Client.InternalError".to_owned()), ..Conditions::default() };
    sandbox.aws.set_conditions(fails);
    let run = sandbox.sh(BAKE)?;
    run.ends_with(1).says_one_error().says("Client.InternalError");
    assert_nothing_left(&sandbox, "after the image failed");
    assert_eq!(images(&sandbox).len(), 0, "the failed image is gone");
    sandbox.aws.set_conditions(Conditions::default());
    assert_next_run_succeeds(&sandbox, "after the image failed")
}

#[test]
fn ssh_that_is_refused_for_a_minute_is_waited_for() -> Result<()> {
    let _one = one_at_a_time();
    let Some(sandbox) = ground(Conditions::default())? else { return Ok(()) };
    sandbox.aws.set_conditions(Conditions { ssh_refused: 60.0 * 10.0, ..Conditions::default() });
    let run = sandbox.sh(BAKE)?;
    run.succeeds();
    assert_nothing_left(&sandbox, "after a late SSH server");
    Ok(())
}

#[test]
fn a_wrong_host_key_ends_the_bake_before_anything_is_sent() -> Result<()> {
    let _one = one_at_a_time();
    let Some(sandbox) = ground(Conditions::default())? else { return Ok(()) };
    // Whoever answers is another one than the console says.
    let other = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";
    sandbox.aws.set_conditions(Conditions { host_key: Some(other.to_owned()), ..Conditions::default() });
    let run = sandbox.sh(BAKE)?;
    run.ends_with(73)
        .writes_nothing()
        .says_one_error()
        .says("another host key")
        .does_not_say("the step begins");
    assert_nothing_left(&sandbox, "after a wrong host key");
    sandbox.aws.set_conditions(Conditions::default());
    assert_next_run_succeeds(&sandbox, "after a wrong host key")
}

/// Serves the repository in a folder until it is dropped.
struct GitServer(Child);

impl GitServer {
    fn start(folder: &Path) -> Result<Self> {
        let mut git = Command::new("git");
        git.args(["daemon", "--listen=127.0.0.1", "--port=9418", "--export-all", "--reuseaddr"]);
        git.arg(format!("--base-path={}", folder.display())).arg(folder);
        git.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // `git` starts the daemon as another process, which must end with it.
        std::os::unix::process::CommandExt::process_group(&mut git, 0);
        Ok(Self(git.spawn().context("cannot start git daemon")?))
    }
}

impl Drop for GitServer {
    fn drop(&mut self) {
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, Signal::TERM);
        }
        let _ = self.0.wait();
    }
}

#[test]
fn push_pull_and_script_come_to_the_same() -> Result<()> {
    let _one = one_at_a_time();
    let Some(sandbox) = ground(Conditions::default())? else { return Ok(()) };
    let playbook = "- hosts: all\n  become: true\n  tasks:\n  - ansible.builtin.copy:\n      content: \"{{ component }} in {{ env }}\\n\"\n      dest: /etc/made\n      mode: '0644'\n";
    std::fs::create_dir(sandbox.home().join("repository"))?;
    sandbox.write("repository/backend.yaml", playbook)?;
    sandbox.write(
        "made.sh",
        "#!/bin/sh\nprintf '%s in %s\\n' \"$component\" \"$env\" >/etc/made\nchmod 644 /etc/made\n",
    )?;
    sandbox.write("show.sh", "#!/bin/sh\nstat -c 'made: %a %U %G' /etc/made\nsha256sum /etc/made\n")?;
    let commit = "cd repository && git init -q && git add . && git -c user.name=test -c user.email=test@example.com commit -qm first";
    sandbox.sh(commit)?.succeeds();
    let _server = GitServer::start(sandbox.home())?;
    let url = "git://host.sandbox/repository";
    let ways = [
        "--playbook repository/backend.yaml".to_owned(),
        format!("--ansible-pull {url} --playbook backend.yaml"),
        "--script made.sh".to_owned(),
    ];
    let mut results = Vec::new();
    let mut fingerprints = Vec::new();
    for way in &ways {
        let line =
            format!("bake create backend {way} -e component=backend -e env=dev --script show.sh {IDENTITY}");
        let run = sandbox.sh(&line)?;
        let document: Json = run.succeeds().document();
        let baked = &document["bake"]["backend"];
        ensure!(baked["image"].is_string(), "{way}: {baked}");
        fingerprints.push(baked["fingerprint"].to_string());
        let shown: Vec<String> = run
            .stderr
            .lines()
            .filter(|line| line.contains("made: ") || line.contains("  /etc/made"))
            .map(str::to_owned)
            .collect();
        assert_eq!(shown.len(), 2, "{way}: {}", run.stderr);
        results.push(shown);
        // Made of the same things, it is the same image.
        let again = sandbox.sh(&line)?;
        again.succeeds().changes_nothing();
        assert_eq!(again.document()["bake"]["backend"], *baked, "{way}");
    }
    assert_eq!(results[0], results[1], "pushed and pulled");
    assert_eq!(results[0], results[2], "by Ansible and by a script");
    fingerprints.sort();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 3, "each recipe has a fingerprint of its own");
    assert_nothing_left(&sandbox, "after three bakes");
    Ok(())
}
