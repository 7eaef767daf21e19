//! `rds` by itself: what it asks AWS before anything is made, changes in place, storage, parameters, the master password's secret,
//! snapshots, protection, and the way down.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde_json::{Value as Json, json};
use tests::harness::{Run, Sandbox, assert_same_environment, tag};
use tests::loopback::Options;

const IDENTITY: &str = "--project expense --env dev";
const CREATE: &str = "rds create --project expense --env dev";
const DELETE: &str = "rds delete --project expense --env dev";
const INSTANCE: &str = "expense-dev-mysql";
/// What the shell answers for a command that was killed.
const KILLED: i32 = 137;
const SECRET: &str = "expense-dev-mysql-master";

/// Fast: a database is ready within a fifth of a second.
fn fast() -> Options {
    Options { time_scale: 2000.0, seed: Some(1), ..Options::default() }
}

/// An AWS with the network and the groups of an environment.
fn with_network_of(environment: &str) -> Result<Sandbox> {
    let sandbox = Sandbox::with(&fast())?;
    let vpc = format!("vpc create --project expense --env {environment} --nat none");
    sandbox.sh(&format!("{vpc} | sg create"))?.succeeds();
    Ok(sandbox)
}

fn with_network() -> Result<Sandbox> {
    with_network_of("dev")
}

/// The same with a database.
fn with_database() -> Result<Sandbox> {
    let sandbox = with_network()?;
    sandbox.sh(CREATE)?.succeeds();
    Ok(sandbox)
}

fn instance(sandbox: &Sandbox) -> Result<Json> {
    sandbox.one("db-instance", INSTANCE)
}

/// A refusal that nothing was written for, to stdout or to AWS.
fn is_refused(run: &Run, status: i32) -> &Run {
    run.ends_with(status).says_one_error().writes_nothing().changes_nothing()
}

/// Whether a client gets in with what the secret holds.
fn logs_in(sandbox: &Sandbox, instance: &str, secret: &str) -> Result<Json> {
    let held = sandbox.secret(secret)?;
    sandbox.behind(
        "rds.LogIn",
        json!({"DBInstanceIdentifier": instance, "UserName": held["username"], "Password": held["password"]}),
    )?;
    Ok(held)
}

/// Waits until something is so, for as long as a loaded machine may take.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what} never came about");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_instance_is_private_encrypted_backed_up_and_not_in_paid_support() -> Result<()> {
    let sandbox = with_network()?;
    let document = sandbox.sh(CREATE)?.succeeds().document();
    let it = instance(&sandbox)?;
    for (key, wanted) in [
        ("Engine", "mysql"),
        ("DBInstanceClass", "db.t4g.micro"),
        ("AllocatedStorage", "20"),
        ("MaxAllocatedStorage", "100"),
        ("StorageType", "gp3"),
        ("StorageEncrypted", "true"),
        ("PubliclyAccessible", "false"),
        ("BackupRetentionPeriod", "7"),
        ("CopyTagsToSnapshot", "true"),
        ("AutoMinorVersionUpgrade", "true"),
        ("DeletionProtection", "false"),
        ("MultiAZ", "false"),
        ("DBName", "transactions"),
        ("EngineLifecycleSupport", "open-source-rds-extended-support-disabled"),
    ] {
        assert_eq!(it[key], wanted, "{key}");
    }
    let database = &document["rds"]["mysql"];
    assert_eq!(database["endpoint"]["address"], it["Endpoint"]["Address"]);
    assert_eq!(database["endpoint"]["port"], 3306);
    let subnets = document.pointer("/rds/mysql/subnet_group").and_then(Json::as_str).context("no group")?;
    let group = sandbox.one("db-subnet-group", subnets)?.to_string();
    for zone in ["us-east-1a", "us-east-1b"] {
        assert!(group.contains(&sandbox.id("subnet", &format!("expense-dev-database-{zone}"))?), "{zone}");
    }
    let group = sandbox.id("security-group", "expense-dev-mysql")?;
    assert!(it["VpcSecurityGroups"].to_string().contains(&group));
    for (key, value) in [("character_set_server", "utf8mb4"), ("collation_server", "utf8mb4_0900_ai_ci")] {
        assert_eq!(parameter(&sandbox, key)?, Some(value.to_owned()));
    }
    Ok(())
}

/// The value of a parameter that somebody has set.
fn parameter(sandbox: &Sandbox, name: &str) -> Result<Option<String>> {
    let parameters = json!({"DBParameterGroupName": INSTANCE, "Source": "user"});
    let answer = sandbox.behind("rds.DescribeDBParameters", parameters)?;
    let all = answer["Parameters"].as_array().into_iter().flatten();
    let found = all.into_iter().find(|it| it["ParameterName"] == name);
    Ok(found.and_then(|it| it["ParameterValue"].as_str().map(str::to_owned)))
}

#[test]
fn version_class_and_storage_are_checked_before_anything_is_made() -> Result<()> {
    let sandbox = with_network()?;
    for (flags, status, reason) in [
        ("--engine-version 8.1.0", 69, "does not offer mysql 8.1.0"),
        ("--engine-version 9.9", 69, "does not offer mysql 9.9"),
        ("--class db.t9.huge", 69, "does not offer db.t9.huge"),
        ("--class db.t2.micro --engine-version 8.4", 69, "db.t2.micro"),
        ("--parameter no_such_parameter=1", 69, "has no parameter no_such_parameter"),
        ("--parameter basedir=/tmp", 73, "basedir"),
    ] {
        is_refused(&sandbox.sh(&format!("{CREATE} {flags}"))?, status).says(reason);
    }
    let run = sandbox.sh(&format!("{CREATE} --class db.t4g.nano"))?;
    is_refused(&run, 69).says("hint: the nearest are db.t4g.");
    // The same for a change of what is there.
    sandbox.sh(CREATE)?.succeeds();
    is_refused(&sandbox.sh(&format!("{CREATE} --class db.t9.huge"))?, 69);
    Ok(())
}

#[test]
fn a_network_of_one_zone_is_too_small_for_a_database() -> Result<()> {
    let sandbox = Sandbox::with(&fast())?;
    sandbox.sh(&format!("vpc create {IDENTITY} --azs 1 --nat none | sg create"))?.succeeds();
    is_refused(&sandbox.sh(CREATE)?, 69).says("two AZs").says("vpc create --azs 2");
    Ok(())
}

#[test]
fn storage_that_aws_has_grown_is_no_drift_and_is_never_shrunk() -> Result<()> {
    let sandbox = with_database()?;
    sandbox.behind("rds.GrowStorage", json!({"DBInstanceIdentifier": INSTANCE, "AllocatedStorage": "40"}))?;
    for flags in ["", "--storage 20", "--storage 30", "--storage 40"] {
        let run = sandbox.sh(&format!("{CREATE} {flags}"))?;
        run.succeeds().changes_nothing();
        assert_eq!(run.document()["rds"]["mysql"]["allocated_storage"], 40, "{flags}");
    }
    assert_eq!(instance(&sandbox)?["AllocatedStorage"], "40");
    // AWS takes another change of storage six hours later at the earliest.
    let run = sandbox.sh(&format!("{CREATE} --storage 60"))?;
    assert_ne!(run.status(), Some(0));
    run.says_one_error();
    sandbox.aws.skip(7.0 * 3600.0);
    sandbox.sh(&format!("{CREATE} --storage 60"))?.succeeds().makes(1, "rds.ModifyDBInstance");
    assert_eq!(instance(&sandbox)?["AllocatedStorage"], "60");
    is_refused(&sandbox.sh(&format!("{CREATE} --max-storage 61"))?, 2).says("--max-storage 66");
    Ok(())
}

#[test]
fn each_change_in_place_is_one_call_and_none_the_second_time() -> Result<()> {
    let sandbox = with_database()?;
    for (flags, key, wanted) in [
        ("--class db.t4g.small", "DBInstanceClass", "db.t4g.small"),
        ("--max-storage 200", "MaxAllocatedStorage", "200"),
        ("--multi-az", "MultiAZ", "true"),
        ("--multi-az=false", "MultiAZ", "false"),
        ("--backup-days 14", "BackupRetentionPeriod", "14"),
        ("--backup-window 03:00-03:30", "PreferredBackupWindow", "03:00-03:30"),
        ("--maintenance-window sun:05:00-sun:06:00", "PreferredMaintenanceWindow", "sun:05:00-sun:06:00"),
        ("--deletion-protection", "DeletionProtection", "true"),
        ("--deletion-protection=false", "DeletionProtection", "false"),
        ("--storage 25", "AllocatedStorage", "25"),
    ] {
        let line = format!("{CREATE} {flags}");
        let run = sandbox.sh(&line)?;
        run.succeeds();
        assert_eq!(run.writes(), ["rds.ModifyDBInstance"], "{flags}");
        assert_eq!(instance(&sandbox)?[key], wanted, "{flags}");
        assert_eq!(instance(&sandbox)?["PendingModifiedValues"], json!({}), "{flags} has come about");
        sandbox.sh(&line)?.succeeds().changes_nothing();
    }
    let all = "--class db.t4g.medium --backup-days 3 --max-storage 300 --backup-window 01:00-01:30";
    let run = sandbox.sh(&format!("{CREATE} {all}"))?;
    run.succeeds();
    assert_eq!(run.writes(), ["rds.ModifyDBInstance"], "all at once is one call");
    sandbox.sh(CREATE)?.succeeds().changes_nothing();
    assert_eq!(
        instance(&sandbox)?["BackupRetentionPeriod"],
        "3",
        "a flag not given leaves things as they are"
    );
    Ok(())
}

#[test]
fn a_version_goes_up_within_its_major_one_and_an_older_one_is_no_drift() -> Result<()> {
    let sandbox = with_network()?;
    let answer = sandbox.behind(
        "rds.DescribeDBEngineVersions",
        json!({"Engine": "mysql", "DBParameterGroupFamily": "mysql8.4"}),
    )?;
    let versions: Vec<&str> = answer["DBEngineVersions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| it["EngineVersion"].as_str())
        .collect();
    let (first, last) = (versions.first().context("no versions")?, versions.last().context("no versions")?);
    assert_ne!(first, last);
    sandbox.sh(&format!("{CREATE} --engine-version {first}"))?.succeeds();
    assert_eq!(instance(&sandbox)?["EngineVersion"], *first);
    sandbox.sh(CREATE)?.succeeds().changes_nothing();
    sandbox.sh(&format!("{CREATE} --engine-version {last}"))?.succeeds().makes(1, "rds.ModifyDBInstance");
    assert_eq!(instance(&sandbox)?["EngineVersion"], *last);
    sandbox.sh(&format!("{CREATE} --engine-version {first}"))?.succeeds().changes_nothing();
    sandbox.sh(&format!("{CREATE} --engine-version 8.4"))?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn parameters_are_set_and_static_ones_are_told_to_wait_for_a_reboot() -> Result<()> {
    let sandbox = with_database()?;
    let line = format!("{CREATE} --parameter max_connections=200 --parameter long_query_time=2");
    let run = sandbox.sh(&line)?;
    run.succeeds().does_not_say("reboot");
    assert_eq!(run.writes(), ["rds.ModifyDBParameterGroup"]);
    assert_eq!(parameter(&sandbox, "max_connections")?.as_deref(), Some("200"));
    sandbox.sh(&line)?.succeeds().changes_nothing();
    // Left out, it stays.
    sandbox.sh(CREATE)?.succeeds().changes_nothing();
    assert_eq!(parameter(&sandbox, "long_query_time")?.as_deref(), Some("2"));
    let run = sandbox.sh(&format!("{CREATE} --parameter back_log=100"))?;
    run.succeeds().makes(1, "rds.ModifyDBParameterGroup").makes(0, "rds.RebootDBInstance");
    run.says("wait for a reboot")
        .says(&format!("aws rds reboot-db-instance --db-instance-identifier {INSTANCE}"));
    // Told every time until it is done.
    sandbox.sh(CREATE)?.succeeds().changes_nothing().says("wait for a reboot");
    sandbox.behind("rds.RebootDBInstance", json!({ "DBInstanceIdentifier": INSTANCE }))?;
    sandbox.aws.skip(600.0);
    sandbox.sh(CREATE)?.succeeds().changes_nothing().does_not_say("reboot");
    Ok(())
}

#[test]
fn what_cannot_be_changed_in_place_is_refused_by_name() -> Result<()> {
    let sandbox = with_database()?;
    let before = sandbox.environment();
    for (flags, reason) in [
        ("--db-name other", "database name transactions, other is asked for"),
        ("--username root", "master user admin, root is asked for"),
        ("--engine-version 8.0", "change of the major version"),
    ] {
        is_refused(&sandbox.sh(&format!("{CREATE} {flags}"))?, 73).says(reason).says("hint: ");
    }
    assert_same_environment(&sandbox.environment(), &before, "after refusals");
    Ok(())
}

#[test]
fn what_somebody_changed_by_hand_is_put_back() -> Result<()> {
    let sandbox = with_database()?;
    let before = instance(&sandbox)?;
    let vpc = sandbox.id("vpc", "expense-dev")?;
    let groups = sandbox.all("security-group", "");
    let other = groups.iter().find(|(_, it)| it["vpcId"] == vpc.as_str() && it["groupName"] == "default");
    let (other, _) = other.context("no default group")?;
    let parameters = json!({"DBInstanceIdentifier": INSTANCE, "VpcSecurityGroupIds": [other], "PubliclyAccessible": "true",
        "CopyTagsToSnapshot": "false", "ApplyImmediately": "true"});
    sandbox.behind("rds.ModifyDBInstance", parameters)?;
    let arn = before["DBInstanceArn"].clone();
    sandbox.behind("rds.RemoveTagsFromResource", json!({"ResourceName": arn, "TagKeys": ["Component"]}))?;
    sandbox.aws.skip(600.0);
    let run = sandbox.sh(CREATE)?;
    run.succeeds().makes(1, "rds.ModifyDBInstance").makes(1, "rds.AddTagsToResource");
    let after = instance(&sandbox)?;
    assert_eq!(after["PubliclyAccessible"], "false");
    assert_eq!(after["CopyTagsToSnapshot"], "true");
    assert_eq!(tag(&after, "Component").as_deref(), Some("rds"));
    let groups = after["VpcSecurityGroups"].to_string();
    assert!(
        groups.contains(&sandbox.id("security-group", INSTANCE)?) && groups.contains(other.as_str()),
        "{groups}"
    );
    Ok(())
}

/// The names of the manual snapshots there are.
fn snapshots(sandbox: &Sandbox) -> Vec<String> {
    let all = sandbox.all("db-snapshot", "");
    let manual = all.iter().filter(|(_, it)| it["SnapshotType"] == "manual");
    manual.filter_map(|(_, it)| it["DBSnapshotIdentifier"].as_str().map(str::to_owned)).collect()
}

#[test]
fn delete_takes_one_final_snapshot_and_all_the_rest_down() -> Result<()> {
    let sandbox = with_network()?;
    let before = sandbox.environment();
    sandbox.sh(&format!("{CREATE} --tag Owner=ada > doc"))?.succeeds();
    let run = sandbox.sh("rds delete < doc")?;
    run.succeeds().makes(1, "rds.DeleteDBInstance");
    assert!(run.document().get("rds").is_none(), "{}", run.stdout);
    let kept = snapshots(&sandbox);
    assert!(kept.len() == 1 && kept[0].starts_with("expense-dev-mysql-final-"), "{kept:?}");
    run.says(&format!("kept the snapshots {}", kept[0]));
    let snapshot = &sandbox.all("db-snapshot", "")[0].1;
    assert_eq!(tag(snapshot, "Owner").as_deref(), Some("ada"), "{snapshot}");
    for kind in ["db-instance", "db-subnet-group", "db-parameter-group"] {
        assert!(sandbox.all(kind, "").is_empty(), "{kind}");
    }
    // The snapshot has the old password, so the secret can be had back.
    assert_eq!(sandbox.one("secret", SECRET)?["MarkedForDeletion"], true);
    sandbox.sh(DELETE)?.succeeds().changes_nothing();
    assert_eq!(snapshots(&sandbox).len(), 1);
    sandbox.behind("rds.DeleteDBSnapshot", json!({"DBSnapshotIdentifier": kept[0]}))?;
    sandbox.behind("secretsmanager.RestoreSecret", json!({ "SecretId": SECRET }))?;
    sandbox.behind(
        "secretsmanager.DeleteSecret",
        json!({"SecretId": SECRET, "ForceDeleteWithoutRecovery": "true"}),
    )?;
    assert_same_environment(&sandbox.environment(), &before, "after delete");
    Ok(())
}

#[test]
fn skip_final_snapshot_keeps_nothing() -> Result<()> {
    let sandbox = with_network()?;
    let before = sandbox.environment();
    sandbox.sh(CREATE)?.succeeds();
    sandbox.sh(&format!("{DELETE} --skip-final-snapshot"))?.succeeds().does_not_say("kept");
    assert_same_environment(&sandbox.environment(), &before, "after delete");
    Ok(())
}

#[test]
fn a_delete_that_was_killed_is_carried_on_with_one_final_snapshot() -> Result<()> {
    for call in ["rds.DeleteDBInstance", "secretsmanager.DeleteSecret"] {
        let sandbox = with_database()?;
        sandbox.aws.add_faults(&[&format!("kill@{call}")])?;
        sandbox.sh(DELETE)?.ends_with(KILLED);
        sandbox.aws.clear_faults();
        sandbox.sh(DELETE)?.succeeds();
        assert_eq!(snapshots(&sandbox).len(), 1, "killed at {call}");
        for kind in ["db-instance", "db-subnet-group", "db-parameter-group"] {
            assert!(sandbox.all(kind, "").is_empty(), "{kind}, killed at {call}");
        }
    }
    Ok(())
}

#[test]
fn production_is_protected_and_the_protection_is_lifted_only_when_confirmed() -> Result<()> {
    let sandbox = with_network_of("prod")?;
    let identity = "--project expense --env prod";
    sandbox.sh(&format!("rds create {identity}"))?.succeeds();
    assert_eq!(sandbox.one("db-instance", "expense-prod-mysql")?["DeletionProtection"], "true");
    for flags in ["", "--skip-final-snapshot", "--confirm expense-dev"] {
        is_refused(&sandbox.sh(&format!("rds delete {identity} {flags}"))?, 2);
    }
    let run = sandbox.sh(&format!("rds delete {identity} --confirm expense-prod"))?;
    run.succeeds().says("protection from deletion off").makes(1, "rds.ModifyDBInstance");
    assert!(sandbox.all("db-instance", "").is_empty());
    // Protection that was asked for elsewhere holds as well.
    let sandbox = with_network()?;
    sandbox.sh(&format!("{CREATE} --deletion-protection"))?.succeeds();
    is_refused(&sandbox.sh(DELETE)?, 73).says("protected").says("--confirm expense-dev");
    sandbox.sh(&format!("{DELETE} --skip-final-snapshot --confirm expense-dev"))?.succeeds();
    Ok(())
}

#[test]
fn a_snapshot_is_tagged_named_and_taken_once() -> Result<()> {
    let sandbox = with_database()?;
    let run = sandbox.sh(&format!("rds snapshot {IDENTITY} --name before-upgrade"))?;
    let document = run.succeeds().makes(1, "rds.CreateDBSnapshot").document();
    assert_eq!(document["rds"]["mysql"]["latest_snapshot"], "before-upgrade");
    let snapshot = sandbox.one("db-snapshot", "before-upgrade")?;
    assert_eq!(snapshot["Status"], "available");
    for (key, value) in [("Project", "expense"), ("Environment", "dev"), ("ManagedBy", "stackpipe")] {
        assert_eq!(tag(&snapshot, key).as_deref(), Some(value));
    }
    sandbox.sh(&format!("rds snapshot {IDENTITY} --name before-upgrade"))?.succeeds();
    assert_eq!(snapshots(&sandbox), ["before-upgrade"]);
    let run = sandbox.sh(&format!("rds show {IDENTITY} | rds snapshot"))?;
    let name = run.succeeds().document()["rds"]["mysql"]["latest_snapshot"].clone();
    assert!(name.as_str().is_some_and(|name| name.starts_with("expense-dev-mysql-20")), "{name}");
    is_refused(&sandbox.sh(&format!("rds snapshot cache {IDENTITY}"))?, 69).says("expense-dev-cache");
    // Somebody else's snapshot of the name is a conflict.
    sandbox.behind(
        "rds.CreateDBSnapshot",
        json!({"DBInstanceIdentifier": INSTANCE, "DBSnapshotIdentifier": "theirs"}),
    )?;
    sandbox.aws.skip(600.0);
    let arn =
        sandbox.all("db-snapshot", "").into_iter().find(|(_, it)| it["DBSnapshotIdentifier"] == "theirs");
    let keys = ["Project", "Environment", "Component", "Name", "ManagedBy"];
    let arn = arn.context("no snapshot")?.0;
    sandbox.behind("rds.RemoveTagsFromResource", json!({"ResourceName": arn, "TagKeys": keys}))?;
    let run = sandbox.sh(&format!("rds snapshot {IDENTITY} --name theirs"))?;
    run.ends_with(73).says_one_error().says("not tagged as ours").writes_nothing();
    Ok(())
}

#[test]
fn a_state_it_will_not_leave_ends_the_wait_with_awss_word() -> Result<()> {
    let sandbox = with_database()?;
    let set = |status: &str| {
        sandbox.behind("rds.SetStatus", json!({"DBInstanceIdentifier": INSTANCE, "Status": status}))
    };
    for status in ["incompatible-network", "incompatible-parameters", "failed", "storage-full"] {
        set(status)?;
        for line in [CREATE, "rds show --wait --project expense --env dev"] {
            let run = sandbox.sh(line)?;
            run.ends_with(1).says_one_error().writes_nothing().says(&format!("AWS says {status}"));
        }
        sandbox.sh(&format!("rds show {IDENTITY}"))?.succeeds();
    }
    // More storage is the way out of a full one.
    sandbox.aws.skip(7.0 * 3600.0);
    set("storage-full")?;
    sandbox.sh(&format!("{CREATE} --storage 50"))?.succeeds();
    assert_eq!(instance(&sandbox)?["AllocatedStorage"], "50");
    Ok(())
}

#[test]
fn the_secret_holds_the_user_and_password_that_work_and_says_where() -> Result<()> {
    let sandbox = with_network()?;
    let document = sandbox.sh(&format!("{CREATE} --username boss --db-name ledger"))?.succeeds().document();
    let held = logs_in(&sandbox, INSTANCE, SECRET)?;
    assert_eq!(held["username"], "boss");
    assert_eq!(held["dbname"], "ledger");
    assert_eq!(held["engine"], "mysql");
    assert_eq!(held["host"], document["rds"]["mysql"]["endpoint"]["address"]);
    assert_eq!(held["port"], 3306);
    let password = held["password"].as_str().unwrap_or_default();
    assert!(
        password.len() == 32 && password.bytes().all(|b| b.is_ascii_alphanumeric()),
        "not so: {password}"
    );
    let (arn, _) = &sandbox.all("secret", SECRET)[0];
    assert_eq!(document["rds"]["mysql"]["secret_arn"], arn.as_str());
    sandbox.sh(CREATE)?.succeeds().changes_nothing();
    sandbox.sh(&format!("{CREATE} --reset-password"))?.succeeds();
    let renewed = logs_in(&sandbox, INSTANCE, SECRET)?;
    assert_ne!(renewed["password"], held["password"]);
    assert_eq!(renewed["host"], held["host"]);
    let wrong = json!({"DBInstanceIdentifier": INSTANCE, "UserName": "boss", "Password": held["password"]});
    assert!(sandbox.behind("rds.LogIn", wrong).is_err(), "the old password still works");
    Ok(())
}

#[test]
fn a_create_that_was_killed_ends_with_a_password_that_works() -> Result<()> {
    for call in ["secretsmanager.CreateSecret", "rds.CreateDBInstance", "secretsmanager.PutSecretValue"] {
        let sandbox = with_network()?;
        sandbox.aws.add_faults(&[&format!("kill@{call}")])?;
        sandbox.sh(CREATE)?.ends_with(KILLED);
        sandbox.aws.clear_faults();
        sandbox.sh(CREATE)?.succeeds();
        logs_in(&sandbox, INSTANCE, SECRET).with_context(|| format!("killed at {call}"))?;
    }
    Ok(())
}

#[test]
fn a_secret_that_is_not_ours_is_a_conflict_and_stays_as_it_is() -> Result<()> {
    let sandbox = with_network()?;
    sandbox
        .behind("secretsmanager.CreateSecret", json!({"Name": SECRET, "SecretString": "{\"theirs\":1}"}))?;
    is_refused(&sandbox.sh(CREATE)?, 73).says(&format!("secret {SECRET} exists and is not tagged as ours"));
    assert_eq!(sandbox.secret(SECRET)?, json!({"theirs": 1}));
    sandbox.sh(DELETE)?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn a_secret_that_is_gone_is_a_conflict_until_a_new_password_is_asked_for() -> Result<()> {
    let sandbox = with_database()?;
    sandbox.behind(
        "secretsmanager.DeleteSecret",
        json!({"SecretId": SECRET, "ForceDeleteWithoutRecovery": "true"}),
    )?;
    is_refused(&sandbox.sh(CREATE)?, 73).says("nobody knows its master password").says("--reset-password");
    sandbox.sh(&format!("{CREATE} --reset-password"))?.succeeds();
    logs_in(&sandbox, INSTANCE, SECRET).map(|_| ())
}

#[test]
fn a_secret_from_an_earlier_delete_is_taken_back_with_its_password() -> Result<()> {
    let sandbox = with_database()?;
    let before = sandbox.secret(SECRET)?;
    sandbox.sh(DELETE)?.succeeds();
    assert!(sandbox.secret(SECRET).is_err(), "it is on its way out");
    sandbox.sh(CREATE)?.succeeds().makes(1, "secretsmanager.RestoreSecret");
    let held = logs_in(&sandbox, INSTANCE, SECRET)?;
    assert_eq!(held["password"], before["password"]);
    Ok(())
}

#[test]
fn an_instance_of_the_name_that_is_not_ours_is_a_conflict() -> Result<()> {
    let sandbox = with_database()?;
    let arn = instance(&sandbox)?["DBInstanceArn"].clone();
    sandbox.behind("rds.RemoveTagsFromResource", json!({"ResourceName": arn, "TagKeys": ["ManagedBy"]}))?;
    for line in [CREATE, DELETE, "rds snapshot --project expense --env dev"] {
        is_refused(&sandbox.sh(line)?, 73)
            .says(&format!("DB instance {INSTANCE} exists and is not tagged as ours"));
    }
    is_refused(&sandbox.sh(&format!("rds show {IDENTITY} mysql"))?, 73);
    Ok(())
}

#[test]
fn two_databases_stand_side_by_side() -> Result<()> {
    let sandbox = with_network()?;
    let line = format!("rds create {IDENTITY} | rds create reports --class db.t4g.small");
    let document = sandbox.sh(&line)?.succeeds().document();
    let databases = document["rds"].as_object().context("no section")?;
    assert_eq!(databases.keys().collect::<Vec<_>>(), ["mysql", "reports"]);
    for name in ["mysql", "reports"] {
        logs_in(&sandbox, &format!("expense-dev-{name}"), &format!("expense-dev-{name}-master"))?;
    }
    assert_ne!(
        sandbox.secret(SECRET)?["password"],
        sandbox.secret("expense-dev-reports-master")?["password"]
    );
    assert_eq!(sandbox.sh(&format!("rds show {IDENTITY}"))?.succeeds().document()["rds"], document["rds"]);
    let one = sandbox.sh(&format!("rds show reports {IDENTITY}"))?;
    assert_eq!(one.succeeds().document()["rds"].as_object().map(serde_json::Map::len), Some(1));
    is_refused(&sandbox.sh(DELETE)?, 2).says("mysql, reports");
    let run = sandbox.sh(&format!("rds show {IDENTITY} | rds delete reports --skip-final-snapshot"))?;
    let left = run.succeeds().document();
    assert!(left["rds"].get("reports").is_none() && left["rds"]["mysql"].is_object());
    sandbox.sh(CREATE)?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn no_wait_ends_at_once_and_show_wait_gives_the_endpoint() -> Result<()> {
    let sandbox = with_network()?;
    let line = format!("rds create --no-wait {IDENTITY} > early; rds show --wait < early");
    let run = sandbox.sh(&line)?;
    let document = run.succeeds().document();
    let early: Json = serde_json::from_str(&std::fs::read_to_string(sandbox.home().join("early"))?)?;
    assert!(early["rds"]["mysql"]["id"].is_string() && early["rds"]["mysql"]["secret_arn"].is_string());
    assert!(early["rds"]["mysql"].get("endpoint").is_none(), "{early:#}");
    assert!(document["rds"]["mysql"]["endpoint"]["address"].is_string());
    assert_eq!(instance(&sandbox)?["DBInstanceStatus"], "available");
    sandbox.sh(CREATE)?.succeeds();
    assert!(logs_in(&sandbox, INSTANCE, SECRET)?["host"].is_string());
    Ok(())
}

#[test]
fn a_create_that_meets_a_deletion_waits_for_its_end_and_makes_it_anew() -> Result<()> {
    let sandbox = with_database()?;
    sandbox.behind(
        "rds.DeleteDBInstance",
        json!({"DBInstanceIdentifier": INSTANCE, "SkipFinalSnapshot": "true"}),
    )?;
    let run = sandbox.sh(CREATE)?;
    run.succeeds().makes(1, "rds.CreateDBInstance");
    logs_in(&sandbox, INSTANCE, SECRET)?;
    // And a delete that meets a create waits until it can be deleted.
    let other = with_network()?;
    let mut creating = other.start(CREATE)?;
    until("the instance", || !other.all("db-instance", "").is_empty());
    other.sh(&format!("{DELETE} --skip-final-snapshot"))?.succeeds();
    // It would wait a minute to be sure that the instance is not just hidden.
    creating.kill()?;
    creating.wait()?;
    assert!(other.all("db-instance", "").is_empty());
    Ok(())
}

#[test]
fn an_instance_with_replicas_is_not_deleted_and_they_are_named() -> Result<()> {
    let sandbox = with_database()?;
    sandbox.behind(
        "rds.CreateDBInstanceReadReplica",
        json!({"DBInstanceIdentifier": "their-replica", "SourceDBInstanceIdentifier": INSTANCE}),
    )?;
    is_refused(&sandbox.sh(DELETE)?, 73).says("has the replicas their-replica");
    Ok(())
}
