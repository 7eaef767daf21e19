//! The network interfaces that a launch asks for: by the launch's own parameters, or by a list of interfaces.

use std::net::Ipv4Addr;

use super::Noun;
use super::network_interface::{self, Attachment, NetworkInterface, Spec};
use super::security_group::SecurityGroup;
use super::subnet::Subnet;
use crate::loopback::action::Call;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::id;
use crate::loopback::params::Params;
use crate::loopback::tag::Tags;

/// An interface of an instance to be launched.
#[derive(Clone, Debug)]
pub struct Port {
    pub index: u32,
    /// One that is there already.
    pub existing: Option<String>,
    pub subnet: Subnet,
    pub groups: Vec<String>,
    pub description: String,
    pub private_ip: Option<Ipv4Addr>,
    /// Whether AWS lends it a public address.
    pub public: bool,
    pub delete_on_termination: bool,
}

/// The interfaces of a launch, the primary one first.
///
/// # Errors
/// For subnets, groups and interfaces that are not there or do not go together.
pub fn read(call: &Call<'_>, params: &Params) -> Result<Vec<Port>> {
    let listed = params.items("NetworkInterface");
    if listed.is_empty() {
        return Ok(vec![own(call, params)?]);
    }
    for (parameter, word) in [
        ("SubnetId", "subnet ID"),
        ("SecurityGroupId", "security groups"),
        ("PrivateIpAddress", "private address"),
    ] {
        if params.has(parameter) {
            let message = format!(
                "Network interfaces and an instance-level {word} may not be specified on the same request"
            );
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
    }
    let mut ports: Vec<Port> = listed.iter().map(|item| port(call, params, item)).collect::<Result<_>>()?;
    ports.sort_by_key(|port| port.index);
    let asks_public = |item: &&&Params| item.text("AssociatePublicIpAddress").is_some();
    if ports.len() > 1 && listed.iter().any(|item| asks_public(&item)) {
        let message = "The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    if !ports.iter().zip(0..).all(|(port, index)| port.index == index) {
        return Err(AwsError::invalid_value(
            "Each network interface requires a unique device index, from 0 on.",
        ));
    }
    Ok(ports)
}

/// The one interface that a launch's own parameters describe.
fn own(call: &Call<'_>, params: &Params) -> Result<Port> {
    let subnet = subnet(call, params, params.text("SubnetId"))?;
    let mut groups = params.texts("SecurityGroupId");
    let names = params.texts("SecurityGroup");
    if !names.is_empty() && params.has("SubnetId") {
        let message = "The parameter groupName cannot be used with the parameter subnet";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    for name in names {
        groups.push(group_named(call, name, &subnet.vpc)?);
    }
    Ok(Port {
        index: 0,
        existing: None,
        groups: network_interface::groups(call, &groups, &subnet.vpc)?,
        description: String::new(),
        private_ip: params.parsed("PrivateIpAddress")?,
        public: subnet.public,
        delete_on_termination: true,
        subnet,
    })
}

fn group_named<'a>(call: &'a Call<'_>, name: &str, vpc: &str) -> Result<&'a str> {
    let mut groups = call.region.ec2.security_groups.values();
    let found: Option<&SecurityGroup> = groups.find(|group| group.vpc == vpc && group.name == name);
    found.map(Noun::id).ok_or_else(|| {
        AwsError::new(
            "InvalidGroup.NotFound",
            format!("The security group '{name}' does not exist in default VPC '{vpc}'"),
        )
    })
}

/// The subnet with an id; without one, the default subnet of the zone asked for, or of the first.
fn subnet(call: &Call<'_>, params: &Params, id: Option<&str>) -> Result<Subnet> {
    let zone = params.text("Placement.AvailabilityZone");
    let Some(id) = id else {
        let mut defaults = call.region.ec2.subnets.values().filter(|subnet| subnet.default);
        let found = defaults.find(|subnet| zone.is_none_or(|zone| subnet.zone.name == zone));
        return found.cloned().ok_or_else(|| match zone {
            Some(zone) => {
                AwsError::new("MissingInput", format!("No default subnet for availability zone: '{zone}'."))
            }
            None => AwsError::new("VPCIdNotSpecified", "No default VPC for this user"),
        });
    };
    let subnet = call.find::<Subnet>(id)?;
    match zone.filter(|zone| *zone != subnet.zone.name) {
        Some(zone) => Err(AwsError::invalid_value(format!(
            "The availability zone '{zone}' does not match the zone '{}' of the subnet '{id}'.",
            subnet.zone.name
        ))),
        None => Ok(subnet.clone()),
    }
}

/// An interface of a list.
fn port(call: &Call<'_>, params: &Params, item: &Params) -> Result<Port> {
    let index = item.parsed("DeviceIndex")?.ok_or_else(|| {
        AwsError::new("MissingParameter", "Each network interface requires a device index.")
    })?;
    let delete = item.flag("DeleteOnTermination")?;
    if let Some(id) = item.text("NetworkInterfaceId") {
        return existing(call, id, index, delete.unwrap_or_default());
    }
    let subnet = subnet(call, params, item.text("SubnetId"))?;
    Ok(Port {
        index,
        existing: None,
        groups: network_interface::groups(call, &item.texts("SecurityGroupId"), &subnet.vpc)?,
        description: item.text("Description").unwrap_or_default().to_owned(),
        private_ip: item.parsed("PrivateIpAddress")?,
        public: item.flag("AssociatePublicIpAddress")?.unwrap_or(subnet.public && index == 0),
        delete_on_termination: delete.unwrap_or(true),
        subnet,
    })
}

fn existing(call: &Call<'_>, id: &str, index: u32, delete_on_termination: bool) -> Result<Port> {
    let interface = call.find::<NetworkInterface>(id)?;
    if interface.attachment.is_some() {
        let message = format!("Interface: [{id}] in use.");
        return Err(AwsError::new("InvalidNetworkInterface.InUse", message));
    }
    Ok(Port {
        index,
        existing: Some(id.to_owned()),
        subnet: call.find::<Subnet>(&interface.subnet)?.clone(),
        groups: interface.groups.clone(),
        description: interface.description.clone(),
        private_ip: Some(interface.private_ip),
        public: false,
        delete_on_termination,
    })
}

impl Port {
    /// Makes the interface, unless it is there, and attaches it to an instance.
    ///
    /// # Errors
    /// For a subnet with no address left, and an address that is taken.
    pub fn attach(&self, call: &mut Call<'_>, instance: &str, tags: Tags) -> Result<()> {
        let id = match &self.existing {
            Some(id) => id.clone(),
            None => self.open(call, tags)?,
        };
        let attachment = Attachment {
            id: id::fresh(&mut call.region.rng, "eni-attach-"),
            instance: Some(instance.to_owned()),
            owner: call.region.account.clone(),
            index: self.index,
            delete_on_termination: self.delete_on_termination,
            since: call.now,
        };
        if let Some(interface) = call.region.ec2.network_interfaces.get_mut(&id) {
            interface.attachment = Some(attachment);
        }
        Ok(())
    }

    fn open(&self, call: &mut Call<'_>, tags: Tags) -> Result<String> {
        let spec = Spec {
            groups: self.groups.clone(),
            tags,
            private_ip: self.private_ip,
            public: self.public,
            ..Spec::new(&self.subnet.meta.id, &self.description)
        };
        network_interface::open(call.region, call.now, spec)
    }
}
