//! Passwords: in Secrets Manager and nowhere else. Private keys: in the file of their owner and nowhere else.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;
use tests::harness::{EVERYTHING, EVERYTHING_DELETE, Sandbox, with_stand_ins};
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

/// Something that nobody may see.
#[derive(Clone)]
struct Secret {
    what: &'static str,
    value: String,
    /// The files in the home directory where it belongs.
    kept: Vec<String>,
}

/// Fails where a secret is anywhere but where it belongs.
fn assert_hidden(sandbox: &Sandbox, watched: &Watched, secret: &Secret) -> Result<()> {
    let Secret { what, value, kept } = secret;
    assert!(value.len() >= 32, "{what} is {} letters long", value.len());
    assert!(!watched.stdout.contains(value), "{what} is on stdout");
    assert!(!watched.stderr.contains(value), "{what} is on stderr");
    for seen in &watched.seen {
        assert!(!seen.contains(value), "{what} is to be seen of a process: {seen}");
    }
    assert_eq!(&files_with(sandbox.home(), value)?, kept, "{what} is in a file");
    let journal = serde_json::to_string(&sandbox.aws.journal())?;
    assert!(!journal.contains(value), "{what} is in the journal");
    let shown = sandbox.resources().to_string();
    assert!(!shown.contains(value), "{what} is in a tag or another thing that AWS shows");
    assert!(!user_data(sandbox)?.contains(value), "{what} is in user data");
    Ok(())
}

/// The user data of every instance, as it reads: everybody who may describe an instance may read it.
fn user_data(sandbox: &Sandbox) -> Result<String> {
    let mut all = String::new();
    for (id, _) in sandbox.all("instance", "") {
        let asked = json!({ "InstanceId": id, "Attribute": "userData" });
        let told = sandbox.behind("ec2.DescribeInstanceAttribute", asked)?;
        let text = BASE64.decode(told["userData"]["value"].as_str().unwrap_or_default())?;
        all.push_str(&String::from_utf8(text)?);
    }
    Ok(all)
}

/// The password in a secret of this name.
fn password_in(sandbox: &Sandbox, name: &str, what: &'static str) -> Result<Secret> {
    let secret = sandbox.secret(name)?;
    let value = secret["password"].as_str().context("no password in the secret")?.to_owned();
    Ok(Secret { what, value, kept: Vec::new() })
}

fn password(sandbox: &Sandbox) -> Result<Secret> {
    password_in(sandbox, "expense-dev-mysql-master", "the master password")
}

/// The lines of a private key, but for those that are the same in every key.
fn private_key(sandbox: &Sandbox, folder: &str, what: &'static str) -> Result<Vec<Secret>> {
    let file = sandbox.home().join(".ssh/stackpipe").join(folder).join("id_ed25519");
    let text = std::fs::read_to_string(&file).context("no private key was made")?;
    let own = text.lines().skip(2).filter(|line| !line.starts_with("---") && line.len() >= 32);
    let kept = vec![file.display().to_string()];
    Ok(own.map(|line| Secret { what, value: line.to_owned(), kept: kept.clone() }).collect())
}

/// Everything that is secret now.
fn secrets(sandbox: &Sandbox) -> Result<Vec<Secret>> {
    let mut secrets = private_key(sandbox, "expense-dev", "the key of the bastion")?;
    secrets.extend(private_key(sandbox, "expense-dev/vpn", "the key of the VPN server")?);
    assert!(secrets.len() >= 2, "no line of a key can be told from another");
    secrets.push(password(sandbox)?);
    secrets.push(password_in(sandbox, "expense-dev-vpn-admin", "the password of the VPN's administrator")?);
    Ok(secrets)
}

#[test]
fn no_command_shows_a_password_or_a_private_key() -> Result<()> {
    let options = Options { time_scale: 300.0, seed: Some(1), ..Options::default() };
    let Some(sandbox) = with_stand_ins(&options)? else { return Ok(()) };
    // The commands make keys of their own.
    std::fs::remove_dir_all(sandbox.home().join(".ssh"))?;
    let made = watch(&sandbox, &EVERYTHING.replace(" create", " create -v"))?;
    // Those that take their time are looked at even on a busy machine.
    for command in ["rds create -v", "asg create -v frontend"] {
        assert!(made.seen.iter().any(|seen| seen.contains(command)), "{command} was not seen");
    }
    let arguments = std::fs::read_to_string(sandbox.home().join("arguments"))?;
    assert!(arguments.contains("BatchMode=yes") && arguments.contains("sacli start"), "{arguments}");
    let user_data = user_data(&sandbox)?;
    assert!(user_data.contains("public_hostname=") && user_data.contains("#cloud-config"), "{user_data}");
    let before = secrets(&sandbox)?;
    before.iter().try_for_each(|secret| assert_hidden(&sandbox, &made, secret))?;
    let show =
        ["vpc", "sg", "bastion", "vpn", "alb", "rds", "asg"].map(|command| format!("{command} show -v"));
    let lines = [
        format!("vpn create -v --reset-password {IDENTITY} | rds create -v --reset-password"),
        show.join(" | ").replacen("-v", &format!("-v {IDENTITY}"), 1),
        format!("bastion ssh-config -v {IDENTITY}"),
        format!("asg create backend -v --instance-type t3.small {IDENTITY}"),
    ];
    for line in lines {
        let watched = watch(&sandbox, &line)?;
        for secret in before.iter().chain(&secrets(&sandbox)?) {
            assert_hidden(&sandbox, &watched, secret)?;
        }
    }
    let after = secrets(&sandbox)?;
    let is_new = |it: &&Secret| before.iter().all(|old| old.value != it.value);
    assert_eq!(after.iter().filter(is_new).count(), 2, "both passwords were reset");
    let deleted = watch(&sandbox, &EVERYTHING_DELETE.replace(" delete", " delete -v"))?;
    let gone = before.into_iter().chain(after).map(|it| Secret { kept: Vec::new(), ..it });
    gone.into_iter().try_for_each(|secret| assert_hidden(&sandbox, &deleted, &secret))
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
    let mut passwords: Vec<Secret> = Vec::new();
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
        let now = password(&sandbox)?;
        if passwords.iter().all(|known| known.value != now.value) {
            passwords.push(now);
        }
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
