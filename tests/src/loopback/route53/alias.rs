//! Aliases: record sets that stand for something of AWS's own, or for another record set of the account.

use super::error::invalid;
use super::record::{self, RecordSet};
use super::zone::Zone;
use super::{Route53, name};
use crate::loopback::error::Result;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

/// The zones in which application load balancers have their names, by Region (from the AWS General Reference).
const LOAD_BALANCER_ZONES: &[(&str, &str)] = &[
    ("us-east-1", "Z35SXDOTRQ7X7K"),
    ("us-east-2", "Z3AADJGX6KTTL2"),
    ("us-west-1", "Z368ELLRRE2KJ0"),
    ("us-west-2", "Z1H1FL5HABSF5"),
    ("ca-central-1", "ZQSVJUPU6J1EY"),
    ("eu-central-1", "Z215JYRZR1TBD5"),
    ("eu-north-1", "Z23TAZ6LKFMNIO"),
    ("eu-west-1", "Z32O12XQLNTSW2"),
    ("eu-west-2", "ZHURV8PSTC4K8"),
    ("eu-west-3", "Z3Q77PNBQS71R4"),
    ("ap-south-1", "ZP97RAFLXTNZK"),
    ("ap-northeast-1", "Z14GRHDCWA56QT"),
    ("ap-northeast-2", "ZWKZPGTI48KDX"),
    ("ap-southeast-1", "Z1LMS91P8CMLE5"),
    ("ap-southeast-2", "Z1GM3OXH4ZPM65"),
    ("sa-east-1", "Z2P70J7HTTTPLU"),
];
const CLOUDFRONT_ZONE: &str = "Z2FDTNDATAQYW2";

/// The zone in which a Region's application load balancers have their names.
#[must_use]
pub fn load_balancer_zone(region: &str) -> &'static str {
    LOAD_BALANCER_ZONES.iter().find(|(name, _)| *name == region).map_or("", |(_, zone)| zone)
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    pub zone: String,
    /// Canonical, with a dot at its end.
    pub target: String,
    pub evaluate_health: bool,
}

impl Alias {
    pub fn show(&self) -> Node {
        Node::new()
            .put("HostedZoneId", &self.zone)
            .put("DNSName", &self.target)
            .put("EvaluateTargetHealth", self.evaluate_health)
    }
}

/// The alias of a change.
///
/// # Errors
/// `InvalidInput` for one that lacks something.
pub fn read(params: &Params) -> Result<Alias> {
    let part =
        |name| params.text(name).ok_or_else(|| invalid(format!("Missing field '{name}' in AliasTarget")));
    let evaluate = part("EvaluateTargetHealth")?;
    let evaluate_health = evaluate.parse().map_err(|_| invalid("EvaluateTargetHealth is true or false."))?;
    let zone = part("HostedZoneId")?.trim_start_matches("/hostedzone/").to_owned();
    let target = name::canonical(part("DNSName")?).map_err(invalid)?;
    Ok(Alias { zone, target, evaluate_health })
}

/// What is wrong with where an alias points to, if anything.
#[must_use]
pub fn problem(route53: &Route53, own: &Zone, record: &RecordSet) -> Option<String> {
    let alias = record.alias.as_ref()?;
    let (kind, target, zone) = (&record.kind, &alias.target, &alias.zone);
    let begin = format!("Tried to create an alias that targets {target}, type {kind} in zone {zone}");
    let own_or_other = if own.id == *zone { Some(own) } else { route53.zones.get(zone) };
    let outside = || Some(format!("{begin}, but the alias target name does not lie within the target zone"));
    match own_or_other {
        Some(zone) if !name::within(target, &zone.name) => outside(),
        Some(zone) if !zone.records.contains_key(&record::key(target, kind)) => {
            Some(format!("{begin}, but that target was not found"))
        }
        None if kind != "A" && kind != "AAAA" || !of_aws(target, zone) => outside(),
        _ => None,
    }
}

/// Whether AWS has a name like this in a zone of its own with this id.
fn of_aws(target: &str, zone: &str) -> bool {
    let host = target.trim_start_matches("dualstack.").trim_end_matches('.');
    if host.ends_with(".cloudfront.net") {
        return zone == CLOUDFRONT_ZONE;
    }
    let region = host.strip_suffix(".elb.amazonaws.com").and_then(|rest| rest.rsplit('.').next());
    region.is_some_and(|region| load_balancer_zone(region) == zone)
}
