//! STS: who is calling.

mod caller_identity;

use super::action::{Protocol, Service};

pub const SERVICE: Service = Service {
    name: "sts",
    protocol: Protocol::Query { xmlns: "https://sts.amazonaws.com/doc/2011-06-15/" },
    actions: &[caller_identity::ACTIONS],
    hooks: &[],
    route: None,
    settle: |_, _, _| {},
    resources: |_, _| Vec::new(),
};
