//! Regions.

use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::{self, Field};
use crate::loopback::world::REGIONS;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read("DescribeRegions", list, "RegionName.N AllRegions @filters")];

const FILTERS: &[Field<&str>] = &[
    ("region-name", |name, _| vec![(*name).to_owned()]),
    ("endpoint", |name, _| vec![endpoint(name)]),
    ("opt-in-status", |_, _| vec!["opt-in-not-required".to_owned()]),
];

fn endpoint(name: &str) -> String {
    format!("ec2.{name}.amazonaws.com")
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let names = call.params.texts("RegionName");
    if let Some(unknown) = names.iter().find(|name| !REGIONS.iter().any(|(known, _)| known == *name)) {
        return Err(AwsError::invalid_value(format!("Invalid region name: {unknown}")));
    }
    let filters = filter::parse(call.params, "Filter", "Value")?;
    filter::known(&filters, FILTERS, false)?;
    let view = call.view();
    let wanted = REGIONS.iter().map(|(name, _)| *name).filter(|name| {
        (names.is_empty() || names.contains(name)) && filter::matches(&filters, name, FILTERS, None, view)
    });
    let show = |name: &str| {
        Node::new()
            .put("regionName", name)
            .put("regionEndpoint", endpoint(name))
            .put("optInStatus", "opt-in-not-required")
    };
    Ok(Node::new().list("regionInfo", wanted.map(show)).into())
}
