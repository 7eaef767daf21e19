//! `asg` and the servers behind load balancers: up and healthy, deployed, rolled back, and taken down.

use anyhow::{Context as _, Result};
use serde_json::{Value as Json, json};
use tests::harness::{Sandbox, assert_same_environment};
use tests::loopback::{Conditions, Options};

const REGION: &str = "us-east-1";
const GROUND: &str =
    "vpc create --project expense --env dev | sg create --admin-cidr 203.0.113.0/24 | alb create app";
const IDENTITY: &str = "--project expense --env dev";

/// Seconds of AWS's time after which an instance that was taken out has answered its last request and is terminated.
const DRAINED: f64 = 600.0;

/// A sandbox with an image of one's own, `good`, and one whose servers never answer, `bad`.
struct Servers {
    sandbox: Sandbox,
    good: String,
    newer: String,
    bad: String,
}

impl Servers {
    fn new(conditions: Conditions) -> Result<Self> {
        let options = Options {
            time_scale: 300.0,
            seed: Some(1),
            conditions: conditions.clone(),
            ..Options::default()
        };
        let sandbox = Sandbox::with(&options)?;
        let good = image(&sandbox, "backend-1")?;
        let newer = image(&sandbox, "backend-2")?;
        let bad = image(&sandbox, "backend-3")?;
        sandbox.aws.set_conditions(Conditions { bad_images: vec![bad.clone()], ..conditions });
        Ok(Self { sandbox, good, newer, bad })
    }

    /// The line that brings the backend up on an image.
    fn backend(image: &str) -> String {
        format!(
            "asg create backend --alb app --port 8080 --health /health --host backend.app-dev.example.com --image {image}"
        )
    }

    fn up(self) -> Result<Self> {
        self.sandbox.sh(&format!("{GROUND} | {}", Self::backend(&self.good)))?.succeeds();
        Ok(self)
    }

    /// The images that the group's living instances run, once those that were replaced have drained.
    fn running(&self) -> Vec<String> {
        self.sandbox.aws.skip(DRAINED);
        let resources = self.sandbox.resources();
        let instances = resources["instance"].as_object().into_iter().flatten();
        let mut images: Vec<String> = instances
            .filter(|(_, instance)| instance.to_string().contains("\"running\""))
            .filter_map(|(_, instance)| instance["imageId"].as_str().map(str::to_owned))
            .collect();
        images.sort();
        images
    }

    /// How many of the backend's instances have served so far, a number for each change of it, the oldest first.
    fn serving(&self) -> Result<Vec<usize>> {
        let group = json!({ "AutoScalingGroupName": "expense-dev-backend" });
        let told = self.sandbox.behind("autoscaling.DescribeServing", group)?;
        let told = told["Serving"].as_array().into_iter().flatten();
        told.map(|it| it["Serving"].as_str().context("no number")?.parse().context("no number")).collect()
    }

    /// Deploys the newer image to so many instances, all of which serve, and answers the fewest that served from then until all are
    /// replaced and the old ones gone.
    fn fewest_during_deployment(&self, desired: usize, flags: &str) -> Result<usize> {
        let before = self.serving()?;
        assert_eq!(before.last(), Some(&desired), "{before:?}");
        let line = format!("asg create backend --image {} {flags} {IDENTITY}", self.newer);
        self.sandbox.sh(&line)?.succeeds().makes(1, "autoscaling.StartInstanceRefresh");
        assert_eq!(self.running(), vec![self.newer.clone(); desired]);
        let course = self.serving()?;
        let during = &course[before.len() - 1..];
        assert!(during.len() > 1, "nothing was replaced: {course:?}");
        during.iter().copied().min().context("nothing was counted")
    }
}

fn image(sandbox: &Sandbox, name: &str) -> Result<String> {
    let disk = json!([{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": "8"}}]);
    let made = sandbox.aws.drift(
        REGION,
        "ec2",
        "RegisterImage",
        json!({
            "Name": name, "RootDeviceName": "/dev/xvda", "Architecture": "x86_64", "VirtualizationType": "hvm",
            "BlockDeviceMapping": disk,
        }),
    );
    let made: Json = made.map_err(|error| anyhow::anyhow!("{}: {}", error.code, error.message))?;
    made["imageId"].as_str().map(str::to_owned).with_context(|| format!("no image id in {made}"))
}

#[test]
fn servers_come_up_healthy_behind_their_load_balancer_and_once() -> Result<()> {
    let servers = Servers::new(Conditions::default())?.up()?;
    let first = servers.sandbox.environment();
    let again = servers.sandbox.sh(&format!("{GROUND} | {}", Servers::backend(&servers.good)))?;
    again.succeeds().changes_nothing();
    assert_same_environment(&servers.sandbox.environment(), &first, "after a second run");
    assert_eq!(servers.running(), [servers.good.clone(), servers.good.clone()]);
    let health = servers.sandbox.sh(&format!("alb health --format json {IDENTITY}"))?;
    assert_eq!(health.succeeds().stdout.matches("\"healthy\"").count(), 2, "{}", health.stdout);
    Ok(())
}

#[test]
fn the_example_of_servers_leaves_nothing_behind() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let before = sandbox.environment();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/servers.sh");
    let run = sandbox.sh(&format!("sh '{script}'"))?;
    let document = run.succeeds().document();
    assert!(document["asg"]["backend"]["target_group"]["arn"].is_string());
    assert!(document["asg"]["frontend"]["target_group"]["arn"].is_string());
    assert_same_environment(&sandbox.environment(), &before, "after the example");
    Ok(())
}

#[test]
fn a_good_image_replaces_every_instance_and_a_second_run_deploys_nothing() -> Result<()> {
    let servers = Servers::new(Conditions::default())?.up()?;
    let deploy = format!("asg create backend --image {} {IDENTITY}", servers.newer);
    servers.sandbox.sh(&deploy)?.succeeds();
    assert_eq!(servers.running(), [servers.newer.clone(), servers.newer.clone()]);
    servers.sandbox.sh(&deploy)?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn a_deployment_never_has_fewer_healthy_than_there_are_to_be() -> Result<()> {
    let servers = Servers::new(Conditions::default())?.up()?;
    assert_eq!(servers.fewest_during_deployment(2, "")?, 2);
    Ok(())
}

#[test]
fn a_deployment_never_has_fewer_healthy_than_asked_for() -> Result<()> {
    let servers = Servers::new(Conditions::default())?.up()?;
    servers.sandbox.sh(&format!("asg scale backend --desired 4 {IDENTITY}"))?.succeeds();
    let fewest = servers.fewest_during_deployment(4, "--min-healthy 50")?;
    assert!((2..4).contains(&fewest), "with half allowed to be away, {fewest} of 4 served");
    Ok(())
}

#[test]
fn a_bad_image_rolls_back_by_itself_and_says_why() -> Result<()> {
    let servers = Servers::new(Conditions::default())?.up()?;
    let run = servers.sandbox.sh(&format!("asg create backend --image {} {IDENTITY}", servers.bad))?;
    assert_ne!(run.status(), Some(0), "{}", run.stderr);
    let run = run.says_one_error().says("AWS went back to the version before");
    assert!(run.stderr.contains("health"), "{}", run.stderr);
    assert_eq!(servers.running(), [servers.good.clone(), servers.good.clone()]);
    Ok(())
}

#[test]
fn rollback_goes_back_to_the_image_before() -> Result<()> {
    let servers = Servers::new(Conditions::default())?.up()?;
    servers.sandbox.sh(&format!("asg create backend --image {} {IDENTITY}", servers.newer))?.succeeds();
    servers.sandbox.sh(&format!("asg rollback backend {IDENTITY}"))?.succeeds();
    assert_eq!(servers.running(), [servers.good.clone(), servers.good.clone()]);
    servers.sandbox.sh(&format!("asg history backend {IDENTITY}"))?.succeeds().changes_nothing();
    Ok(())
}

#[test]
fn capacity_missing_in_one_zone_does_not_stop_a_create() -> Result<()> {
    let conditions = Conditions { no_capacity: vec!["us-east-1a".to_owned()], ..Conditions::default() };
    let servers = Servers::new(conditions)?.up()?;
    assert_eq!(servers.running().len(), 2);
    Ok(())
}

#[test]
fn scaling_waits_until_so_many_are_healthy() -> Result<()> {
    let servers = Servers::new(Conditions::default())?.up()?;
    servers.sandbox.sh(&format!("asg scale backend --desired 3 {IDENTITY}"))?.succeeds();
    assert_eq!(servers.running().len(), 3);
    Ok(())
}
