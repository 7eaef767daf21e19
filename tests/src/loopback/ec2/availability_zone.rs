//! Availability Zones, and the zones of other types that a Region has besides.

use crate::loopback::action::{Action, Call, Reply, View, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::{self, Field};
use crate::loopback::world::{REGIONS, Region};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] =
    &[read("DescribeAvailabilityZones", list, "ZoneName.N ZoneId.N AllAvailabilityZones @filters")];

/// A zone of a Region.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone {
    pub name: String,
    pub id: String,
    /// `availability-zone`, `local-zone` or `wavelength-zone`.
    pub kind: &'static str,
    pub opt_in: &'static str,
    pub group: String,
}

const FILTERS: &[Field<Zone>] = &[
    ("zone-name", |zone, _| vec![zone.name.clone()]),
    ("zone-id", |zone, _| vec![zone.id.clone()]),
    ("zone-type", |zone, _| vec![zone.kind.to_owned()]),
    ("opt-in-status", |zone, _| vec![zone.opt_in.to_owned()]),
    ("group-name", |zone, _| vec![zone.group.clone()]),
    ("region-name", |_, view| vec![view.region.name.clone()]),
    ("state", |_, _| vec!["available".to_owned()]),
];

/// The Availability Zones of a Region: six in us-east-1, the two of its three that an account sees in us-west-1, three elsewhere.
#[must_use]
pub fn zones(region: &Region) -> Vec<Zone> {
    let short = REGIONS.iter().find(|(name, _)| *name == region.name).map_or("", |(_, short)| short);
    let letters = match region.name.as_str() {
        "us-east-1" => "abcdef",
        "us-west-1" => "ac",
        _ => "abc",
    };
    let zone = |(letter, number)| Zone {
        name: format!("{}{letter}", region.name),
        id: format!("{short}-az{number}"),
        kind: "availability-zone",
        opt_in: "opt-in-not-required",
        group: region.name.clone(),
    };
    letters.chars().zip(1..).map(zone).collect()
}

/// The zones that have to be opted into, and are not: a client that takes them for Availability Zones must fail.
fn others(region: &Region) -> Vec<Zone> {
    if region.name != "us-east-1" {
        return Vec::new();
    }
    let zone = |name: &str, id: &str, kind, group: &str| Zone {
        name: name.to_owned(),
        id: id.to_owned(),
        kind,
        opt_in: "not-opted-in",
        group: group.to_owned(),
    };
    vec![
        zone("us-east-1-bos-1a", "use1-bos1-az1", "local-zone", "us-east-1-bos-1"),
        zone("us-east-1-wl1-bos-wlz-1", "use1-wl1-bos-wlz1", "wavelength-zone", "us-east-1-wl1"),
    ]
}

/// The zone with a name.
///
/// # Errors
/// `InvalidParameterValue`, with the names there are.
pub fn named(region: &Region, name: &str) -> Result<Zone> {
    let zones = zones(region);
    let names: Vec<&str> = zones.iter().map(|zone| zone.name.as_str()).collect();
    let message = format!(
        "Value ({name}) for parameter availabilityZone is invalid. Subnets can currently only be created in the following \
         availability zones: {}.",
        names.join(", ")
    );
    zones.iter().find(|zone| zone.name == name).cloned().ok_or_else(|| AwsError::invalid_value(message))
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let filters = filter::parse(call.params, "Filter", "Value")?;
    filter::known(&filters, FILTERS, false)?;
    let mut all = zones(call.region);
    if call.params.flag("AllAvailabilityZones")? == Some(true) {
        all.extend(others(call.region));
    }
    for (parameter, of) in
        [("ZoneName", (|zone| &zone.name) as fn(&Zone) -> &String), ("ZoneId", |zone| &zone.id)]
    {
        let wanted = call.params.texts(parameter);
        if let Some(unknown) = wanted.iter().find(|name| !all.iter().any(|zone| of(zone) == *name)) {
            return Err(AwsError::invalid_value(format!("Invalid availability zone: [{unknown}]")));
        }
        all.retain(|zone| wanted.is_empty() || wanted.contains(&of(zone).as_str()));
    }
    let view = call.view();
    let zones = all.iter().filter(|zone| filter::matches(&filters, *zone, FILTERS, None, view));
    Ok(Node::new().list("availabilityZoneInfo", zones.map(|zone| show(zone, view))).into())
}

fn show(zone: &Zone, view: View<'_>) -> Node {
    Node::new()
        .put("optInStatus", zone.opt_in)
        .list("messageSet", [])
        .put("regionName", &view.region.name)
        .put("zoneName", &zone.name)
        .put("zoneId", &zone.id)
        .put("groupName", &zone.group)
        .put("networkBorderGroup", &zone.group)
        .put("zoneType", zone.kind)
        .put("zoneState", "available")
}
