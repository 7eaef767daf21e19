//! The master password: in Secrets Manager and nowhere else.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tests::harness::Sandbox;
use tests::loopback::Options;

const IDENTITY: &str = "--project expense --env dev";

/// What was seen of the commands while a line ran.
struct Watched {
    stdout: String,
    stderr: String,
    /// Every command line and every environment of a process of this sandbox.
    seen: BTreeSet<String>,
}

/// Runs a line and looks again and again at what any user of the machine can see of its processes.
fn watch(sandbox: &Sandbox, line: &str) -> Result<Watched> {
    let mut child = sandbox.start(&format!("exec 2> stderr > stdout; {line}"))?;
    let mut seen = BTreeSet::new();
    while child.try_wait()?.is_none() {
        look(sandbox.home(), &mut seen)?;
        std::thread::sleep(Duration::from_millis(1));
    }
    let read = |name: &str| std::fs::read_to_string(sandbox.home().join(name)).context("nothing was written");
    let (stdout, stderr) = (read("stdout")?, read("stderr")?);
    assert!(child.wait()?.success(), "{stderr}");
    Ok(Watched { stdout, stderr, seen })
}

fn look(home: &Path, seen: &mut BTreeSet<String>) -> Result<()> {
    for process in std::fs::read_dir("/proc")? {
        let folder = process?.path();
        // A process may be gone by now, or be somebody else's.
        let read = |name: &str| std::fs::read(folder.join(name)).unwrap_or_default();
        let environment = String::from_utf8_lossy(&read("environ")).into_owned();
        if environment.contains(&*home.to_string_lossy()) {
            seen.insert(String::from_utf8_lossy(&read("cmdline")).replace('\0', " "));
            seen.insert(environment);
        }
    }
    Ok(())
}

/// Every file below a folder that contains the text.
fn files_with(folder: &Path, text: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files_with(&path, text)?);
        } else if String::from_utf8_lossy(&std::fs::read(&path)?).contains(text) {
            found.push(path.display().to_string());
        }
    }
    Ok(found)
}

/// Fails where the password is anywhere but in Secrets Manager.
fn assert_hidden(sandbox: &Sandbox, watched: &Watched, password: &str) -> Result<()> {
    assert_eq!(password.len(), 32);
    assert!(!watched.stdout.contains(password), "it is on stdout");
    assert!(!watched.stderr.contains(password), "it is on stderr");
    for seen in &watched.seen {
        assert!(!seen.contains(password), "it is to be seen of a process: {seen}");
    }
    assert_eq!(files_with(sandbox.home(), password)?, [""; 0], "it is in a file");
    let journal = serde_json::to_string(&sandbox.aws.journal())?;
    assert!(!journal.contains(password), "it is in the journal");
    assert!(
        !sandbox.resources().to_string().contains(password),
        "it is in a tag or another thing that AWS shows"
    );
    Ok(())
}

fn password(sandbox: &Sandbox) -> Result<String> {
    let secret = sandbox.secret("expense-dev-mysql-master")?;
    secret["password"].as_str().map(str::to_owned).context("no password in the secret")
}

#[test]
fn the_master_password_is_in_secrets_manager_and_nowhere_else() -> Result<()> {
    let sandbox = Sandbox::with(&Options { time_scale: 100.0, seed: Some(1), ..Options::default() })?;
    let lines = [
        format!("vpc create -v --nat none {IDENTITY} | sg create -v | rds create -v"),
        format!("rds create -v {IDENTITY}"),
        format!("rds create -v --reset-password {IDENTITY}"),
        format!("rds show -v --wait {IDENTITY}"),
        format!("rds snapshot -v --name one {IDENTITY}"),
    ];
    let mut passwords = BTreeSet::new();
    for (index, line) in lines.iter().enumerate() {
        let watched = watch(&sandbox, line)?;
        let command = line.rsplit("| ").next().unwrap_or_default().trim();
        // The first one takes its time, so that even on a busy machine it is looked at while it runs.
        assert!(
            index > 0 || watched.seen.iter().any(|it| it.trim() == command),
            "{command} was not seen: {:?}",
            watched.seen
        );
        assert!(
            watched.stderr.contains("rds: Secrets Manager DescribeSecret "),
            "-v says the calls: {}",
            watched.stderr
        );
        passwords.insert(password(&sandbox)?);
        for password in &passwords {
            assert_hidden(&sandbox, &watched, password)?;
        }
    }
    assert_eq!(passwords.len(), 2, "one was reset");
    let watched = watch(&sandbox, &format!("rds delete -v {IDENTITY}"))?;
    passwords.iter().try_for_each(|password| assert_hidden(&sandbox, &watched, password))
}

#[test]
fn a_failure_does_not_tell_the_password_either() -> Result<()> {
    for fault in [
        "error:1000@rds.CreateDBInstance",
        "reset:1000@rds.CreateDBInstance",
        "error:1000@secretsmanager.PutSecretValue",
    ] {
        let sandbox = Sandbox::new()?;
        sandbox.sh(&format!("vpc create --nat none {IDENTITY} | sg create"))?.succeeds();
        sandbox
            .set("AWS_MAX_ATTEMPTS", Some("2"))
            .set("RUST_LOG", Some("trace"))
            .set("RUST_BACKTRACE", Some("1"));
        sandbox.aws.add_faults(&[fault])?;
        let run = sandbox.sh(&format!("rds create -v {IDENTITY}"))?;
        run.ends_with(1).says_one_error();
        let watched =
            Watched { stdout: run.stdout.clone(), stderr: run.stderr.clone(), seen: BTreeSet::new() };
        assert_hidden(&sandbox, &watched, &password(&sandbox)?)?;
    }
    Ok(())
}
