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
