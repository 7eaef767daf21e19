//! Where an instance stands: subnets, zones, security groups, and the network interfaces that hold them.

use super::noun::Noun as _;
use super::placement;
use super::settings::Settings;
use super::subnet_choice;
use super::subnet_group::{self, SubnetGroup};
use crate::loopback::action::Call;
use crate::loopback::clock::Time;
use crate::loopback::ec2::network_interface::{self, Spec};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::world::Region;

/// What the description of the interfaces is, and who asks for them.
const DESCRIPTION: &str = "RDSNetworkInterface";
const REQUESTER: &str = "amazon-rds";
/// Security groups an interface.
const GROUPS: usize = 5;

#[derive(Clone, Debug)]
pub struct Network {
    pub subnet_group: String,
    pub vpc: String,
    pub zone: String,
    /// The zone of the standby of a Multi-AZ instance.
    pub secondary: Option<String>,
    pub groups: Vec<String>,
    /// From when on the groups are in force.
    pub groups_active: Time,
    /// Interfaces with their subnets: the primary's first.
    pub interfaces: Vec<(String, String)>,
}

impl Network {
    /// The subnets that it has interfaces in.
    pub fn subnets(&self) -> impl Iterator<Item = &str> {
        self.interfaces.iter().map(|(_, subnet)| subnet.as_str())
    }
}

/// Finds a place for an instance: the subnet group that the call names, `usual` or the default one, and zones in it.
///
/// # Errors
/// For groups that are not there or do not fit, and zones that the group has not or that have no capacity.
pub fn place(call: &mut Call<'_>, name: &str, settings: &Settings, usual: Option<&str>) -> Result<Network> {
    let chosen = call.params.text("DBSubnetGroupName").or(usual).map(str::to_ascii_lowercase);
    let chosen = chosen.unwrap_or_else(|| subnet_group::DEFAULT.to_owned());
    if chosen == subnet_group::DEFAULT {
        subnet_choice::ensure_default(call)?;
    }
    let group = call.region.rds.find::<SubnetGroup>(&chosen)?.clone();
    placement::check_public(call.region, &group.vpc, settings)?;
    let zones = placement::zones(call, name, &group, settings)?;
    let groups = security_groups(call, &group.vpc)?;
    let mut network = Network {
        subnet_group: chosen,
        vpc: group.vpc.clone(),
        zone: zones.0,
        secondary: zones.1,
        groups,
        groups_active: call.now,
        interfaces: Vec::new(),
    };
    let placed = std::iter::once(network.zone.clone()).chain(network.secondary.clone()).collect::<Vec<_>>();
    for zone in placed {
        open(call.region, call.now, &mut network, &group, &zone, settings.public)?;
    }
    Ok(network)
}

/// The groups that a call names, or the VPC's default one.
///
/// # Errors
/// `InvalidParameterValue` for groups that are not there, `InvalidParameterCombination` for those of another VPC.
pub fn security_groups(call: &Call<'_>, vpc: &str) -> Result<Vec<String>> {
    let ids = call.params.texts("VpcSecurityGroupIds");
    for id in &ids {
        let Some(group) = call.region.ec2.security_groups.get(*id) else {
            return Err(AwsError::invalid_value(format!(
                "Invalid security group , groupId= {id}, groupName=."
            )));
        };
        if group.vpc != vpc {
            return Err(AwsError::new(
                "InvalidParameterCombination",
                format!(
                    "The DB instance and EC2 security group are in different VPCs. The DB instance is in {vpc} and the EC2 \
                     security group is in {}",
                    group.vpc
                ),
            ));
        }
    }
    if ids.len() > GROUPS {
        let message = format!("An instance can have {GROUPS} security groups at most.");
        return Err(AwsError::invalid_value(message));
    }
    if ids.is_empty() {
        network_interface::groups(call, &[], vpc)
    } else {
        Ok(ids.into_iter().map(str::to_owned).collect())
    }
}

/// Opens an interface in the group's subnet of a zone.
///
/// # Errors
/// `InvalidVPCNetworkStateFault` where the subnet is gone or full.
pub fn open(
    region: &mut Region,
    now: Time,
    network: &mut Network,
    group: &SubnetGroup,
    zone: &str,
    public: bool,
) -> Result<()> {
    let subnets = group.subnets.iter().filter(|(_, in_zone)| in_zone == zone);
    for (subnet, _) in subnets {
        let groups = network.groups.clone();
        let spec = Spec { groups, requester: Some(REQUESTER), public, ..Spec::new(subnet, DESCRIPTION) };
        if let Ok(id) = network_interface::open(region, now, spec) {
            network.interfaces.push((id, subnet.clone()));
            return Ok(());
        }
    }
    let message =
        format!("The DB subnet group '{}' has no subnet with a free address in {zone}.", group.name());
    Err(AwsError::new("InvalidVPCNetworkStateFault", message))
}

/// Puts other groups on the interfaces of an instance.
pub fn regroup(region: &mut Region, network: &Network) {
    for (id, _) in &network.interfaces {
        if let Some(interface) = region.ec2.network_interfaces.get_mut(id) {
            interface.groups.clone_from(&network.groups);
        }
    }
}

/// Lets interfaces go at a moment, some time after what they were for.
pub fn close(region: &mut Region, interfaces: &[(String, String)], at: Time) {
    for (id, _) in interfaces {
        network_interface::close(region, id, at);
    }
}
