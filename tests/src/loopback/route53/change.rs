//! Changes to a zone's records: all of a batch or none, and known to all name servers some time later.

use super::error::{batch, invalid};
use super::record::RecordSet;
use super::zone::{Zone, named};
use super::{Route53, alias, name, reply};
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "ChangeResourceRecordSets",
        change,
        "Id! ChangeBatch.Comment ChangeBatch.Changes.N.Action ChangeBatch.Changes.N.ResourceRecordSet.Name \
         ChangeBatch.Changes.N.ResourceRecordSet.Type ChangeBatch.Changes.N.ResourceRecordSet.TTL \
         ChangeBatch.Changes.N.ResourceRecordSet.ResourceRecords.N.Value \
         ChangeBatch.Changes.N.ResourceRecordSet.AliasTarget.HostedZoneId \
         ChangeBatch.Changes.N.ResourceRecordSet.AliasTarget.DNSName \
         ChangeBatch.Changes.N.ResourceRecordSet.AliasTarget.EvaluateTargetHealth",
    ),
    read("GetChange", get, "Id!"),
];

/// How long name servers take to know of a change, and how much longer they may take.
const SYNC_SECONDS: f64 = 30.0;
const SYNC_SPREAD: f64 = 30.0;
/// Changes a batch.
const LIMIT: usize = 1000;

/// A change, on its way to the name servers.
#[derive(Clone, Debug)]
pub struct Change {
    pub id: String,
    pub submitted: Time,
    pub synced: Time,
    pub comment: Option<String>,
}

impl Change {
    fn show(&self, now: Time) -> Node {
        let info = Node::new()
            .put("Id", format!("/change/{}", self.id))
            .put("Status", if now < self.synced { "PENDING" } else { "INSYNC" })
            .put("SubmittedAt", self.submitted)
            .maybe("Comment", self.comment.as_ref());
        Node::new().node("ChangeInfo", info)
    }
}

/// Keeps a change made just now, and answers with it.
pub fn submit(call: &mut Call<'_>, comment: Option<&str>) -> Node {
    let rng = &mut call.region.rng;
    let letters = (0..19).map(|_| char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[rng.usize(0..36)]));
    let id = format!("C0{}", letters.collect::<String>());
    let spread = call.region.rng.f64() * SYNC_SPREAD;
    let synced = call.after(SYNC_SECONDS + spread);
    let change = Change { id: id.clone(), submitted: call.now, synced, comment: comment.map(str::to_owned) };
    let shown = change.show(call.now);
    call.region.route53.changes.insert(id, change);
    shown
}

/// Whether a zone cannot be without a record set.
#[must_use]
pub fn required(zone: &Zone, record: &RecordSet) -> bool {
    record.name == zone.name && matches!(record.kind.as_str(), "NS" | "SOA")
}

fn change(call: &mut Call<'_>) -> Result<Reply> {
    let mut zone = named(call.region, call.params.required("Id")?)?.clone();
    let changes = call.params.items("ChangeBatch.Changes");
    if changes.is_empty() {
        return Err(invalid(
            "1 validation error detected: changeBatch.changes must have at least one member",
        ));
    }
    let mut problems = Vec::new();
    if changes.len() > LIMIT {
        problems.push(format!("Number of records limit of {LIMIT} exceeded."));
    }
    let mut seen = Vec::new();
    for change in changes {
        let action = change.text("Action").unwrap_or_default();
        let params = change.nested("ResourceRecordSet");
        let params = params.ok_or_else(|| invalid("Missing field 'ResourceRecordSet' in Change"))?;
        let record = RecordSet::read(params, action, call.now, &mut problems)?;
        let key = (action == "DELETE", record.key());
        if seen.contains(&key) {
            let what = format!("{} {}", record.kind, record.name);
            let why = "The request contains an invalid set of changes for a resource record set";
            problems.push(format!("{why} '{what}'"));
        }
        seen.push(key);
        problems.extend(apply(&call.region.route53, &mut zone, action, record)?);
    }
    if !problems.is_empty() {
        return Err(batch(&problems));
    }
    call.region.route53.zones.insert(zone.id.clone(), zone);
    let change = submit(call, call.params.text("ChangeBatch.Comment"));
    Ok(reply(200, "ChangeResourceRecordSetsResponse", &change))
}

/// Makes one change, or says why it cannot be made.
fn apply(route53: &Route53, zone: &mut Zone, action: &str, record: RecordSet) -> Result<Option<String>> {
    let key = record.key();
    let named = format!("resource record set [name='{}', type='{}']", record.name, record.kind);
    let before = zone.records.get(&key);
    let problem = match (action, before) {
        ("DELETE", None) => Some(format!("Tried to delete {named} but it was not found")),
        ("DELETE", Some(before)) if !before.same(&record) => {
            let why = "but the values provided do not match the current values";
            Some(format!("Tried to delete {named} {why}"))
        }
        ("DELETE", Some(_)) if required(zone, &record) => Some(match record.kind.as_str() {
            "SOA" => "A HostedZone must contain exactly one SOA record.".to_owned(),
            _ => "A HostedZone must contain at least one NS record for the zone itself.".to_owned(),
        }),
        ("DELETE", Some(_)) => {
            zone.records.remove(&key);
            return Ok(None);
        }
        ("CREATE", Some(_)) => Some(format!("Tried to create {named} but it already exists")),
        ("CREATE" | "UPSERT", _) => {
            misplaced(zone, &record).or_else(|| alias::problem(route53, zone, &record))
        }
        (other, _) => {
            return Err(invalid(format!("Invalid action '{other}': give CREATE, DELETE or UPSERT")));
        }
    };
    if problem.is_none() {
        zone.put(record);
    }
    Ok(problem)
}

/// Why a record set cannot stand in a zone beside what there is.
fn misplaced(zone: &Zone, record: &RecordSet) -> Option<String> {
    let RecordSet { name, kind, .. } = record;
    if !name::within(name, &zone.name) {
        return Some(format!("RRSet with DNS name {name} is not permitted in zone {}", zone.name));
    }
    let what = format!("RRSet of type {kind} with DNS name {name} is not permitted");
    if kind == "CNAME" && *name == zone.name {
        return Some(format!("{what} at apex in zone {}", zone.name));
    }
    let mut others = zone.records.values().filter(|other| other.name == *name && other.kind != *kind);
    let other = others.next()?;
    if kind == "CNAME" {
        let why = "as it conflicts with other records with the same DNS name in zone";
        return Some(format!("{what} {why} {}", zone.name));
    }
    (other.kind == "CNAME").then(|| {
        let why = "because a conflicting RRSet of type CNAME with the same DNS name already exists in zone";
        format!("{what} {why} {}", zone.name)
    })
}

fn get(call: &mut Call<'_>) -> Result<Reply> {
    let id = call.params.required("Id")?.trim_start_matches("/change/");
    let refuse =
        || AwsError::new("NoSuchChange", format!("A change with the ID {id} does not exist")).status(404);
    let change = call.region.route53.changes.get(id).ok_or_else(refuse)?;
    Ok(reply(200, "GetChangeResponse", &change.show(call.now)))
}
