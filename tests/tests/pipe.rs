//! The pipe from end to end: what it makes, that it makes it once, that it takes it all down, and that a failure stops it.

use anyhow::Result;
use serde_json::Value as Json;
use tests::harness::{CREATE, DELETE, Sandbox, assert_same_environment};

const IDENTITY: &str = "--project expense --env dev";

#[test]
fn the_pipe_makes_network_security_groups_and_database() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let run = sandbox.sh(CREATE)?;
    let document = run.succeeds().document();
    for path in [
        "/vpc/id",
        "/vpc/subnets/public/1/id",
        "/vpc/subnets/private/1/id",
        "/vpc/subnets/database/1/id",
        "/vpc/internet_gateway/id",
        "/vpc/nat_gateways/0/id",
        "/vpc/s3_endpoint/id",
        "/sg/mysql/id",
        "/sg/web-alb/id",
        "/rds/mysql/endpoint/address",
        "/rds/mysql/secret_arn",
    ] {
        assert!(document.pointer(path).is_some_and(Json::is_string), "{path} in {document:#}");
    }
    let cidrs: Vec<&str> = ["public", "private", "database"]
        .iter()
        .flat_map(|tier| document["vpc"]["subnets"][tier].as_array().into_iter().flatten())
        .filter_map(|subnet| subnet["cidr_block"].as_str())
        .collect();
    let wanted =
        ["10.0.1.0/24", "10.0.2.0/24", "10.0.11.0/24", "10.0.12.0/24", "10.0.21.0/24", "10.0.22.0/24"];
    assert_eq!(cidrs, wanted);
    assert_eq!(document["sg"].as_object().map(serde_json::Map::len), Some(8));
    let keys: Vec<&str> =
        document.as_object().into_iter().flat_map(|it| it.keys().map(String::as_str)).collect();
    assert_eq!(keys, ["version", "project", "environment", "region", "account", "vpc", "sg", "rds"]);
    Ok(())
}

#[test]
fn creating_twice_is_creating_once() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let first = sandbox.sh(CREATE)?;
    first.succeeds();
    let environment = sandbox.environment();
    let second = sandbox.sh(CREATE)?;
    second.succeeds().changes_nothing();
    assert_same_environment(&sandbox.environment(), &environment, "after a second run");
    assert_eq!(second.document(), first.document());
    Ok(())
}

#[test]
fn everything_made_is_tagged() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let before = sandbox.resources();
    sandbox.sh(&CREATE.replace("--env dev", "--env dev --tag Owner=ada"))?.succeeds();
    let after = sandbox.resources();
    let mut untagged = Vec::new();
    for (kind, resources) in after.as_object().into_iter().flatten() {
        for (id, resource) in resources.as_object().into_iter().flatten() {
            if before[kind].get(id).is_none() && made_by_us(kind) && !is_tagged(resource) {
                untagged.push(format!("{kind} {id}: {resource}"));
            }
        }
    }
    assert!(untagged.is_empty(), "untagged:\n{}", untagged.join("\n"));
    Ok(())
}

/// What AWS makes by itself along with a VPC, a NAT gateway or a database carries no tags of ours.
fn made_by_us(kind: &str) -> bool {
    !matches!(kind, "network-interface" | "network-acl" | "dhcp-options" | "volume" | "db-snapshot")
}

fn is_tagged(resource: &Json) -> bool {
    let text = resource.to_string();
    // The default group, the main route table and a group's own egress rule come with the VPC and the group.
    let by_aws = text.contains("default VPC security group")
        || text.contains("\"main\":true")
        || text.contains("\"main\":\"true\"")
        || text.contains("\"isEgress\":\"true\"")
        || text.contains("\"isEgress\":true")
        // The default group admits itself.
        || (resource["ipProtocol"] == "-1" && resource["groupId"] == resource["referencedGroupInfo"]["groupId"]);
    by_aws
        || ["Project", "Environment", "Component", "Name", "ManagedBy", "Owner"]
            .iter()
            .all(|key| text.contains(key))
}

#[test]
fn create_then_delete_leaves_exactly_what_was_there_before() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let before = sandbox.environment();
    sandbox.sh(CREATE)?.succeeds();
    let run = sandbox.sh(DELETE)?;
    let document = run.succeeds().document();
    for section in ["vpc", "sg", "rds"] {
        assert!(document.get(section).is_none(), "{document:#}");
    }
    assert_same_environment(&sandbox.environment(), &before, "after create and delete");
    sandbox.sh(DELETE)?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn a_failure_anywhere_stops_the_pipe_with_no_write_after_it() -> Result<()> {
    for (refused, never) in [
        ("ec2.CreateVpc", ["ec2.CreateSecurityGroup", "rds.CreateDBInstance"]),
        ("ec2.CreateSubnet", ["ec2.CreateSecurityGroup", "rds.CreateDBInstance"]),
        ("ec2.CreateSecurityGroup", ["rds.CreateDBInstance", "rds.CreateDBSubnetGroup"]),
    ] {
        let sandbox = Sandbox::new()?;
        sandbox.aws.add_faults(&[&format!("error:1000@{refused}")])?;
        sandbox.set("AWS_MAX_ATTEMPTS", Some("2"));
        let run = sandbox.sh(CREATE)?;
        run.writes_nothing().says("hint: ");
        assert_ne!(run.status(), Some(0));
        for call in never {
            assert_eq!(run.count(call), 0, "{call} after {refused} failed");
        }
        sandbox.aws.clear_faults();
        sandbox.sh(CREATE)?.succeeds();
    }
    Ok(())
}

#[test]
fn every_command_works_without_a_pipe() -> Result<()> {
    let piped = Sandbox::new()?;
    piped.sh(CREATE)?.succeeds();
    let alone = Sandbox::new()?;
    for command in ["vpc create", "sg create --admin-cidr 203.0.113.0/24", "rds create"] {
        alone.sh(&format!("{command} {IDENTITY}"))?.succeeds();
    }
    assert_same_environment(&alone.environment(), &piped.environment(), "made one by one");
    for command in ["vpc show", "sg show", "rds show"] {
        alone.sh(&format!("{command} {IDENTITY}"))?.succeeds().changes_nothing();
    }
    for command in ["rds delete --skip-final-snapshot", "sg delete", "vpc delete"] {
        alone.sh(&format!("{command} {IDENTITY}"))?.succeeds();
    }
    Ok(())
}

#[test]
fn what_is_missing_is_named_with_the_command_to_run_first() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox
        .sh(&format!("sg create {IDENTITY}"))?
        .ends_with(69)
        .says("vpc create")
        .writes_nothing()
        .changes_nothing();
    sandbox
        .sh(&format!("rds create {IDENTITY}"))?
        .ends_with(69)
        .says("create")
        .writes_nothing()
        .changes_nothing();
    for command in ["vpc show", "sg show", "rds show"] {
        sandbox.sh(&format!("{command} {IDENTITY}"))?.ends_with(69).writes_nothing();
    }
    for command in ["rds delete", "sg delete", "vpc delete"] {
        sandbox.sh(&format!("{command} {IDENTITY}"))?.succeeds().changes_nothing();
    }
    Ok(())
}

#[test]
fn a_dry_run_writes_nothing_to_aws_and_makes_the_rest_of_the_pipe_plan() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let run = sandbox.sh(&CREATE.replace("--env dev", "--env dev --dry-run"))?;
    let document = run
        .succeeds()
        .changes_nothing()
        .says("vpc: would make")
        .says("sg: would make")
        .says("rds: would make")
        .document();
    assert_eq!(document["planned"], true);
    assert_eq!(document["vpc"]["cidr_block"], "10.0.0.0/16");
    assert!(document["vpc"].get("id").is_none());
    assert!(document["rds"]["mysql"].is_object());
    sandbox.sh(CREATE)?.succeeds();
    let again = sandbox.sh(&CREATE.replace("--env dev", "--env dev --dry-run"))?;
    again.succeeds().changes_nothing();
    assert!(!again.stderr.contains("would"), "{}", again.stderr);
    let down = sandbox.sh(&DELETE.replace("--env dev", "--env dev --dry-run"))?;
    down.succeeds()
        .changes_nothing()
        .says("vpc: would delete")
        .says("sg: would delete")
        .says("rds: would delete");
    Ok(())
}

#[test]
fn the_next_command_starts_before_the_nat_gateway_is_ready() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let run = sandbox.sh(CREATE)?;
    run.succeeds();
    let end = |name: &str| run.calls.iter().filter(|call| call.name() == name).map(|call| call.end).max();
    let first = |name: &str| run.calls.iter().filter(|call| call.name() == name).map(|call| call.start).min();
    // The route to the NAT gateway can only be made once it is available; the groups need not wait for that.
    assert!(first("ec2.CreateSecurityGroup") < end("ec2.CreateRoute"), "{:?}", run.calls);
    Ok(())
}

#[test]
fn production_is_deleted_only_when_it_is_named() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let identity = "--project expense --env prod";
    sandbox.sh(&CREATE.replace("--env dev", "--env prod"))?.succeeds();
    for command in ["rds delete", "sg delete", "vpc delete"] {
        sandbox
            .sh(&format!("{command} {identity}"))?
            .ends_with(2)
            .says("--confirm expense-prod")
            .changes_nothing();
        sandbox.sh(&format!("{command} {identity} --confirm expense-dev"))?.ends_with(2).changes_nothing();
    }
    for command in ["rds delete --skip-final-snapshot", "sg delete", "vpc delete"] {
        sandbox.sh(&format!("{command} {identity} --confirm expense-prod"))?.succeeds();
    }
    Ok(())
}

#[test]
fn delete_touches_only_what_carries_our_tags() -> Result<()> {
    let sandbox = Sandbox::new()?;
    sandbox.sh(&CREATE.replace("--env dev", "--env test"))?.succeeds();
    let other = sandbox.environment();
    sandbox.sh(&CREATE.replace("10.0", "10.1"))?.succeeds();
    sandbox.sh(DELETE)?.succeeds();
    assert_same_environment(&sandbox.environment(), &other, "after deleting dev beside test");
    Ok(())
}
