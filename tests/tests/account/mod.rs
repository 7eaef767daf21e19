//! An account on a loopback AWS, to call actions of directly.

#![allow(dead_code, reason = "each test file has a copy of its own and none needs all of it")]

use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tests::loopback::{Options, Server};

/// A server with a subnet in its default VPC.
pub struct Account {
    pub server: Server,
    pub subnet: String,
    pub image: String,
}

impl Account {
    pub fn new(time_scale: f64) -> Self {
        let server = Server::start(&Options { time_scale, ..Options::default() }).unwrap();
        let bare = Self { server, subnet: String::new(), image: String::new() };
        let subnets = bare.call("DescribeSubnets", json!({}));
        let subnet = subnets["subnetSet"][0]["subnetId"].as_str().unwrap().to_owned();
        let image = bare.image_named("amazon", "al2023-ami-2023*x86_64");
        Self { subnet, image, ..bare }
    }

    pub fn call(&self, action: &str, params: Json) -> Json {
        self.server.drift("us-east-1", "ec2", action, params).unwrap()
    }

    /// The same of load balancing.
    pub fn elb(&self, action: &str, params: Json) -> Json {
        self.server.drift("us-east-1", "elasticloadbalancing", action, params).unwrap()
    }

    /// The code of a refusal.
    pub fn code(&self, action: &str, params: Json) -> String {
        self.server
            .drift("us-east-1", "ec2", action, params)
            .map_or_else(|error| error.code, |_| "ok".to_owned())
    }

    pub fn image_named(&self, owner: &str, pattern: &str) -> String {
        let filter = json!([{"Name": "name", "Value": [pattern]}]);
        let images = self.call("DescribeImages", json!({"Owner": [owner], "Filter": filter}));
        images["imagesSet"][0]["imageId"].as_str().unwrap().to_owned()
    }

    /// A launch of one t3.micro, with more said or said otherwise.
    pub fn launch(&self, more: Json) -> Json {
        let mut launch = json!({
            "ImageId": self.image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": self.subnet
        });
        let Json::Object(more) = more else { return launch };
        launch.as_object_mut().unwrap().extend(more);
        launch
    }

    pub fn run(&self, more: Json) -> String {
        let launched = self.call("RunInstances", self.launch(more));
        launched["instancesSet"][0]["instanceId"].as_str().unwrap().to_owned()
    }

    pub fn instance(&self, id: &str) -> Json {
        self.call("DescribeInstances", json!({"InstanceId": [id]}))["reservationSet"][0]["instancesSet"][0]
            .clone()
    }

    /// Waits until an instance is in a state, and tells which it was in on the way.
    pub fn until(&self, id: &str, state: &str) -> Vec<String> {
        let (mut seen, start) = (Vec::new(), Instant::now());
        loop {
            let now = self.instance(id)["instanceState"]["name"].as_str().unwrap().to_owned();
            if seen.last() != Some(&now) {
                seen.push(now);
            }
            if seen.last().is_some_and(|last| last == state) {
                return seen;
            }
            assert!(start.elapsed() < Duration::from_secs(10), "{id} was {seen:?} and never {state}");
        }
    }
}
