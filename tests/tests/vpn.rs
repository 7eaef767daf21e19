//! `vpn`: the server, its users and their profiles, on a real OpenSSH server.

mod appliance;

use anyhow::{Context as _, Result, anyhow};
use appliance::Appliance;
use serde_json::{Value as Json, json};
use tests::harness::{Sandbox, assert_same_environment};

const NETWORK: &str =
    "vpc create --project expense --env dev --nat none | sg create --admin-cidr 203.0.113.0/24";
const IDENTITY: &str = "--project expense --env dev";

fn prepare() -> Result<Option<Appliance>> {
    let Some(appliance) = Appliance::new()? else { return Ok(None) };
    appliance.sandbox.sh(NETWORK)?.succeeds();
    Ok(Some(appliance))
}

fn user_data(sandbox: &Sandbox, id: &str) -> Result<String> {
    let shown = sandbox
        .behind("ec2.DescribeInstanceAttribute", json!({ "InstanceId": id, "Attribute": "userData" }))?;
    let encoded = shown["userData"]["value"].as_str().context("no user data")?;
    let mut text = String::new();
    for chunk in encoded.as_bytes().chunks(4) {
        text.push_str(&decode(chunk));
    }
    Ok(text)
}

/// Four letters of base64.
fn decode(chunk: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |byte: &u8| LETTERS.iter().position(|letter| letter == byte);
    let known: Vec<usize> = chunk.iter().filter_map(value).collect();
    let bits = known.iter().fold(0, |bits, value| (bits << 6) | value) << (6 * (4 - known.len()));
    let bytes = [bits >> 16, bits >> 8, bits].map(|part| u8::try_from(part & 0xff).unwrap_or_default());
    String::from_utf8_lossy(&bytes[..known.len() * 3 / 4]).into_owned()
}

fn password(sandbox: &Sandbox) -> Result<String> {
    let secret = sandbox.secret("expense-dev-vpn-admin")?;
    assert_eq!(secret["username"], "openvpn");
    Ok(secret["password"].as_str().context("the secret holds no password")?.to_owned())
}

#[test]
fn the_server_is_open_when_create_ends_and_a_second_run_changes_nothing() -> Result<()> {
    let Some(appliance) = prepare()? else { return Ok(()) };
    let sandbox = &appliance.sandbox;
    let run = sandbox.sh(&format!("vpn create {IDENTITY}"))?;
    let document = run.succeeds().document();
    let vpn = &document["vpn"];
    let address = appliance.address;
    assert_eq!(vpn["public_ip"], address.to_string());
    assert_eq!(vpn["admin_url"], format!("https://{address}:943/admin"));
    assert_eq!(vpn["client_url"], format!("https://{address}/"));
    let config = appliance.kept("config");
    let host = format!("host.name={address}");
    for line in [host.as_str(), "vpn.server.routing.private_network.0=10.0.0.0/16"] {
        assert!(config.lines().any(|it| it == line), "{line} in {config}");
    }
    assert_eq!(appliance.kept("password"), password(sandbox)?, "the server has the password of the secret");
    let instance = sandbox.one("instance", "expense-dev-vpn")?;
    assert_eq!(instance["sourceDestCheck"], Json::from("false"), "{instance:#}");

    appliance.forget("calls");
    sandbox.write("document", &run.stdout)?;
    let again = sandbox.sh("vpn create <document")?;
    again.succeeds().changes_nothing();
    assert_eq!(again.stdout, run.stdout);
    assert_eq!(appliance.kept("calls"), "", "nobody logged in");
    sandbox.sh("vpn show --wait <document")?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn the_password_is_in_the_secret_and_nowhere_else() -> Result<()> {
    let Some(appliance) = prepare()? else { return Ok(()) };
    let sandbox = &appliance.sandbox;
    let run = sandbox.sh(&format!("vpn create -v {IDENTITY}"))?;
    run.succeeds();
    let reset = sandbox.sh(&format!("vpn create -v --reset-password {IDENTITY}"))?;
    reset.succeeds();
    let now = password(sandbox)?;
    assert_eq!(appliance.kept("password"), now, "the server has the new one");
    let calls = appliance.kept("calls");
    let told = calls.lines().filter_map(|line| line.split("--new_pass ").nth(1)?.split(' ').next());
    let told: Vec<&str> = told.collect();
    assert_eq!(told.len(), 2, "{calls}");
    assert_ne!(told[0], told[1]);
    let key = std::fs::read_to_string(sandbox.home().join(".ssh/stackpipe/expense-dev/vpn/id_ed25519"))?;
    let key = key.lines().nth(2).context("no private key")?;
    let id = sandbox.id("instance", "expense-dev-vpn")?;
    let user_data = user_data(sandbox, &id)?;
    let address = appliance.address;
    assert_eq!(
        user_data,
        format!("public_hostname={address}\nadmin_user=openvpn\nreroute_gw=0\nreroute_dns=0\n")
    );
    let seen = [
        ("a document", &run.stdout),
        ("messages", &run.stderr),
        ("a document", &reset.stdout),
        ("messages", &reset.stderr),
        ("an argument list", &appliance.arguments()),
        ("the resources", &sandbox.resources().to_string()),
        ("the journal", &serde_json::to_string(&sandbox.aws.journal())?),
    ];
    for (place, text) in seen {
        for secret in [told[0], told[1], key] {
            assert!(!text.contains(secret), "{place} has a secret");
        }
    }
    Ok(())
}

#[test]
fn users_come_with_their_profiles_and_go_with_them() -> Result<()> {
    let Some(appliance) = prepare()? else { return Ok(()) };
    let sandbox = &appliance.sandbox;
    sandbox.sh(&format!("vpn create {IDENTITY}"))?.succeeds();
    let profile = sandbox.sh(&format!("vpn profile ada {IDENTITY}"))?;
    profile.succeeds().says("made user ada").changes_nothing();
    assert!(profile.stdout.starts_with("# OpenVPN profile of ada, GetAutologin\n"), "{}", profile.stdout);
    assert!(profile.stdout.contains(&format!("remote {} 1194 udp\n", appliance.address)));
    assert!(!profile.stderr.contains("PRIVATE"));
    assert!(appliance.kept("users/ada").contains("prop_autologin=true"));
    let locked = sandbox.sh(&format!("vpn profile zoe --user-locked {IDENTITY}"))?;
    assert!(locked.succeeds().stdout.contains("GetUserlogin"));
    sandbox.sh(&format!("vpn user add grace@example.com {IDENTITY}"))?.succeeds();
    sandbox.sh(&format!("vpn user add ada {IDENTITY}"))?.succeeds().does_not_say("made");
    let list = sandbox.sh(&format!("vpn user list {IDENTITY}"))?;
    assert_eq!(list.succeeds().stdout, "ada\ngrace@example.com\nzoe\n");
    let run = sandbox.sh(&format!("vpn user remove ada {IDENTITY} | vpn user remove nobody"))?;
    assert_eq!(run.succeeds().document()["project"], "expense");
    assert_eq!(appliance.kept("revoked"), "ada\n");
    let list = sandbox.sh(&format!("vpn user list --format json {IDENTITY}"))?;
    assert_eq!(list.succeeds().document(), json!(["grace@example.com", "zoe"]));
    sandbox
        .sh(&format!("vpn profile eve --dry-run {IDENTITY}"))?
        .succeeds()
        .says("would make user eve")
        .writes_nothing();
    Ok(())
}

#[test]
fn a_name_that_is_none_reaches_neither_aws_nor_the_server() -> Result<()> {
    let sandbox = Sandbox::new()?;
    for name in ["'a;id'", "'$(id)'", "\"a'b\"", "__DEFAULT__", "openvpn", "''", "'a b'", "-- -x"] {
        for verb in ["profile", "user add", "user remove"] {
            let run = sandbox.sh(&format!("vpn {verb} {IDENTITY} {name}"))?;
            run.ends_with(2).calls_nothing().writes_nothing();
        }
    }
    Ok(())
}

#[test]
fn an_image_that_is_not_accepted_ends_with_its_link() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(NETWORK)?.succeeds();
    let run = sandbox.sh(&format!("vpn create {IDENTITY}"))?;
    run.ends_with(77).says_one_error().writes_nothing();
    run.says("hint: accept them at https://aws.amazon.com/marketplace/pp?sku=");
    assert_eq!(run.count("ec2.RunInstances"), 1, "asking again does not help");
    Ok(())
}

#[test]
fn delete_leaves_what_was_there_before() -> Result<()> {
    let Some(appliance) = prepare()? else { return Ok(()) };
    let sandbox = &appliance.sandbox;
    let before = sandbox.environment();
    let create = format!("vpn create --no-wait {IDENTITY} >document && vpn show --wait <document >ready");
    sandbox.sh(&create)?.succeeds();
    let run = sandbox.sh("vpn delete <ready")?;
    assert_eq!(run.succeeds().document().get("vpn"), None);
    assert_same_environment(&sandbox.environment(), &before, "after the delete");
    assert!(!sandbox.home().join(".ssh/stackpipe/expense-dev").exists(), "its keys are gone");
    sandbox.sh(&format!("vpn delete {IDENTITY}"))?.succeeds().changes_nothing();
    sandbox.sh(&format!("vpn show {IDENTITY}"))?.ends_with(69).says("run `vpn create` first");
    Ok(())
}

#[test]
fn a_run_that_was_killed_anywhere_is_carried_on() -> Result<()> {
    let Some(appliance) = prepare()? else { return Ok(()) };
    let sandbox = &appliance.sandbox;
    let create = format!("vpn create {IDENTITY}");
    let run = sandbox.sh(&create)?;
    let writes = run.succeeds().writes();
    let wanted = sandbox.environment();
    for number in 1..=writes.len() {
        sandbox.aws.reset();
        appliance.forget_all()?;
        sandbox.sh(NETWORK)?.succeeds();
        sandbox.aws.add_faults(&[&format!("kill@writes#{number}")]).map_err(|error| anyhow!("{error:?}"))?;
        let killed = sandbox.sh(&create)?;
        assert_ne!(killed.status(), Some(0), "call {number} was not struck");
        sandbox.aws.clear_faults();
        sandbox.sh(&create)?.succeeds();
        let when = format!("killed after call {number} of {}", writes.join(", "));
        assert_same_environment(&sandbox.environment(), &wanted, &when);
        assert_eq!(appliance.kept("password"), password(sandbox)?, "{when}");
    }
    Ok(())
}
