//! Groups from the outside, through the control channel and at many times AWS's pace.

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::loopback::{Conditions, Options, Server};

const REGION: &str = "us-east-1";

/// A loopback AWS with a launch template of two versions, and the subnets to launch in.
struct Sandbox {
    aws: Server,
    template: Json,
    subnets: String,
}

impl Sandbox {
    fn new() -> Self {
        let options = Options { time_scale: 1000.0, seed: Some(1), ..Options::default() };
        let aws = Server::start(&options).unwrap();
        let call = |service, action, params| aws.drift(REGION, service, action, params).unwrap();
        let images = call("ec2", "DescribeImages", json!({ "Owner": ["amazon"] }));
        let images = images["imagesSet"].as_array().unwrap();
        let images: Vec<&Json> = images.iter().filter(|image| image["architecture"] == "x86_64").collect();
        let data = |image: &Json| json!({ "ImageId": image["imageId"], "InstanceType": "t3.micro" });
        let first = json!({ "LaunchTemplateName": "template", "LaunchTemplateData": data(images[0]) });
        let template =
            call("ec2", "CreateLaunchTemplate", first)["launchTemplate"]["launchTemplateId"].clone();
        let second = json!({ "LaunchTemplateId": template, "LaunchTemplateData": data(images[1]) });
        call("ec2", "CreateLaunchTemplateVersion", second);
        let subnets = call("ec2", "DescribeSubnets", json!({}));
        let subnets = subnets["subnetSet"].as_array().unwrap().iter().take(3);
        let subnets: Vec<&str> = subnets.filter_map(|subnet| subnet["subnetId"].as_str()).collect();
        Self { template, subnets: subnets.join(","), aws }
    }

    fn try_call(&self, action: &str, params: Json) -> Result<Json, String> {
        self.aws.drift(REGION, "autoscaling", action, params).map_err(|error| error.code)
    }

    fn call(&self, action: &str, mut params: Json) -> Json {
        params["AutoScalingGroupName"] = json!("group");
        self.aws.drift(REGION, "autoscaling", action, params).unwrap()
    }

    /// A group of so many, all in service.
    fn group(&self, size: usize) {
        let template = json!({ "LaunchTemplateId": self.template, "Version": "1" });
        let params = json!({
            "LaunchTemplate": template, "MinSize": size, "MaxSize": 9, "VPCZoneIdentifier": self.subnets,
            "HealthCheckGracePeriod": 60, "DefaultInstanceWarmup": 30,
        });
        self.call("CreateAutoScalingGroup", params);
        self.until(|| self.serving().len() == size);
    }

    fn until(&self, done: impl Fn() -> bool) {
        let start = Instant::now();
        while !done() {
            assert!(start.elapsed() < Duration::from_secs(20), "{}", self.described());
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn described(&self) -> Json {
        self.call("DescribeAutoScalingGroups", json!({}))["AutoScalingGroups"][0].clone()
    }

    /// The zones and versions of what is in service.
    fn serving(&self) -> Vec<(String, String)> {
        let group = self.described();
        let serving = group["Instances"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|i| i["LifecycleState"] == "InService");
        let text = |json: &Json| json.as_str().unwrap().to_owned();
        serving.map(|i| (text(&i["AvailabilityZone"]), text(&i["LaunchTemplate"]["Version"]))).collect()
    }

    /// Refreshes to the second version, and answers with the refresh at its end and the fewest in service on the way.
    fn refresh(&self, preferences: &Json) -> (Json, usize) {
        let desired = json!({ "LaunchTemplate": { "LaunchTemplateId": self.template, "Version": "2" } });
        self.call(
            "StartInstanceRefresh",
            json!({ "DesiredConfiguration": desired, "Preferences": preferences }),
        );
        let fewest = std::cell::Cell::new(usize::MAX);
        let last = || self.call("DescribeInstanceRefreshes", json!({}))["InstanceRefreshes"][0].clone();
        self.until(|| {
            fewest.set(fewest.get().min(self.serving().len()));
            last()["EndTime"].is_string()
        });
        (last(), fewest.get())
    }
}

#[test]
fn a_group_spreads_over_its_zones_and_replaces_the_dead() {
    let sandbox = Sandbox::new();
    sandbox.group(3);
    let zones: std::collections::BTreeSet<String> =
        sandbox.serving().into_iter().map(|(zone, _)| zone).collect();
    assert_eq!(zones.len(), 3);
    let id = sandbox.described()["Instances"][0]["InstanceId"].clone();
    sandbox.aws.drift(REGION, "ec2", "TerminateInstances", json!({ "InstanceId": [id] })).unwrap();
    let known = |group: &Json| group["Instances"].as_array().unwrap().iter().any(|i| i["InstanceId"] == id);
    sandbox.until(|| !known(&sandbox.described()) && sandbox.serving().len() == 3);
}

#[test]
fn a_refresh_that_may_go_above_the_capacity_never_goes_below_it() {
    let sandbox = Sandbox::new();
    sandbox.group(2);
    let preferences = json!({ "MinHealthyPercentage": 100, "MaxHealthyPercentage": 150 });
    let (refresh, fewest) = sandbox.refresh(&preferences);
    assert_eq!((refresh["Status"].as_str(), fewest), (Some("Successful"), 2));
    assert!(sandbox.serving().iter().all(|(_, version)| version == "2"));
    assert_eq!(sandbox.described()["LaunchTemplate"]["Version"], "2");
}

#[test]
fn a_refresh_to_a_bad_image_rolls_back() {
    let sandbox = Sandbox::new();
    sandbox.group(2);
    let versions = json!({ "LaunchTemplateId": sandbox.template, "LaunchTemplateVersion": ["2"] });
    let versions = sandbox.aws.drift(REGION, "ec2", "DescribeLaunchTemplateVersions", versions).unwrap();
    let image =
        versions["launchTemplateVersionSet"][0]["launchTemplateData"]["imageId"].as_str().unwrap().to_owned();
    sandbox.aws.set_conditions(Conditions { bad_images: vec![image], ..Conditions::default() });
    let preferences =
        json!({ "MinHealthyPercentage": 100, "MaxHealthyPercentage": 110, "AutoRollback": true });
    let (refresh, _) = sandbox.refresh(&preferences);
    assert_eq!(refresh["Status"], "RollbackSuccessful");
    assert!(refresh["RollbackDetails"]["RollbackReason"].as_str().unwrap().contains("failed"));
    sandbox.until(|| sandbox.serving().iter().all(|(_, version)| version == "1"));
    assert_eq!(sandbox.described()["LaunchTemplate"]["Version"], "1");
}

#[test]
fn a_zone_without_capacity_is_told_and_left_out() {
    let sandbox = Sandbox::new();
    let no_capacity = vec!["us-east-1a".to_owned()];
    sandbox.aws.set_conditions(Conditions { no_capacity, ..Conditions::default() });
    sandbox.group(3);
    assert!(sandbox.serving().iter().all(|(zone, _)| zone != "us-east-1a"));
    let activities = sandbox.call("DescribeScalingActivities", json!({}));
    let failed = activities["Activities"].as_array().unwrap().iter().find(|a| a["StatusCode"] == "Failed");
    assert!(failed.unwrap()["StatusMessage"].as_str().unwrap().contains("sufficient t3.micro capacity"));
}

#[test]
fn a_group_is_deleted_when_it_is_empty() {
    let sandbox = Sandbox::new();
    sandbox.group(1);
    let delete = || sandbox.try_call("DeleteAutoScalingGroup", json!({ "AutoScalingGroupName": "group" }));
    assert_eq!(delete().unwrap_err(), "ResourceInUse");
    sandbox.call("UpdateAutoScalingGroup", json!({ "MinSize": 0, "DesiredCapacity": 0 }));
    sandbox.until(|| delete().is_ok());
    sandbox.until(|| sandbox.described().is_null());
    assert_eq!(delete().unwrap_err(), "ValidationError");
}

#[test]
fn what_cannot_be_rolled_back_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.group(1);
    let start = |desired: Json| {
        let mut params = json!({ "AutoScalingGroupName": "group", "Preferences": { "AutoRollback": true } });
        if !desired.is_null() {
            params["DesiredConfiguration"] = desired;
        }
        sandbox.try_call("StartInstanceRefresh", params)
    };
    let version =
        |version| json!({ "LaunchTemplate": { "LaunchTemplateId": sandbox.template, "Version": version } });
    assert_eq!(start(Json::Null).unwrap_err(), "ValidationError");
    assert_eq!(start(version("$Latest")).unwrap_err(), "ValidationError");
    start(version("2")).unwrap();
    assert_eq!(start(version("2")).unwrap_err(), "InstanceRefreshInProgress");
    let roll_back =
        || sandbox.try_call("RollbackInstanceRefresh", json!({ "AutoScalingGroupName": "group" }));
    roll_back().unwrap();
    assert_eq!(roll_back().unwrap_err(), "IrreversibleInstanceRefresh");
}
