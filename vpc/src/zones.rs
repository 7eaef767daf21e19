//! Which availability zones of the Region can be used.

use anyhow::Result;
use aws_sdk_ec2::types::LocationType;
use common::call::{Call as _, both};
use common::session::Session;
use common::tags::ec2_filter;

/// What every later command can run on: a zone that does not offer it (us-east-1e is one) is not used.
const INSTANCE_TYPE: &str = "t3.micro";

/// Available zones that need no opt-in, by name. Local and wavelength zones are not among them.
///
/// # Errors
/// AWS's refusal to list the zones.
pub async fn list(session: &Session) -> Result<Vec<String>> {
    let (zones, offering) = both(available(session), offering(session)).await?;
    let mut zones: Vec<String> =
        zones.into_iter().filter(|zone| offering.is_empty() || offering.contains(zone)).collect();
    zones.sort();
    Ok(zones)
}

async fn available(session: &Session) -> Result<Vec<String>> {
    let answer = session
        .aws
        .ec2()
        .describe_availability_zones()
        .filters(ec2_filter("opt-in-status", ["opt-in-not-required"]))
        .filters(ec2_filter("zone-type", ["availability-zone"]))
        .filters(ec2_filter("state", ["available"]))
        .send()
        .await
        .cannot("look up the availability zones")?;
    Ok(answer.availability_zones().iter().filter_map(|zone| zone.zone_name()).map(str::to_owned).collect())
}

/// A refusal is no failure: some people may not ask, and then every zone will have to do.
async fn offering(session: &Session) -> Result<Vec<String>> {
    let answer = session
        .aws
        .ec2()
        .describe_instance_type_offerings()
        .location_type(LocationType::AvailabilityZone)
        .filters(ec2_filter("instance-type", [INSTANCE_TYPE]))
        .send()
        .await;
    let offerings = answer.map(|answer| answer.instance_type_offerings.unwrap_or_default());
    Ok(offerings.unwrap_or_default().into_iter().filter_map(|offering| offering.location).collect())
}
