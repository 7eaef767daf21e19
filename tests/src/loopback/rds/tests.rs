//! What RDS promises, by calls as a client makes them but for the wire.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::loopback::{Options, Server};

const REGION: &str = "us-east-1";

/// An account, and how much faster than AWS it is.
struct Account {
    server: Server,
    scale: f64,
}

fn account(scale: f64) -> Account {
    let options = Options { time_scale: scale, seed: Some(1), ..Options::default() };
    Account { server: Server::start(&options).unwrap(), scale }
}

/// The parameters of an instance, with others beside or instead.
fn instance(name: &str, others: &Json) -> Json {
    let mut params = json!({
        "DBInstanceIdentifier": name, "DBInstanceClass": "db.t4g.micro", "Engine": "mysql", "AllocatedStorage": "20",
        "MasterUsername": "admin", "MasterUserPassword": "password123",
    });
    for (key, value) in others.as_object().into_iter().flatten() {
        params[key] = value.clone();
    }
    params
}

impl Account {
    fn call(&self, action: &str, params: &Json) -> Result<Json, String> {
        self.server.drift(REGION, "rds", action, params.clone()).map_err(|error| error.code)
    }

    fn create(&self, name: &str, others: &Json) -> Result<Json, String> {
        self.call("CreateDBInstance", &instance(name, others)).map(|answer| answer["DBInstance"].clone())
    }

    fn modify(&self, name: &str, others: &Json) -> Result<Json, String> {
        let mut params = others.clone();
        params["DBInstanceIdentifier"] = json!(name);
        self.call("ModifyDBInstance", &params).map(|answer| answer["DBInstance"].clone())
    }

    fn delete(&self, name: &str, others: &Json) -> Result<Json, String> {
        let mut params = others.clone();
        params["DBInstanceIdentifier"] = json!(name);
        self.call("DeleteDBInstance", &params).map(|answer| answer["DBInstance"].clone())
    }

    fn describe(&self, name: &str) -> Result<Json, String> {
        let answer = self.call("DescribeDBInstances", &json!({"DBInstanceIdentifier": name}))?;
        Ok(answer["DBInstances"][0].clone())
    }

    /// The statuses, and codes, that an instance passes through until it has been in one for longer than AWS dithers.
    fn passes(&self, name: &str, last: &str) -> Vec<String> {
        let mut seen: Vec<String> = Vec::new();
        let (end, mut since) = (Instant::now() + Duration::from_secs(20), Instant::now());
        let stays = Duration::from_secs_f64(40.0 / self.scale);
        while Instant::now() < end {
            let found = self.describe(name);
            let status = found
                .map_or_else(|code| code, |found| found["DBInstanceStatus"].as_str().unwrap().to_owned());
            if seen.last() != Some(&status) {
                seen.push(status);
                since = Instant::now();
            }
            if seen.last().is_some_and(|status| status == last) && since.elapsed() > stays {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        seen
    }

    fn interfaces(&self) -> usize {
        let filter = json!({"Filter": [{"Name": "description", "Value": ["RDSNetworkInterface"]}]});
        let answer = self.server.drift(REGION, "ec2", "DescribeNetworkInterfaces", filter).unwrap();
        answer["networkInterfaceSet"].as_array().unwrap().len()
    }
}

#[test]
fn an_instance_is_available_for_a_moment_before_it_is_available() {
    let account = account(150.0);
    let made = account.create("Expense-Dev", &json!({})).unwrap();
    assert_eq!((&made["DBInstanceIdentifier"], &made["Endpoint"]), (&json!("expense-dev"), &Json::Null));
    let seen = account.passes("expense-dev", "available");
    assert_eq!(seen, ["creating", "available", "modifying", "backing-up", "available"]);
    let found = account.describe("EXPENSE-DEV").unwrap();
    assert_eq!(found["Endpoint"]["Port"], "3306");
    assert!(found["LatestRestorableTime"].is_string());
}

#[test]
fn creating_is_refused_as_aws_refuses_it() {
    let account = account(1.0);
    for (others, code) in [
        (json!({"DBInstanceIdentifier": "1-bad--x"}), "InvalidParameterValue"),
        (json!({"EngineVersion": "8.0.99"}), "InvalidParameterCombination"),
        (json!({"DBInstanceClass": "db.m3.medium"}), "InvalidParameterCombination"),
        (json!({"DBInstanceClass": "db.none"}), "InvalidParameterValue"),
        (json!({"AllocatedStorage": "10"}), "InvalidParameterValue"),
        (json!({"Iops": "3000", "StorageType": "gp3"}), "InvalidParameterCombination"),
        (json!({"MaxAllocatedStorage": "21"}), "InvalidParameterCombination"),
        (json!({"BackupRetentionPeriod": "36"}), "InvalidParameterValue"),
        (json!({"MasterUsername": "rdsadmin"}), "InvalidParameterValue"),
        (json!({"MasterUserPassword": "with space"}), "InvalidParameterValue"),
        (json!({"ManageMasterUserPassword": "true"}), "InvalidParameterCombination"),
        (json!({"DBName": "a-b"}), "InvalidParameterValue"),
        (json!({"DBSubnetGroupName": "none"}), "DBSubnetGroupNotFoundFault"),
        (json!({"DBParameterGroupName": "none"}), "DBParameterGroupNotFound"),
        (json!({"OptionGroupName": "none"}), "OptionGroupNotFoundFault"),
        (json!({"VpcSecurityGroupIds": ["sg-0123456789abcdef0"]}), "InvalidParameterValue"),
    ] {
        assert_eq!(account.create("refused", &others), Err(code.to_owned()), "{others}");
    }
    assert_eq!(account.interfaces(), 0, "what is refused leaves nothing behind");
    account.create("taken", &json!({})).unwrap();
    assert_eq!(account.create("TAKEN", &json!({})), Err("DBInstanceAlreadyExists".to_owned()));
}

#[test]
fn a_protected_instance_is_deleted_only_once_it_is_not() {
    let account = account(2000.0);
    account.create("x", &json!({"DeletionProtection": "true", "BackupRetentionPeriod": "0"})).unwrap();
    account.passes("x", "available");
    let delete = |others: &Json| account.delete("x", others).map(|_| ());
    let refused = Err("InvalidParameterCombination".to_owned());
    assert_eq!(delete(&json!({"SkipFinalSnapshot": "true"})), refused);
    account.modify("x", &json!({"DeletionProtection": "false"})).unwrap();
    assert_eq!(delete(&json!({})), refused, "neither a last snapshot nor none");
    delete(&json!({"FinalDBSnapshotIdentifier": "last"})).unwrap();
    assert_eq!(delete(&json!({"SkipFinalSnapshot": "true"})), Err("InvalidDBInstanceState".to_owned()));
    assert_eq!(account.passes("x", "DBInstanceNotFound").last().unwrap(), "DBInstanceNotFound");
    let snapshots = account.call("DescribeDBSnapshots", &json!({})).unwrap();
    assert_eq!(snapshots["DBSnapshots"][0]["DBSnapshotIdentifier"], "last");
}

#[test]
fn interfaces_outlive_their_instance() {
    let account = account(400.0);
    account.create("x", &json!({"MultiAZ": "true"})).unwrap();
    assert_eq!(account.interfaces(), 2, "they are there from the start, and the standby's too");
    account.delete("x", &json!({"SkipFinalSnapshot": "true"})).unwrap();
    let end = Instant::now() + Duration::from_secs(10);
    while account.describe("x").is_ok() && Instant::now() < end {}
    assert_eq!(account.interfaces(), 2);
    while account.interfaces() > 0 && Instant::now() < end {}
    assert_eq!(account.interfaces(), 0);
}

#[test]
fn storage_that_aws_has_grown_does_not_shrink() {
    let account = account(2000.0);
    account.create("x", &json!({"MaxAllocatedStorage": "100"})).unwrap();
    account.passes("x", "available");
    account.call("GrowStorage", &json!({"DBInstanceIdentifier": "x", "AllocatedStorage": "40"})).unwrap();
    let found = account.describe("x").unwrap();
    assert_eq!(
        (&found["AllocatedStorage"], &found["DBInstanceStatus"]),
        (&json!("40"), &json!("storage-optimization"))
    );
    let modify = |size: &str| {
        let params =
            json!({"DBInstanceIdentifier": "x", "AllocatedStorage": size, "MaxAllocatedStorage": "100"});
        account.call("ModifyDBInstance", &params).map(|_| ())
    };
    assert_eq!(modify("20"), Err("InvalidParameterCombination".to_owned()));
    assert_eq!(modify("60"), Err("InvalidParameterCombination".to_owned()), "not again within six hours");
    assert_eq!(modify("40"), Ok(()), "what it has already is no change");
    account
        .call("SetStatus", &json!({"DBInstanceIdentifier": "x", "Status": "incompatible-network"}))
        .unwrap();
    assert_eq!(account.describe("x").unwrap()["DBInstanceStatus"], "incompatible-network");
}

#[test]
fn a_change_waits_for_its_moment_and_is_pending_until_then() {
    let account = account(1000.0);
    account.create("x", &json!({"BackupRetentionPeriod": "0"})).unwrap();
    account.passes("x", "available");
    let params =
        json!({"DBInstanceIdentifier": "x", "DBInstanceClass": "db.t4g.small", "CopyTagsToSnapshot": "true"});
    let waits = account.call("ModifyDBInstance", &params).unwrap()["DBInstance"].clone();
    assert_eq!(waits["PendingModifiedValues"], json!({"DBInstanceClass": "db.t4g.small"}));
    assert_eq!(
        (&waits["DBInstanceClass"], &waits["CopyTagsToSnapshot"]),
        (&json!("db.t4g.micro"), &json!("true"))
    );
    account
        .call("ModifyDBInstance", &json!({"DBInstanceIdentifier": "x", "ApplyImmediately": "true"}))
        .unwrap();
    assert_eq!(account.passes("x", "available")[..2], ["available", "modifying"]);
    account.passes("x", "available");
    let done = account.describe("x").unwrap();
    assert_eq!(
        (&done["DBInstanceClass"], &done["PendingModifiedValues"]),
        (&json!("db.t4g.small"), &json!({}))
    );
}

#[test]
fn deleting_a_source_makes_its_replicas_instances_of_their_own() {
    let account = account(2000.0);
    account.create("x", &json!({"BackupRetentionPeriod": "0"})).unwrap();
    account.passes("x", "available");
    let replicate = || {
        let params = json!({"DBInstanceIdentifier": "r", "SourceDBInstanceIdentifier": "x"});
        account.call("CreateDBInstanceReadReplica", &params).map(|_| ())
    };
    assert_eq!(replicate(), Err("InvalidDBInstanceState".to_owned()), "a source has backups");
    let modify =
        json!({"DBInstanceIdentifier": "x", "BackupRetentionPeriod": "7", "ApplyImmediately": "true"});
    account.call("ModifyDBInstance", &modify).unwrap();
    account.passes("x", "available");
    replicate().unwrap();
    assert_eq!(account.describe("x").unwrap()["ReadReplicaDBInstanceIdentifiers"], json!(["r"]));
    account.delete("x", &json!({"SkipFinalSnapshot": "true"})).unwrap();
    assert_eq!(account.describe("r").unwrap()["ReadReplicaSourceDBInstanceIdentifier"], Json::Null);
}
