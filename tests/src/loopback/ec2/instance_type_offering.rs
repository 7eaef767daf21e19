//! Which zones offer which instance types.

use super::availability_zone;
use super::instance_type::{ALL, offered};
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::{self, Field};
use crate::loopback::page;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read("DescribeInstanceTypeOfferings", list, "LocationType @filters @page")];

/// A type at a place.
struct Offering {
    kind: &'static str,
    location: String,
}

const FILTERS: &[Field<Offering>] = &[
    ("instance-type", |offering, _| vec![offering.kind.to_owned()]),
    ("location", |offering, _| vec![offering.location.clone()]),
];

fn offerings(region: &Region, by: &str) -> Result<Vec<Offering>> {
    let zones = availability_zone::zones(region);
    let place = |zone: &availability_zone::Zone| match by {
        "availability-zone" => Ok(zone.name.clone()),
        "availability-zone-id" => Ok(zone.id.clone()),
        _ => Err(AwsError::invalid_value(format!("Value ({by}) for parameter LocationType is invalid."))),
    };
    if by == "region" {
        return Ok(ALL
            .iter()
            .map(|kind| Offering { kind: kind.name, location: region.name.clone() })
            .collect());
    }
    let mut all = Vec::new();
    for zone in &zones {
        let location = place(zone)?;
        let here = ALL.iter().filter(|kind| offered(kind.name, &zone.name));
        all.extend(here.map(|kind| Offering { kind: kind.name, location: location.clone() }));
    }
    Ok(all)
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let by = call.params.text("LocationType").unwrap_or("region");
    let filters = filter::parse(call.params, "Filter", "Value")?;
    filter::known(&filters, FILTERS, false)?;
    let mut all = offerings(call.region, by)?;
    let view = call.view();
    all.retain(|offering| filter::matches(&filters, offering, FILTERS, None, view));
    let page = page::ec2(call.params, all, 5..=1000)?;
    let show = |offering: Offering| {
        Node::new()
            .put("instanceType", offering.kind)
            .put("locationType", by)
            .put("location", offering.location)
    };
    let nodes = page.items.into_iter().map(show);
    Ok(Node::new().list("instanceTypeOfferingSet", nodes).maybe("nextToken", page.next).into())
}
