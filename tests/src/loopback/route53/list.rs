//! Listing zones and their records, in Route 53's own order and pages.

use super::error::invalid;
use super::zone::{Zone, named};
use super::{name, record, reply};
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::Result;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    read("ListHostedZones", zones, "marker maxitems hostedzonetype"),
    read("ListHostedZonesByName", by_name, "dnsname hostedzoneid maxitems"),
    read("ListResourceRecordSets", records, "Id! name type maxitems"),
];

/// Zones a page, and records a page.
const ZONES: usize = 100;
const RECORDS: usize = 300;

/// How much is asked for. More than the most is as much as the most.
fn size(params: &Params, most: usize) -> Result<usize> {
    let refuse = || invalid("The value of MaxItems must be a whole number from 1.");
    match params.text("maxitems") {
        Some(text) => {
            text.parse().ok().filter(|size| *size > 0).map(|size: usize| size.min(most)).ok_or_else(refuse)
        }
        None => Ok(most),
    }
}

/// The first of what is left, and the one that the next page begins with.
fn cut<T>(mut items: Vec<T>, size: usize) -> (Vec<T>, Option<T>) {
    let rest = items.split_off(size.min(items.len()));
    (items, rest.into_iter().next())
}

fn zones(call: &mut Call<'_>) -> Result<Reply> {
    let size = size(call.params, ZONES)?;
    let private = match call.params.text("hostedzonetype") {
        None => false,
        Some("PrivateHostedZone") => true,
        Some(other) => return Err(invalid(format!("Invalid hosted zone type '{other}'"))),
    };
    let zones = call.region.route53.zones.values().filter(|zone| !private || !zone.networks.is_empty());
    let mut zones: Vec<&Zone> = zones.collect();
    let marker = call.params.text("marker");
    if let Some(marker) = marker {
        let start = zones.iter().position(|zone| zone.id == marker);
        zones.drain(..start.ok_or_else(|| invalid(format!("Invalid marker '{marker}'")))?);
    }
    let (page, next) = cut(zones, size);
    let answer = Node::new()
        .named_list("HostedZones", "HostedZone", page.into_iter().map(Zone::show))
        .maybe("Marker", marker)
        .put("IsTruncated", next.is_some())
        .maybe("NextMarker", next.map(|zone| zone.id.as_str()))
        .put("MaxItems", size);
    Ok(reply(200, "ListHostedZonesResponse", &answer))
}

/// All zones from a name on: the name asked for is only where the list begins.
fn by_name(call: &mut Call<'_>) -> Result<Reply> {
    let size = size(call.params, ZONES)?;
    let (dns, id) = (call.params.text("dnsname"), call.params.text("hostedzoneid"));
    if id.is_some() && dns.is_none() {
        return Err(invalid("A hosted zone ID needs a DNS name beside it."));
    }
    let canonical = dns.map(name::canonical).transpose();
    let from = canonical.map_err(invalid)?.map_or_else(String::new, |dns| name::reversed(&dns));
    let from = (from, id.unwrap_or_default().to_owned());
    let key = |zone: &Zone| (name::reversed(&zone.name), zone.id.clone());
    let mut zones: Vec<&Zone> = call.region.route53.zones.values().filter(|zone| key(zone) >= from).collect();
    zones.sort_by_key(|zone| key(zone));
    let (page, next) = cut(zones, size);
    let answer = Node::new()
        .named_list("HostedZones", "HostedZone", page.into_iter().map(Zone::show))
        .maybe("DNSName", dns)
        .maybe("HostedZoneId", id)
        .put("IsTruncated", next.is_some())
        .maybe("NextDNSName", next.map(|zone| zone.name.as_str()))
        .maybe("NextHostedZoneId", next.map(|zone| zone.id.as_str()))
        .put("MaxItems", size);
    Ok(reply(200, "ListHostedZonesByNameResponse", &answer))
}

fn records(call: &mut Call<'_>) -> Result<Reply> {
    let size = size(call.params, RECORDS)?;
    let zone = named(call.region, call.params.required("Id")?)?;
    let (start, kind) = (call.params.text("name"), call.params.text("type"));
    if start.is_none() && kind.is_some() {
        return Err(invalid("The request contains a type but no name to start at."));
    }
    if let Some(kind) = kind.filter(|kind| !record::KINDS.contains(kind)) {
        return Err(invalid(format!("Invalid record type '{kind}'")));
    }
    let canonical = start.map(name::canonical).transpose().map_err(invalid)?;
    let from = canonical.map_or_else(Default::default, |start| record::key(&start, kind.unwrap_or_default()));
    let (page, next) = cut(zone.records.range(from..).map(|(_, record)| record).collect(), size);
    let answer = Node::new()
        .named_list("ResourceRecordSets", "ResourceRecordSet", page.into_iter().map(record::RecordSet::show))
        .put("IsTruncated", next.is_some())
        .maybe("NextRecordName", next.map(|record| record.name.as_str()))
        .maybe("NextRecordType", next.map(|record| record.kind.as_str()))
        .put("MaxItems", size);
    Ok(reply(200, "ListResourceRecordSetsResponse", &answer))
}
