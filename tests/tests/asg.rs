//! `asg` and the servers behind load balancers: up and healthy, deployed, rolled back, and taken down.

use std::process::Child;
use std::time::Duration;

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

/// At AWS's own pace, so that nothing happens but what the test lets happen.
const STILL: f64 = 1.0;

/// A command that runs while the test decides how much of AWS's time passes.
struct Running<'a> {
    sandbox: &'a Sandbox,
    child: Child,
    before: usize,
}

impl<'a> Running<'a> {
    fn start(sandbox: &'a Sandbox, line: &str) -> Result<Self> {
        Ok(Self { sandbox, before: sandbox.aws.journal().len(), child: sandbox.start(line)? })
    }

    fn count(&self, name: &str) -> usize {
        self.sandbox.aws.journal()[self.before..].iter().filter(|call| call.name() == name).count()
    }

    /// Waits until it has made such calls so often, with no time of AWS's passing.
    fn until(&mut self, times: usize, name: &str) -> Result<()> {
        while self.count(name) < times {
            anyhow::ensure!(self.child.try_wait()?.is_none(), "it ended before it called {name}");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// Lets time pass until it ends, and answers its exit status and its messages.
    fn end(mut self) -> Result<(Option<i32>, String)> {
        while self.child.try_wait()?.is_none() {
            self.sandbox.aws.skip(60.0);
            std::thread::sleep(Duration::from_millis(5));
        }
        let output = self.child.wait_with_output()?;
        Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// Servers whose images take as long as the test lets them.
fn still() -> Result<Servers> {
    let options = Options { time_scale: STILL, seed: Some(1), ..Options::default() };
    let sandbox = Sandbox::with(&options)?;
    let good = image(&sandbox, "backend-1")?;
    let ground = Running::start(&sandbox, &GROUND.replace("--env dev", "--env dev --nat none"))?.end()?;
    assert_eq!(ground.0, Some(0), "{}", ground.1);
    Ok(Servers { newer: String::new(), bad: String::new(), sandbox, good })
}

/// An image that is being made from an instance.
fn pending(servers: &Servers, name: &str) -> Result<String> {
    let sandbox = &servers.sandbox;
    let subnets = sandbox.behind("ec2.DescribeSubnets", json!({}))?;
    let order = json!({
        "ImageId": servers.good, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1,
        "SubnetId": subnets["subnetSet"][0]["subnetId"],
    });
    let made = sandbox.behind("ec2.RunInstances", order)?;
    sandbox.aws.skip(DRAINED);
    let instance = &made["instancesSet"][0]["instanceId"];
    let image = sandbox
        .behind("ec2.CreateImage", json!({ "InstanceId": instance, "Name": name, "NoReboot": true }))?;
    sandbox.behind("ec2.TerminateInstances", json!({ "InstanceId": [instance] }))?;
    image["imageId"].as_str().map(str::to_owned).context("no image id")
}

#[test]
fn a_pending_image_is_waited_for_while_all_else_is_made() -> Result<()> {
    let servers = still()?;
    let first = pending(&servers, "backend-2")?;
    let mut run = Running::start(&servers.sandbox, &format!("{} {IDENTITY}", Servers::backend(&first)))?;
    run.until(1, "elasticloadbalancing.CreateRule")?;
    run.until(3, "ec2.DescribeImages")?;
    assert_eq!(run.count("ec2.CreateLaunchTemplate"), 1);
    assert_eq!(
        run.count("autoscaling.CreateAutoScalingGroup"),
        0,
        "EC2 launches nothing from a pending image"
    );
    let (status, messages) = run.end()?;
    assert_eq!(status, Some(0), "{messages}");
    assert!(messages.contains(&format!("waiting for image backend-2 ({first}) (pending)")), "{messages}");
    assert_eq!(servers.running(), [first.clone(), first.clone()]);

    let second = pending(&servers, "backend-3")?;
    let line = format!("asg create backend --image {second} {IDENTITY}");
    servers.sandbox.sh(&format!("{line} --no-wait"))?.ends_with(75).says("is still pending").writes_nothing();
    let mut run = Running::start(&servers.sandbox, &line)?;
    run.until(3, "ec2.DescribeImages")?;
    assert_eq!(run.count("autoscaling.StartInstanceRefresh"), 0);
    let (status, messages) = run.end()?;
    assert_eq!(status, Some(0), "{messages}");
    assert_eq!(servers.running(), [second.clone(), second]);
    Ok(())
}

#[test]
fn an_image_that_fails_ends_the_wait_with_the_reason() -> Result<()> {
    let servers = still()?;
    let reason = Some("Client.VolumeError".to_owned());
    servers.sandbox.aws.set_conditions(Conditions { image_fails: reason, ..Conditions::default() });
    let image = pending(&servers, "backend-2")?;
    let mut run = Running::start(&servers.sandbox, &format!("{} {IDENTITY}", Servers::backend(&image)))?;
    run.until(2, "ec2.DescribeImages")?;
    let (status, messages) = run.end()?;
    assert_eq!(status, Some(73), "{messages}");
    let reason =
        format!("the image {image} cannot be used: image backend-2 ({image}) failed: Client.VolumeError");
    assert!(messages.contains(&reason), "{messages}");
    let run = servers.sandbox.sh(&format!("{} {IDENTITY}", Servers::backend(&image)))?;
    run.ends_with(73).says_one_error().changes_nothing();
    Ok(())
}

#[test]
fn the_image_may_be_named_by_a_parameter() -> Result<()> {
    let servers = Servers::new(Conditions::default())?;
    let put = |value: &str| {
        let parameter =
            json!({ "Name": "/golden/backend", "Type": "String", "Value": value, "Overwrite": true });
        servers.sandbox.behind("ssm.PutParameter", parameter)
    };
    let line = Servers::backend("ssm:/golden/backend");
    servers.sandbox.sh(GROUND)?.succeeds();
    let missing = servers.sandbox.sh(&format!("{line} {IDENTITY}"))?;
    missing.ends_with(69).says("there is no parameter /golden/backend").changes_nothing();
    put("latest")?;
    servers.sandbox.sh(&format!("{line} {IDENTITY}"))?.ends_with(73).says_one_error().changes_nothing();
    put(&servers.good)?;
    let run = servers.sandbox.sh(&format!("{line} {IDENTITY}"))?;
    assert_eq!(
        run.succeeds().document()["asg"]["backend"]["launch_template"]["image_id"],
        servers.good.as_str()
    );
    servers.sandbox.sh(&format!("{line} {IDENTITY}"))?.succeeds().changes_nothing();
    put(&servers.newer)?;
    servers
        .sandbox
        .sh(&format!("{line} {IDENTITY}"))?
        .succeeds()
        .makes(1, "autoscaling.StartInstanceRefresh");
    assert_eq!(servers.running(), [servers.newer.clone(), servers.newer.clone()]);
    Ok(())
}
