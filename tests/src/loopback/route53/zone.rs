//! Hosted zones.

use std::collections::BTreeMap;

use super::change::{self, submit};
use super::error::{invalid, no_zone};
use super::record::{self, RecordSet};
use super::{name, reply};
use crate::loopback::action::{Action, Call, Reply, Resource, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::tag::Tags;
use crate::loopback::world::{REGIONS, Region};
use crate::loopback::xml::Node;
use crate::loopback::{id, rest};

pub const ACTIONS: &[Action] = &[
    write(
        "CreateHostedZone",
        create,
        "Name! CallerReference! HostedZoneConfig.Comment HostedZoneConfig.PrivateZone VPC.VPCRegion VPC.VPCId",
    ),
    read("GetHostedZone", get, "Id!"),
    write("DeleteHostedZone", delete, "Id!"),
];

/// Hosted zones an account.
const QUOTA: usize = 500;
const NAME_SERVER_TTL: u32 = 172_800;
const AUTHORITY_TTL: u32 = 900;

#[derive(Clone, Debug)]
pub struct Zone {
    pub id: String,
    /// Canonical, with a dot at its end.
    pub name: String,
    pub reference: String,
    pub comment: Option<String>,
    /// The VPCs that see it, with their Regions; none for a zone that all the world sees.
    pub networks: Vec<(String, String)>,
    pub servers: Vec<String>,
    /// In the order in which they are listed.
    pub records: BTreeMap<record::Key, RecordSet>,
    pub tags: Tags,
}

impl Zone {
    /// A zone with the two record sets that every zone has.
    fn new(region: &mut Region, name: String, reference: String, now: Time) -> Self {
        let rng = &mut region.rng;
        let letters = |_| char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rng.usize(0..36)]);
        let id = format!("Z0{}", (0..19).map(letters).collect::<String>());
        let servers: Vec<String> = ["com", "net", "org", "co.uk"]
            .iter()
            .enumerate()
            .map(|(at, end)| {
                let number = region.rng.usize(at * 512..(at + 1) * 512);
                format!("ns-{number}.awsdns-{:02}.{end}", region.rng.u8(0..64))
            })
            .collect();
        let authority = format!("{}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400", servers[0]);
        let mut zone = Self {
            id,
            name,
            reference,
            comment: None,
            networks: Vec::new(),
            servers,
            records: BTreeMap::new(),
            tags: Tags::new(),
        };
        let servers = zone.servers.iter().map(|server| format!("{server}.")).collect();
        zone.put(RecordSet::plain(&zone.name, "NS", NAME_SERVER_TTL, servers, now));
        zone.put(RecordSet::plain(&zone.name, "SOA", AUTHORITY_TTL, vec![authority], now));
        zone
    }

    pub fn put(&mut self, record: RecordSet) {
        self.records.insert(record.key(), record);
    }

    pub fn show(&self) -> Node {
        let config =
            Node::new().maybe("Comment", self.comment.as_ref()).put("PrivateZone", !self.networks.is_empty());
        Node::new()
            .put("Id", format!("/hostedzone/{}", self.id))
            .put("Name", &self.name)
            .put("CallerReference", &self.reference)
            .node("Config", config)
            .put("ResourceRecordSetCount", self.records.len())
    }

    /// Where it can be asked: its name servers, or the VPCs that see it.
    fn reach(&self) -> Node {
        if self.networks.is_empty() {
            let servers = Node::new().texts("NameServers", "NameServer", &self.servers);
            return Node::new().node("DelegationSet", servers);
        }
        let networks =
            self.networks.iter().map(|(region, vpc)| Node::new().put("VPCRegion", region).put("VPCId", vpc));
        Node::new().named_list("VPCs", "VPC", networks)
    }

    /// As a dump has it, its records included.
    pub fn resource(&self) -> Resource {
        let records = self.records.values().map(RecordSet::show);
        let tags = self.tags.iter().map(|(key, value)| Node::new().put("Key", key).put("Value", value));
        let body = Node::new()
            .put("Name", &self.name)
            .maybe("Comment", self.comment.as_ref())
            .with(self.reach())
            .list("ResourceRecordSets", records)
            .list("Tags", tags);
        Resource {
            kind: "hosted-zone",
            id: self.id.clone(),
            name: Some(self.name.clone()),
            aliases: self.servers.clone(),
            body: body.json(),
        }
    }
}

/// A zone's id as it may be given: bare or as it is answered.
fn bare(id: &str) -> &str {
    id.trim_start_matches("/hostedzone/")
}

/// The zone that a call names.
///
/// # Errors
/// `NoSuchHostedZone`.
pub fn named<'a>(region: &'a Region, id: &str) -> Result<&'a Zone> {
    region.route53.zones.get(bare(id)).ok_or_else(|| no_zone(bare(id)))
}

/// The same, to change it.
///
/// # Errors
/// `NoSuchHostedZone`.
pub fn named_mut<'a>(region: &'a mut Region, id: &str) -> Result<&'a mut Zone> {
    region.route53.zones.get_mut(bare(id)).ok_or_else(|| no_zone(bare(id)))
}

/// A public zone that is there from the start.
///
/// # Errors
/// For a name that is none.
pub fn seed(region: &mut Region, text: &str, now: Time) -> Result<()> {
    let name = domain(text)?;
    let zone = Zone::new(region, name, format!("sandbox-{text}"), now);
    region.route53.zones.insert(zone.id.clone(), zone);
    Ok(())
}

fn domain(text: &str) -> Result<String> {
    let invalid = |why| AwsError::new("InvalidDomainName", why);
    let name = name::canonical(text).map_err(invalid)?;
    // Nobody can be given a top-level domain, nor a wildcard.
    if name.matches('.').count() < 2 || name.contains('\\') {
        return Err(invalid(format!("{name} is not a valid domain name.")));
    }
    Ok(name)
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let name = domain(call.params.required("Name")?)?;
    let reference = call.params.required("CallerReference")?.to_owned();
    if reference.is_empty() || reference.len() > 128 {
        return Err(invalid("The CallerReference must be 1 to 128 characters long."));
    }
    let zones = &call.region.route53.zones;
    if zones.values().any(|zone| zone.reference == reference) {
        let message = "A hosted zone has already been created with the specified caller reference.";
        return Err(AwsError::new("HostedZoneAlreadyExists", message).status(409));
    }
    if zones.len() >= call.conditions.quota("hosted-zone", QUOTA) {
        return Err(AwsError::new("TooManyHostedZones", "Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER"));
    }
    let networks = networks(call.params)?;
    let mut zone = Zone::new(call.region, name, reference, call.now);
    zone.comment = call.params.text("HostedZoneConfig.Comment").map(str::to_owned);
    zone.networks = networks;
    let change = submit(call, None);
    let location = format!("https://route53.amazonaws.com/2013-04-01/hostedzone/{}", zone.id);
    let answer = Node::new().node("HostedZone", zone.show()).with(change).with(zone.reach());
    call.region.route53.zones.insert(zone.id.clone(), zone);
    Ok(rest::with_headers(reply(201, "CreateHostedZoneResponse", &answer), vec![("location", location)]))
}

/// The VPC of a private zone, which need not be in this Region and so cannot be looked up here.
fn networks(params: &Params) -> Result<Vec<(String, String)>> {
    let private = params.flag("HostedZoneConfig.PrivateZone")?;
    let Some(vpc) = params.text("VPC.VPCId") else {
        return match private {
            Some(true) => Err(invalid("When you're creating a private hosted zone, you must specify a VPC.")),
            _ => Ok(Vec::new()),
        };
    };
    let region = params.text("VPC.VPCRegion").unwrap_or_default();
    if private == Some(false) || !REGIONS.iter().any(|(name, _)| *name == region) {
        return Err(invalid("A VPC needs its Region and a private hosted zone."));
    }
    if !id::well_formed(vpc, "vpc-") {
        let message = format!("The VPC ID '{vpc}' in region {region} is invalid.");
        return Err(AwsError::new("InvalidVPCId", message));
    }
    Ok(vec![(region.to_owned(), vpc.to_owned())])
}

fn get(call: &mut Call<'_>) -> Result<Reply> {
    let zone = named(call.region, call.params.required("Id")?)?;
    let answer = Node::new().node("HostedZone", zone.show()).with(zone.reach());
    Ok(reply(200, "GetHostedZoneResponse", &answer))
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let zone = named(call.region, call.params.required("Id")?)?;
    if zone.records.values().any(|record| !change::required(zone, record)) {
        let message =
            "The specified hosted zone contains non-required resource record sets and so cannot be deleted.";
        return Err(AwsError::new("HostedZoneNotEmpty", message));
    }
    let id = zone.id.clone();
    call.region.route53.zones.shift_remove(&id);
    let change = submit(call, None);
    Ok(reply(200, "DeleteHostedZoneResponse", &change))
}
