//! ACM: certificates that are issued once their domains are proven, by records in Route 53.

pub mod certificate;
mod describe;
mod domain;
mod error;
mod list;
mod request;
mod tag;

use indexmap::IndexMap;

pub use certificate::{Certificate, Status};

use super::action::{Protocol, Service, View};
use super::elbv2;
use super::world::Region;

pub const SERVICE: Service = Service {
    name: "acm",
    protocol: Protocol::Json { target: "CertificateManager", minor: 1 },
    actions: &[request::ACTIONS, describe::ACTIONS, list::ACTIONS, tag::ACTIONS],
    hooks: &[],
    route: None,
    settle: |region, clock, now| certificate::settle(region, clock, now),
    resources: |region, now| {
        let view = View { region, now };
        region.acm.certificates.values().map(|certificate| describe::resource(certificate, view)).collect()
    },
};

/// The certificates of a Region, by ARN.
#[derive(Clone, Debug, Default)]
pub struct Acm {
    pub certificates: IndexMap<String, Certificate>,
}

/// What uses a certificate: the ARNs of load balancers.
fn users(region: &Region, arn: &str) -> Vec<String> {
    elbv2::certificate_users(region, arn)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::json;

    use crate::loopback::{Conditions, Options, Server};

    #[test]
    fn a_certificate_is_issued_in_any_region_once_its_record_stands() {
        let conditions = Conditions { hosted_zones: vec!["example.com".to_owned()], ..Conditions::default() };
        let options = Options { time_scale: 1000.0, conditions, ..Options::default() };
        let aws = Server::start(&options).unwrap();
        let acm = |action, params| aws.drift("eu-west-1", "acm", action, params).unwrap();
        let request = json!({ "DomainName": "*.app-dev.example.com", "ValidationMethod": "DNS" });
        let arn = acm("RequestCertificate", request);
        let certificate = || acm("DescribeCertificate", arn.clone())["Certificate"].clone();
        let until = |done: &dyn Fn() -> bool| {
            let start = Instant::now();
            while !done() {
                assert!(start.elapsed() < Duration::from_secs(10), "{}", certificate());
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        until(&|| certificate()["DomainValidationOptions"][0]["ResourceRecord"].is_object());
        assert_eq!(certificate()["Status"], "PENDING_VALIDATION");
        let resources = aws.resources("us-east-1");
        let zone = resources["hosted-zone"].as_object().unwrap().keys().next().unwrap().clone();
        let record = certificate()["DomainValidationOptions"][0]["ResourceRecord"].clone();
        let set = json!({
            "Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{ "Value": record["Value"] }],
        });
        let changes = json!([{ "Action": "UPSERT", "ResourceRecordSet": set }]);
        let batch = json!({ "Id": zone, "ChangeBatch": { "Changes": changes } });
        aws.drift("us-east-1", "route53", "ChangeResourceRecordSets", batch).unwrap();
        until(&|| certificate()["Status"] == "ISSUED");
    }
}
