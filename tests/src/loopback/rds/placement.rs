//! Which zones an instance stands in, and whether the internet can reach it there.

use super::noun::Noun as _;
use super::orderable::offered_zones;
use super::settings::Settings;
use super::subnet_group::SubnetGroup;
use crate::loopback::action::Call;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::world::{Region, hash};

/// The zone of the instance and that of its standby. AWS chooses by chance, this by the name.
///
/// # Errors
/// For a zone that the group has not, and for fewer zones, or fewer with capacity, than are needed.
pub fn zones(
    call: &Call<'_>,
    name: &str,
    group: &SubnetGroup,
    settings: &Settings,
) -> Result<(String, Option<String>)> {
    let needed = if settings.multi_az { 2 } else { 1 };
    let mut zones = possible(call, group, settings)?;
    if zones.len() < needed {
        let message =
            format!("The DB subnet group '{}' does not cover enough availability zones.", group.name());
        return Err(AwsError::new("DBSubnetGroupDoesNotCoverEnoughAZs", message));
    }
    // A zone without EC2's capacity may have RDS's: only one that lacks this very class counts.
    zones.retain(|zone| !call.conditions.no_capacity.contains(&format!("{zone}:{}", settings.class)));
    if zones.len() < needed {
        let class = &settings.class;
        let message = format!(
            "We currently do not have sufficient {class} capacity in the Availability Zone you requested."
        );
        return Err(AwsError::new("InsufficientDBInstanceCapacity", message));
    }
    let count = zones.len();
    zones.rotate_left(usize::try_from(hash(name) % 1_000_000).unwrap_or_default() % count);
    Ok((zones[0].to_owned(), settings.multi_az.then(|| zones[1].to_owned())))
}

/// The zones of the group that have the classes at all, or the one that the call asks for.
fn possible<'a>(call: &Call<'_>, group: &'a SubnetGroup, settings: &Settings) -> Result<Vec<&'a str>> {
    let offered = offered_zones(call.region);
    let mut zones: Vec<&str> =
        group.zones().into_iter().filter(|zone| offered.iter().any(|o| o == zone)).collect();
    let Some(asked) = call.params.text("AvailabilityZone") else { return Ok(zones) };
    if settings.multi_az {
        let message = "Requesting a specific availability zone is not valid for Multi-AZ instances.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    if !zones.contains(&asked) {
        let message = format!("The DB subnet group has no subnet in the Availability Zone {asked}.");
        return Err(AwsError::new("InvalidVPCNetworkStateFault", message));
    }
    zones.retain(|zone| *zone == asked);
    Ok(zones)
}

/// Whether an instance that is to be public can be.
///
/// # Errors
/// `InvalidVPCNetworkStateFault`.
pub fn check_public(region: &Region, vpc: &str, settings: &Settings) -> Result<()> {
    let found = region.ec2.vpcs.get(vpc);
    if !settings.public || internet(region, vpc) && found.is_some_and(|v| v.dns_support && v.dns_hostnames) {
        return Ok(());
    }
    let message = if internet(region, vpc) {
        "Cannot create a publicly accessible DBInstance. The specified VPC does not support DNS resolution, DNS hostnames, or \
         both. Update the VPC and then try again"
    } else {
        "Cannot create a publicly accessible DBInstance. The specified VPC has no internet gateway attached. Update the VPC and \
         then try again"
    };
    Err(AwsError::new("InvalidVPCNetworkStateFault", message))
}

fn internet(region: &Region, vpc: &str) -> bool {
    region.ec2.internet_gateways.values().any(|gateway| gateway.vpc.as_deref() == Some(vpc))
}
