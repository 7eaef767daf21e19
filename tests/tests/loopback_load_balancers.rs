//! The load balancers of the loopback AWS.

#![allow(clippy::unwrap_used)]

mod account;

use std::time::{Duration, Instant};

use account::Account;
use serde_json::{Value as Json, json};
use tests::loopback::Conditions;

/// A load balancer in two subnets of the default VPC, with a listener that answers by itself, and a target group.
struct Balanced {
    account: Account,
    vpc: String,
    balancer: String,
    listener: String,
    group: String,
}

impl Balanced {
    fn new(time_scale: f64) -> Self {
        let account = Account::new(time_scale);
        let subnets = account.call("DescribeSubnets", json!({}))["subnetSet"].clone();
        let ids = json!([subnets[0]["subnetId"], subnets[1]["subnetId"]]);
        let vpc = text(&subnets[0]["vpcId"]);
        let made = account.elb("CreateLoadBalancer", json!({"Name": "web", "Subnets": ids}));
        let balancer = text(&made["LoadBalancers"][0]["LoadBalancerArn"]);
        let group = json!({
            "Name": "web", "Protocol": "HTTP", "Port": 80, "VpcId": vpc, "HealthCheckIntervalSeconds": 10,
            "HealthyThresholdCount": 2
        });
        let made = account.elb("CreateTargetGroup", group);
        let group = text(&made["TargetGroups"][0]["TargetGroupArn"]);
        let answer = json!([{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]);
        let listener =
            json!({"LoadBalancerArn": balancer, "Protocol": "HTTP", "Port": 80, "DefaultActions": answer});
        let made = account.elb("CreateListener", listener);
        let listener = text(&made["Listeners"][0]["ListenerArn"]);
        Self { account, vpc, balancer, listener, group }
    }

    fn add_rule(&self) {
        let conditions = json!([{"Field": "path-pattern", "Values": ["/*"]}]);
        let actions = json!([{"Type": "forward", "TargetGroupArn": self.group}]);
        let rule = json!({"ListenerArn": self.listener, "Priority": 1, "Conditions": conditions, "Actions": actions});
        self.account.elb("CreateRule", rule);
    }

    fn target(&self, action: &str, instance: &str) {
        self.account.elb(action, json!({"TargetGroupArn": self.group, "Targets": [{"Id": instance}]}));
    }

    fn health(&self) -> String {
        let answer = self.account.elb("DescribeTargetHealth", json!({"TargetGroupArn": self.group}));
        answer["TargetHealthDescriptions"][0]["TargetHealth"]["State"].as_str().unwrap_or("gone").to_owned()
    }

    /// Waits until the target is in a state, and tells which it was in on the way.
    fn until(&self, state: &str) -> Vec<String> {
        let (mut seen, start) = (Vec::new(), Instant::now());
        while seen.last().is_none_or(|last| last != state) {
            let now = self.health();
            if seen.last() != Some(&now) {
                seen.push(now);
            }
            assert!(start.elapsed() < Duration::from_secs(10), "{seen:?} and never {state}");
        }
        seen
    }

    fn code(&self, service: &str, action: &str, params: Json) -> String {
        let answer = self.account.server.drift("us-east-1", service, action, params);
        answer.map_or_else(|error| error.code, |_| "ok".to_owned())
    }
}

fn text(json: &Json) -> String {
    json.as_str().unwrap().to_owned()
}

#[test]
fn a_target_is_healthy_only_once_it_is_asked_and_answers() {
    let web = Balanced::new(500.0);
    let instance = web.account.run(json!({}));
    assert_eq!(web.account.until(&instance, "running"), ["pending", "running"]);
    web.target("RegisterTargets", &instance);
    assert_eq!(web.health(), "unused", "no rule leads to it");
    web.add_rule();
    assert_eq!(web.until("healthy"), ["initial", "healthy"]);
    web.target("DeregisterTargets", &instance);
    assert_eq!(web.until("gone"), ["draining", "gone"]);
}

#[test]
fn a_bad_image_runs_and_is_never_healthy() {
    let web = Balanced::new(1000.0);
    let bad_images = vec!["al2023*".to_owned()];
    web.account.server.set_conditions(Conditions { bad_images, ..Conditions::default() });
    let instance = web.account.run(json!({}));
    web.account.until(&instance, "running");
    web.add_rule();
    web.target("RegisterTargets", &instance);
    assert_eq!(web.until("unhealthy"), ["initial", "unhealthy"]);
}

#[test]
fn the_interfaces_of_a_deleted_load_balancer_hold_its_group_for_minutes() {
    let web = Balanced::new(500.0);
    let group = json!({"GroupName": "web", "GroupDescription": "web", "VpcId": web.vpc});
    let group = text(&web.account.call("CreateSecurityGroup", group)["groupId"]);
    web.account.elb("SetSecurityGroups", json!({"LoadBalancerArn": web.balancer, "SecurityGroups": [group]}));
    web.account.elb("DeleteLoadBalancer", json!({"LoadBalancerArn": web.balancer}));
    let delete = || web.code("ec2", "DeleteSecurityGroup", json!({"GroupId": group}));
    assert_eq!(delete(), "DependencyViolation");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(delete(), "ok");
}

#[test]
fn what_is_in_use_or_protected_is_not_deleted() {
    let web = Balanced::new(500.0);
    web.add_rule();
    let elb = "elasticloadbalancing";
    assert_eq!(web.code(elb, "DeleteTargetGroup", json!({"TargetGroupArn": web.group})), "ResourceInUse");
    let protect = |on: &str| {
        let attributes = json!([{"Key": "deletion_protection.enabled", "Value": on}]);
        let params = json!({"LoadBalancerArn": web.balancer, "Attributes": attributes});
        web.account.elb("ModifyLoadBalancerAttributes", params);
    };
    let delete = || web.code(elb, "DeleteLoadBalancer", json!({"LoadBalancerArn": web.balancer}));
    protect("true");
    assert_eq!(delete(), "OperationNotPermitted");
    protect("false");
    assert_eq!((delete(), delete()), ("ok".to_owned(), "ok".to_owned()), "deleting what is gone succeeds");
    assert_eq!(
        web.code(elb, "DescribeListeners", json!({"ListenerArns": [web.listener]})),
        "ListenerNotFound"
    );
    assert_eq!(web.code(elb, "DeleteTargetGroup", json!({"TargetGroupArn": web.group})), "ok");
}
