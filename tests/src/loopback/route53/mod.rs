//! Route 53: hosted zones and what stands in them. One account's zones are the same in every Region.

mod alias;
mod change;
mod error;
mod list;
mod name;
mod record;
mod tag;
mod value;
mod zone;

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

pub use alias::load_balancer_zone;
pub use change::Change;
pub use record::RecordSet;
pub use zone::Zone;

use super::action::{Protocol, Reply, Resource, Service};
use super::clock::{Clock, Time};
use super::rest::{self, Route};
use super::world::Region;
use super::xml::Node;

const XMLNS: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

const ROUTES: &[Route] = &[
    ("POST", "/2013-04-01/hostedzone", "CreateHostedZone"),
    ("GET", "/2013-04-01/hostedzone", "ListHostedZones"),
    ("GET", "/2013-04-01/hostedzonesbyname", "ListHostedZonesByName"),
    ("GET", "/2013-04-01/hostedzone/{Id}", "GetHostedZone"),
    ("DELETE", "/2013-04-01/hostedzone/{Id}", "DeleteHostedZone"),
    ("POST", "/2013-04-01/hostedzone/{Id}/rrset", "ChangeResourceRecordSets"),
    ("GET", "/2013-04-01/hostedzone/{Id}/rrset", "ListResourceRecordSets"),
    ("GET", "/2013-04-01/change/{Id}", "GetChange"),
    ("POST", "/2013-04-01/tags/{ResourceType}/{ResourceId}", "ChangeTagsForResource"),
    ("GET", "/2013-04-01/tags/{ResourceType}/{ResourceId}", "ListTagsForResource"),
];

pub const SERVICE: Service = Service {
    name: "route53",
    protocol: Protocol::RestXml,
    actions: &[zone::ACTIONS, list::ACTIONS, change::ACTIONS, tag::ACTIONS],
    hooks: &[],
    route: Some(ROUTES),
    settle,
    resources,
};

/// The zones of an account by id, and the changes made to them.
#[derive(Clone, Debug, Default)]
pub struct Route53 {
    pub zones: IndexMap<String, Zone>,
    pub changes: BTreeMap<String, Change>,
    /// The zones made because the conditions ask for them; one deleted since does not come back.
    seeded: BTreeSet<String>,
}

impl Route53 {
    /// What the world sees under a name: a record in a public zone.
    #[must_use]
    pub fn public(&self, name: &str, kind: &str) -> Option<&RecordSet> {
        let key = record::key(&name::canonical(name).ok()?, kind);
        let mut public = self.zones.values().filter(|zone| zone.networks.is_empty());
        public.find_map(|zone| zone.records.get(&key))
    }
}

/// Makes the zones that the conditions ask for.
fn settle(region: &mut Region, _clock: &Clock, now: Time) {
    for name in region.conditions.hosted_zones.clone() {
        if region.route53.seeded.insert(name.clone()) {
            // A name that is none makes no zone: the options are checked before they come here.
            let _ = zone::seed(region, &name, now);
        }
    }
}

fn resources(region: &Region, _now: Time) -> Vec<Resource> {
    region.route53.zones.values().map(Zone::resource).collect()
}

/// An answer of this service.
fn reply(status: u16, root: &str, node: &Node) -> Reply {
    rest::reply(status, root, XMLNS, node)
}
