//! A load balancer for tests, and an instance behind it.

use serde_json::{Value as Json, json};

use super::super::{Fitness, Outcome, Probe, Traffic};
use crate::loopback::world::ACCOUNT;
use crate::loopback::{Conditions, Options, Server};

pub const REGION: &str = "us-east-1";

/// A load balancer in the default VPC, and an instance behind it.
pub struct Web {
    pub server: Server,
    pub vpc: String,
    pub group: String,
    pub balancer: Json,
    pub security_group: String,
    pub instance: String,
}

pub fn text(json: &Json) -> String {
    json.as_str().unwrap_or_else(|| panic!("{json} is no text")).to_owned()
}

impl Web {
    /// All of it there and active, and everybody let in to port 80, and to 22 from the person at the shell.
    pub fn new() -> Self {
        let conditions = Conditions { hosted_zones: vec!["example.com".into()], ..Conditions::default() };
        let options =
            Options { time_scale: 1000.0, conditions, machines: true, seed: Some(1), ..Options::default() };
        let server = Server::start(&options).unwrap();
        let none = String::new;
        let mut web = Self {
            server,
            vpc: none(),
            group: none(),
            balancer: Json::Null,
            security_group: none(),
            instance: none(),
        };
        let subnets = web.ec2("DescribeSubnets", json!({}))["subnetSet"].clone();
        web.vpc = text(&subnets[0]["vpcId"]);
        web.open_ports();
        let groups = json!([web.security_group]);
        let places = json!([subnets[0]["subnetId"], subnets[1]["subnetId"]]);
        let made = json!({ "Name": "web", "Subnets": places, "SecurityGroups": groups });
        web.balancer = web.elb("CreateLoadBalancer", made)["LoadBalancers"][0].clone();
        let check = json!({
            "Name": "web", "Protocol": "HTTP", "Port": 8080, "VpcId": web.vpc, "HealthCheckPath": "/health",
            "HealthCheckIntervalSeconds": 10, "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2,
        });
        web.group = text(&web.elb("CreateTargetGroup", check)["TargetGroups"][0]["TargetGroupArn"]);
        web.listen();
        web.launch(&subnets[0]["subnetId"]);
        web.server.skip(600.0);
        web.elb("RegisterTargets", web.target());
        web
    }

    pub fn ec2(&self, action: &str, params: Json) -> Json {
        self.server.drift(REGION, "ec2", action, params).unwrap()
    }

    pub fn elb(&self, action: &str, params: Json) -> Json {
        self.server.drift(REGION, "elasticloadbalancing", action, params).unwrap()
    }

    fn open_ports(&mut self) {
        let group = json!({ "GroupName": "web", "GroupDescription": "web", "VpcId": self.vpc });
        self.security_group = text(&self.ec2("CreateSecurityGroup", group)["groupId"]);
        let rule = |from: u16, to: u16, cidr: &str| json!({ "IpProtocol": "tcp", "FromPort": from, "ToPort": to, "IpRanges": [{ "CidrIp": cidr }] });
        let rules = json!([
            rule(80, 80, "0.0.0.0/0"),
            rule(22, 22, "203.0.113.7/32"),
            rule(1024, 65535, "0.0.0.0/0")
        ]);
        let rules = json!({ "GroupId": self.security_group, "IpPermissions": rules });
        self.ec2("AuthorizeSecurityGroupIngress", rules);
    }

    /// A listener that forwards, another that only machines of the VPC may ask, and a rule before the first one's default.
    fn listen(&self) {
        let to_group = json!([{ "Type": "forward", "TargetGroupArn": self.group }]);
        let listener = |port: u16| {
            let arn = &self.balancer["LoadBalancerArn"];
            let params = json!({
                "LoadBalancerArn": arn, "Protocol": "HTTP", "Port": port, "DefaultActions": to_group
            });
            text(&self.elb("CreateListener", params)["Listeners"][0]["ListenerArn"])
        };
        let first = listener(80);
        listener(81);
        let answer = json!([{ "Type": "fixed-response", "FixedResponseConfig": { "StatusCode": "404" } }]);
        let condition = json!([{ "Field": "path-pattern", "Values": ["/private/*"] }]);
        let rule = json!({
            "ListenerArn": first, "Priority": 7, "Conditions": condition, "Actions": answer
        });
        self.elb("CreateRule", rule);
    }

    fn launch(&mut self, subnet: &Json) {
        let filter = json!([{ "Name": "name", "Value": ["al2023-ami-2023*x86_64"] }]);
        let images = self.ec2("DescribeImages", json!({ "Owner": ["amazon"], "Filter": filter }));
        let launch = json!({
            "ImageId": images["imagesSet"][0]["imageId"], "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1,
            "SubnetId": subnet, "SecurityGroupId": [self.security_group],
        });
        self.instance = text(&self.ec2("RunInstances", launch)["instancesSet"][0]["instanceId"]);
    }

    pub fn target(&self) -> Json {
        json!({ "TargetGroupArn": self.group, "Targets": [{ "Id": self.instance }] })
    }

    pub fn traffic(&self) -> Traffic {
        let shared = &self.server.shared;
        let mut inner = shared.lock();
        let region = inner.world.region(ACCOUNT, REGION, &shared.clock);
        Traffic::of(region, &shared.clock, shared.clock.now(), &self.vpc)
    }

    /// What a health check has found of the instance, now.
    pub fn found(&self, outcome: Outcome) {
        let shared = &self.server.shared;
        let at = shared.clock.now();
        let probe =
            Probe { group: self.group.clone(), target: self.instance.clone(), port: 8080, outcome, at };
        shared.lock().world.region(ACCOUNT, REGION, &shared.clock).elbv2.note(&probe);
    }

    /// The state of the target, with its reason.
    pub fn health(&self) -> (String, String) {
        let answer = self.elb("DescribeTargetHealth", json!({ "TargetGroupArn": self.group }));
        let health = &answer["TargetHealthDescriptions"][0]["TargetHealth"];
        let description = health["Description"].as_str().unwrap_or_default().to_owned();
        (health["State"].as_str().unwrap_or("gone").to_owned(), description)
    }

    pub fn fitness(&self) -> Option<Fitness> {
        self.traffic().groups.get(&self.group)?.targets.first().map(|target| target.fitness)
    }

    /// Makes a hosted zone, and answers its id.
    pub fn zone(&self, zone: Json) -> String {
        let made = text(&self.server.drift(REGION, "route53", "CreateHostedZone", zone).unwrap());
        between(&made, "<Id>/hostedzone/", "</Id>")
    }

    /// The id of the zone that is there from the start.
    pub fn first_zone(&self) -> String {
        let zones = self.server.drift(REGION, "route53", "ListHostedZones", json!({})).unwrap();
        between(&text(&zones), "<Id>/hostedzone/", "</Id>")
    }

    /// Makes a record in a zone.
    pub fn record(&self, zone: &str, record: &Json) {
        let changes = json!([{ "Action": "CREATE", "ResourceRecordSet": record }]);
        let batch = json!({ "Id": zone, "ChangeBatch": { "Changes": changes } });
        self.server.drift(REGION, "route53", "ChangeResourceRecordSets", batch).unwrap();
    }
}

/// A record of one address.
pub fn address(name: &str, address: &str) -> Json {
    json!({ "Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{ "Value": address }] })
}

fn between(text: &str, before: &str, after: &str) -> String {
    let rest = text.split_once(before).unwrap().1;
    rest.split_once(after).unwrap().0.to_owned()
}
