//! What is planned for a VPC as calls change it, and what health checks make of its targets.

mod web;

use std::net::Ipv4Addr;

use serde_json::json;
use web::{REGION, Web, address, text};

use super::names::{End, Names};
use super::{Fitness, Outcome};

fn addresses(names: &Names, name: &str) -> Vec<Ipv4Addr> {
    match names.look_up(name).end {
        End::Addresses(mut addresses) => {
            addresses.sort_unstable();
            addresses
        }
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn an_active_load_balancer_is_planned_with_its_listeners_and_targets() {
    let web = Web::new();
    let traffic = web.traffic();
    assert_eq!(traffic, web.traffic(), "nothing changes by itself");
    let [balancer] = traffic.balancers.as_slice() else { panic!("{traffic:?}") };
    assert!(balancer.private.len() == 2 && balancer.public.len() == 2, "{balancer:?}");
    assert!(balancer.public.iter().all(Ipv4Addr::is_loopback));
    let open: Vec<(u16, bool)> =
        balancer.listeners.iter().map(|listener| (listener.port, listener.open)).collect();
    assert_eq!(open, [(80, true), (81, false)], "as the security groups say");
    let conditions: Vec<usize> =
        balancer.listeners[0].rules.iter().map(|rule| rule.conditions.len()).collect();
    assert_eq!(conditions, [1, 0], "the default rule is the last");
    let group = &traffic.groups[&web.group];
    assert_eq!(group.sources, balancer.private);
    assert_eq!(group.check.path, "/health");
    let instance = &web.ec2("DescribeInstances", json!({}))["reservationSet"][0]["instancesSet"][0];
    let private = text(&instance["privateIpAddress"]);
    assert_eq!(group.targets[0].address.to_string(), format!("{private}:8080"));
    let (public, ssh) =
        (text(&instance["ipAddress"]), traffic.ports.iter().find(|port| port.public.port() == 22));
    let ssh = ssh.unwrap();
    assert_eq!(
        (ssh.public.to_string(), ssh.private.to_string()),
        (format!("{public}:22"), format!("{private}:22"))
    );
    let ports: Vec<u16> = traffic.ports.iter().map(|port| port.public.port()).collect();
    assert_eq!(ports, [22, 80], "no port of a wide range is opened");
}

#[test]
fn what_is_gone_is_planned_no_more() {
    let web = Web::new();
    web.ec2("StopInstances", json!({ "InstanceId": [web.instance] }));
    let traffic = web.traffic();
    assert!(traffic.ports.is_empty() && traffic.groups[&web.group].targets.is_empty(), "{traffic:?}");
    web.elb("DeleteLoadBalancer", json!({ "LoadBalancerArn": web.balancer["LoadBalancerArn"] }));
    let traffic = web.traffic();
    assert!(traffic.balancers.is_empty() && traffic.groups.is_empty(), "{traffic:?}");
    let host = text(&web.balancer["DNSName"]);
    assert_eq!(traffic.outside.look_up(&host).end, End::Nowhere);
}

#[test]
fn health_follows_from_what_checks_have_found() {
    let web = Web::new();
    let initial = ("initial".to_owned(), "Initial health checks in progress".to_owned());
    assert_eq!((web.health(), web.fitness()), (initial.clone(), Some(Fitness::Unfit)));
    web.server.skip(3600.0);
    assert_eq!(web.health(), initial, "however long nobody answers");
    web.found(Outcome::Good);
    assert_eq!((web.health().0.as_str(), web.fitness()), ("healthy", Some(Fitness::Fit)));
    web.found(Outcome::Failed);
    assert_eq!(web.health().0, "healthy");
    web.found(Outcome::Code(502));
    let mismatch = "Health checks failed with these codes: [502]";
    assert_eq!(web.health(), ("unhealthy".to_owned(), mismatch.to_owned()));
    web.found(Outcome::Timeout);
    assert_eq!(web.health().1, "Request timed out");
    web.found(Outcome::Good);
    assert_eq!(web.health().0, "unhealthy");
    web.found(Outcome::Good);
    assert_eq!(web.health().0, "healthy");
    web.elb("DeregisterTargets", web.target());
    assert_eq!((web.health().0.as_str(), web.fitness()), ("draining", Some(Fitness::Draining)));
    web.found(Outcome::Good);
    web.elb("RegisterTargets", web.target());
    assert_eq!(web.health(), initial, "a target that comes back is a new one");
}

#[test]
fn a_name_leads_to_private_addresses_inside_and_to_public_ones_outside() {
    let web = Web::new();
    let zone = web.first_zone();
    let host = text(&web.balancer["DNSName"]);
    let alias = json!({
        "HostedZoneId": web.balancer["CanonicalHostedZoneId"], "DNSName": format!("dualstack.{host}"),
        "EvaluateTargetHealth": false
    });
    web.record(&zone, &json!({ "Name": "*.app.example.com", "Type": "A", "AliasTarget": alias }));
    let records = json!([{ "Value": "shop.app.example.com" }]);
    let cname = json!({ "Name": "www.example.com", "Type": "CNAME", "TTL": 60, "ResourceRecords": records });
    web.record(&zone, &cname);
    let traffic = web.traffic();
    let sorted = |addresses: &[Ipv4Addr]| {
        let mut addresses = addresses.to_vec();
        addresses.sort_unstable();
        addresses
    };
    let balancer = &traffic.balancers[0];
    for name in [host.as_str(), "any.app.example.com", "www.example.com"] {
        assert_eq!(addresses(&traffic.inside, name), sorted(&balancer.private), "{name}");
        assert_eq!(addresses(&traffic.outside, name), sorted(&balancer.public), "{name}");
    }
    assert_eq!(traffic.outside.look_up("no.example.com").end, End::Nowhere);
    let instance = &web.ec2("DescribeInstances", json!({}))["reservationSet"][0]["instancesSet"][0];
    let private: Ipv4Addr = text(&instance["privateIpAddress"]).parse().unwrap();
    let public: Ipv4Addr = text(&instance["ipAddress"]).parse().unwrap();
    assert_eq!(addresses(&traffic.inside, &text(&instance["privateDnsName"])), [private]);
    assert_eq!(addresses(&traffic.inside, &text(&instance["dnsName"])), [private]);
    assert_eq!(addresses(&traffic.outside, &text(&instance["dnsName"])), [public]);
    let private_name = text(&instance["privateDnsName"]);
    assert_eq!(traffic.outside.look_up(&private_name).end, End::Elsewhere(private_name.clone()));
}

#[test]
fn a_database_is_known_by_its_endpoint() {
    let web = Web::new();
    let params = json!({
        "DBInstanceIdentifier": "orders", "DBInstanceClass": "db.t4g.micro", "Engine": "mysql",
        "AllocatedStorage": "20", "MasterUsername": "admin", "MasterUserPassword": "password123",
        "PubliclyAccessible": "false",
    });
    web.server.drift(REGION, "rds", "CreateDBInstance", params).unwrap();
    web.server.skip(3600.0);
    let described = web.server.drift(REGION, "rds", "DescribeDBInstances", json!({})).unwrap();
    let endpoint = text(&described["DBInstances"][0]["Endpoint"]["Address"]);
    let interfaces = web.ec2("DescribeNetworkInterfaces", json!({}))["networkInterfaceSet"].clone();
    let mut interfaces = interfaces.as_array().unwrap().iter();
    let own = interfaces.find(|interface| interface["description"] == "RDSNetworkInterface").unwrap();
    let private: Ipv4Addr = text(&own["privateIpAddress"]).parse().unwrap();
    let traffic = web.traffic();
    assert_eq!(addresses(&traffic.inside, &endpoint), [private]);
    assert_eq!(addresses(&traffic.outside, &endpoint), [private], "AWS tells everybody");
}

#[test]
fn a_name_belongs_to_the_nearest_zone_above_it() {
    let web = Web::new();
    // The nearer zone is the older one: the order in which they were made says nothing.
    let nearer = web.zone(json!({ "Name": "eu.example.net", "CallerReference": "nearer" }));
    let farther = web.zone(json!({ "Name": "example.net", "CallerReference": "farther" }));
    web.record(&nearer, &address("www.eu.example.net", "203.0.113.1"));
    web.record(&farther, &address("api.eu.example.net", "203.0.113.2"));
    let outside = web.traffic().outside;
    assert_eq!(addresses(&outside, "www.eu.example.net"), [Ipv4Addr::new(203, 0, 113, 1)]);
    assert_eq!(outside.look_up("api.eu.example.net").end, End::Nowhere, "the nearer zone has not that name");
}

#[test]
fn a_private_zone_is_seen_by_its_vpc_only_and_hides_the_public_one() {
    let web = Web::new();
    web.record(&web.first_zone(), &address("db.example.com", "203.0.113.1"));
    let private = web.zone(json!({
        "Name": "example.com", "CallerReference": "private", "HostedZoneConfig": { "PrivateZone": true },
        "VPC": { "VPCId": web.vpc, "VPCRegion": REGION }
    }));
    assert_eq!(web.traffic().inside.look_up("db.example.com").end, End::Nowhere, "hidden altogether");
    web.record(&private, &address("db.example.com", "10.0.0.9"));
    let traffic = web.traffic();
    assert_eq!(addresses(&traffic.inside, "db.example.com"), [Ipv4Addr::new(10, 0, 0, 9)]);
    assert_eq!(addresses(&traffic.outside, "db.example.com"), [Ipv4Addr::new(203, 0, 113, 1)]);
}
