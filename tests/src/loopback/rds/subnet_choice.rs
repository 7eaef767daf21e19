//! The subnets of a DB subnet group: those of a call, or those of the default VPC.

use std::collections::BTreeSet;

use super::subnet_group::{DEFAULT, SubnetGroup};
use crate::loopback::action::{Call, Meta};
use crate::loopback::ec2::subnet::Subnet;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::Tags;

/// Subnets a group.
const SUBNETS: usize = 20;

/// The subnets of a call: all there, of one VPC, of two zones at least.
pub fn given(call: &Call<'_>) -> Result<(String, Vec<(String, String)>)> {
    let ids = call.params.texts("SubnetIds");
    let found: Vec<&Subnet> = ids.iter().filter_map(|id| call.find::<Subnet>(id).ok()).collect();
    if found.len() < ids.len() || found.is_empty() {
        let message = "Some input subnets in :[{}] are invalid.".replace("{}", &ids.join(", "));
        return Err(AwsError::new("InvalidSubnet", message));
    }
    if found.len() > SUBNETS {
        let message = "The request would result in the user exceeding the allowed number of subnets in a DB subnet group.";
        return Err(AwsError::new("DBSubnetQuotaExceededFault", message));
    }
    let vpc = found[0].vpc.clone();
    if found.iter().any(|subnet| subnet.vpc != vpc) {
        return Err(AwsError::invalid_value("The subnets are not all in the same VPC."));
    }
    let zones: BTreeSet<&str> = found.iter().map(|subnet| subnet.zone.name.as_str()).collect();
    if zones.len() < 2 {
        let covered = zones.into_iter().collect::<Vec<_>>().join(", ");
        return Err(AwsError::new(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            format!(
                "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: {covered}. \
                 Add subnets to cover at least 2 AZs."
            ),
        ));
    }
    Ok((vpc, found.iter().map(|subnet| (subnet.meta.id.clone(), subnet.zone.name.clone())).collect()))
}

/// Makes the default group, if it is not there yet, of the subnets of the default VPC.
///
/// # Errors
/// `DBSubnetGroupNotFoundFault` without a default VPC, `DBSubnetGroupDoesNotCoverEnoughAZs` without its subnets.
pub fn ensure_default(call: &mut Call<'_>) -> Result<()> {
    if call.region.rds.subnet_groups.contains_key(DEFAULT) {
        return Ok(());
    }
    let ec2 = &call.region.ec2;
    let vpc = ec2.vpcs.values().find(|vpc| vpc.default).map(|vpc| vpc.meta.id.clone());
    let vpc = vpc.ok_or_else(|| {
        AwsError::new(
            "DBSubnetGroupNotFoundFault",
            "No default subnet detected in VPC. Please contact AWS Support to recreate default Subnets.",
        )
        .status(404)
    })?;
    let subnets = ec2.subnets.values().filter(|subnet| subnet.vpc == vpc && subnet.default);
    let subnets: Vec<_> = subnets.map(|s| (s.meta.id.clone(), s.zone.name.clone())).collect();
    let meta = Meta { id: DEFAULT.to_owned(), tags: Tags::new(), made: call.now, visible: call.now };
    call.region.rds.keep(SubnetGroup { meta, description: DEFAULT.to_owned(), vpc, subnets });
    Ok(())
}
