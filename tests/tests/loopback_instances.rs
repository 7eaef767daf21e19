//! The instances, images, key pairs and launch templates of the loopback AWS.

#![allow(clippy::unwrap_used)]

mod account;

use std::time::Duration;

use account::Account;
use serde_json::{Value as Json, json};
use tests::loopback::Conditions;

#[test]
fn an_instance_passes_through_its_states_and_leaves_nothing() {
    let account = Account::new(500.0);
    let before = account.server.normalised("us-east-1");
    let id = account.run(json!({}));
    assert_eq!(account.until(&id, "running"), ["pending", "running"]);
    account.call("StopInstances", json!({"InstanceId": [id]}));
    assert_eq!(account.until(&id, "stopped"), ["stopping", "stopped"]);
    assert_eq!(account.instance(&id)["ipAddress"], Json::Null, "a stopped one has no address lent to it");
    account.call("StartInstances", json!({"InstanceId": [id]}));
    assert_eq!(account.until(&id, "running"), ["pending", "running"]);
    assert_ne!(account.instance(&id)["ipAddress"], Json::Null);
    account.call("TerminateInstances", json!({"InstanceId": [id]}));
    assert_eq!(account.until(&id, "terminated"), ["shutting-down", "terminated"]);
    assert_eq!(account.instance(&id)["subnetId"], Json::Null);
    assert_eq!(account.server.normalised("us-east-1"), before, "interface, volume or address are left");
}

#[test]
fn a_token_means_its_launch_until_a_day_after_its_end() {
    // A day passes in 0.9 s, an hour in 36 ms.
    let account = Account::new(100_000.0);
    let launch = || account.run(json!({"ClientToken": "t"}));
    let id = launch();
    assert_eq!(launch(), id);
    let other = account.launch(json!({"ClientToken": "t", "InstanceType": "t3.small"}));
    assert_eq!(account.code("RunInstances", other), "IdempotentParameterMismatch");
    account.call("TerminateInstances", json!({"InstanceId": [id]}));
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(account.code("DescribeInstances", json!({"InstanceId": [id]})), "InvalidInstanceID.NotFound");
    assert_eq!(launch(), id, "long gone from sight, it still answers for its token");
    std::thread::sleep(Duration::from_millis(800));
    assert_ne!(launch(), id);
}

#[test]
fn what_cannot_be_launched_is_refused_as_aws_refuses_it() {
    let account = Account::new(1000.0);
    let arm = account.image_named("amazon", "al2023-ami-2023*arm64");
    let appliance = account.image_named("679593333241", "OpenVPN Access Server Community Image*");
    let data = "A".repeat(4 * (16 * 1024 / 3 + 1));
    for (more, code) in [
        (json!({"InstanceType": "t9.huge"}), "InvalidParameterValue"),
        (json!({"InstanceType": null}), "InvalidParameterCombination"),
        (json!({"ImageId": arm}), "InvalidParameterValue"),
        (json!({"ImageId": "ami-0123456789abcdef0"}), "InvalidAMIID.NotFound"),
        (json!({"ImageId": appliance}), "OptInRequired"),
        (json!({"KeyName": "none"}), "InvalidKeyPair.NotFound"),
        (json!({"UserData": data}), "InvalidParameterValue"),
        (json!({"MinCount": 0}), "InvalidParameterValue"),
        (json!({"MinCount": 40, "MaxCount": 40}), "VcpuLimitExceeded"),
        (json!({"SubnetId": null, "Placement": {"AvailabilityZone": "us-east-1e"}}), "Unsupported"),
        (json!({"DryRun": true}), "DryRunOperation"),
    ] {
        assert_eq!(account.code("RunInstances", account.launch(more.clone())), code, "{more}");
    }
    let zone = account.call("DescribeSubnets", json!({"SubnetId": [account.subnet]}))["subnetSet"][0].clone();
    let no_capacity = vec![zone["availabilityZone"].as_str().unwrap().to_owned()];
    account.server.set_conditions(Conditions { no_capacity, ..Conditions::default() });
    let refused =
        account.server.drift("us-east-1", "ec2", "RunInstances", account.launch(json!({}))).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.status), ("InsufficientInstanceCapacity", 500));
    assert!(account.call("DescribeInstances", json!({}))["reservationSet"].as_array().unwrap().is_empty());
}

#[test]
fn an_image_holds_its_snapshots_and_may_fail() {
    let account = Account::new(2000.0);
    let id = account.run(json!({}));
    let make = |name: &str| {
        let made = account.call("CreateImage", json!({"InstanceId": id, "Name": name}));
        made["imageId"].as_str().unwrap().to_owned()
    };
    let image = |id: &str| account.call("DescribeImages", json!({"ImageId": [id]}))["imagesSet"][0].clone();
    assert_eq!(
        account.code("CreateImage", json!({"InstanceId": id, "Name": "early"})),
        "InvalidParameterValue"
    );
    account.until(&id, "running");
    let good = make("good");
    assert_eq!(image(&good)["imageState"], "pending");
    assert_eq!(
        account.code("CreateImage", json!({"InstanceId": id, "Name": "good"})),
        "InvalidAMIName.Duplicate"
    );
    account
        .server
        .set_conditions(Conditions { image_fails: Some("No.".to_owned()), ..Conditions::default() });
    let bad = make("bad");
    std::thread::sleep(Duration::from_millis(150));
    assert_eq!(image(&good)["imageState"], "available");
    assert_eq!(image(&bad)["stateReason"]["message"], "No.");
    let snapshot = image(&good)["blockDeviceMapping"][0]["ebs"]["snapshotId"].clone();
    assert_eq!(account.code("DeleteSnapshot", json!({"SnapshotId": snapshot})), "InvalidSnapshot.InUse");
    account.call("DeregisterImage", json!({"ImageId": good, "DeleteAssociatedSnapshots": true}));
    assert_eq!(account.code("DeleteSnapshot", json!({"SnapshotId": snapshot})), "InvalidSnapshot.NotFound");
    assert_eq!(account.code("DescribeImages", json!({"ImageId": [good]})), "InvalidAMIID.NotFound");
}

#[test]
fn a_launch_takes_from_its_template_what_it_does_not_say_itself() {
    let account = Account::new(1000.0);
    let tags = |value: &str| json!([{"ResourceType": "instance", "Tag": [{"Key": "From", "Value": value}]}]);
    let data =
        json!({"ImageId": account.image, "InstanceType": "t3.small", "TagSpecification": tags("template")});
    account.call("CreateLaunchTemplate", json!({"LaunchTemplateName": "web", "LaunchTemplateData": data}));
    let source = json!({"LaunchTemplateName": "web", "SourceVersion": "1", "LaunchTemplateData": {"InstanceType": "t3.nano"}});
    account.call("CreateLaunchTemplateVersion", source);
    let launch = |version: &str, more: Json| {
        let mut params = json!({
            "LaunchTemplate": {"LaunchTemplateName": "web", "Version": version}, "MinCount": 1, "MaxCount": 1
        });
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        account.call("RunInstances", params)["instancesSet"][0].clone()
    };
    assert_eq!(launch("$Default", json!({}))["instanceType"], "t3.small");
    let newest = launch("$Latest", json!({"TagSpecification": tags("launch")}));
    assert_eq!(newest["instanceType"], "t3.nano");
    let tags = newest["tagSet"].as_array().unwrap();
    assert!(tags.contains(&json!({"key": "From", "value": "launch"})), "{tags:?}");
    assert!(tags.contains(&json!({"key": "aws:ec2launchtemplate:version", "value": "2"})), "{tags:?}");
}

#[test]
fn what_is_new_and_not_seen_yet_is_answered_with_all_the_same() {
    let account = Account::new(1.0);
    account.server.set_conditions(Conditions { propagation: 60.0, ..Conditions::default() });
    let id = account.run(json!({"ClientToken": "t"}));
    assert_eq!(account.code("DescribeInstances", json!({"InstanceId": [id]})), "InvalidInstanceID.NotFound");
    assert_eq!(account.run(json!({"ClientToken": "t"})), id);
    let data = json!({"InstanceType": "t3.nano"});
    let template = json!({"LaunchTemplateName": "web", "LaunchTemplateData": data, "ClientToken": "t"});
    for _ in 0..2 {
        assert_eq!(account.code("CreateLaunchTemplate", template.clone()), "ok");
    }
    for action in ["CreateVolume", "CreateVolume"] {
        let volume = json!({"AvailabilityZone": "us-east-1a", "Size": 8, "ClientToken": "t"});
        assert_eq!(account.code(action, volume), "ok");
    }
}
