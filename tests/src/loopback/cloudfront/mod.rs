//! `CloudFront`: distributions, which take minutes to reach every edge. One account's are the same in every Region.

mod delete;
mod distribution;
mod error;

use indexmap::IndexMap;

pub use distribution::Distribution;

use super::action::{Protocol, Reply, Service};
use super::rest::{self, Route};
use super::xml::Node;

const XMLNS: &str = "http://cloudfront.amazonaws.com/doc/2020-05-31/";

const ROUTES: &[Route] = &[
    ("POST", "/2020-05-31/distribution", "CreateDistribution"),
    ("GET", "/2020-05-31/distribution", "ListDistributions"),
    ("GET", "/2020-05-31/distribution/{Id}", "GetDistribution"),
    ("DELETE", "/2020-05-31/distribution/{Id}", "DeleteDistribution"),
    ("GET", "/2020-05-31/distribution/{Id}/config", "GetDistributionConfig"),
    ("PUT", "/2020-05-31/distribution/{Id}/config", "UpdateDistribution"),
];

pub const SERVICE: Service = Service {
    name: "cloudfront",
    protocol: Protocol::RestXml,
    actions: &[distribution::ACTIONS, delete::ACTIONS],
    hooks: &[],
    route: Some(ROUTES),
    settle: |_, _, _| {},
    resources: |region, _| region.cloudfront.distributions.values().map(Distribution::resource).collect(),
};

/// The distributions of an account, by id.
#[derive(Clone, Debug, Default)]
pub struct CloudFront {
    pub distributions: IndexMap<String, Distribution>,
}

/// An answer of this service.
fn reply(status: u16, root: &str, node: &Node) -> Reply {
    rest::reply(status, root, XMLNS, node)
}
