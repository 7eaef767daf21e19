//! How network interfaces come and go, on behalf of whichever service needs one.

use std::net::Ipv4Addr;

use super::Noun;
use super::elastic_ip;
use super::network_interface::{Attachment, NetworkInterface};
use super::subnet::Subnet;
use crate::loopback::action::Meta;
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::world::Region;
use crate::loopback::{id, tag};

/// An interface to be made.
#[derive(Clone, Debug)]
pub struct Spec<'a> {
    pub subnet: &'a str,
    pub description: &'a str,
    pub kind: &'static str,
    pub groups: Vec<String>,
    /// Who asks for it, where that is a service: `amazon-rds`.
    pub requester: Option<&'a str>,
    pub tags: tag::Tags,
    /// The address asked for, or any.
    pub private_ip: Option<Ipv4Addr>,
    /// Whether AWS lends it a public address.
    pub public: bool,
}

impl<'a> Spec<'a> {
    /// A plain interface of the account's own.
    #[must_use]
    pub fn new(subnet: &'a str, description: &'a str) -> Self {
        let tags = tag::Tags::new();
        Self {
            subnet,
            description,
            kind: "interface",
            groups: Vec::new(),
            requester: None,
            tags,
            private_ip: None,
            public: false,
        }
    }
}

/// Makes an interface, unattached but for those of services, which are attached to something that nobody sees.
///
/// # Errors
/// For a subnet that is not there or full, and an address that is taken or not in it.
pub fn open(region: &mut Region, now: Time, spec: Spec<'_>) -> Result<String> {
    let subnet =
        region.ec2.subnets.get(spec.subnet).ok_or_else(|| Subnet::KIND.not_found(&[spec.subnet]))?.clone();
    let private_ip = match spec.private_ip {
        Some(address) => taken(region, &subnet, address)?,
        None => subnet.address(&region.ec2)?,
    };
    let rng = &mut region.rng;
    let meta = Meta::fresh(rng, NetworkInterface::KIND.prefix, spec.tags, now);
    let attachment = spec.requester.map(|owner| Attachment {
        id: id::fresh(rng, "eni-attach-"),
        instance: None,
        owner: owner.to_owned(),
        index: 1,
        delete_on_termination: false,
        since: now,
    });
    let mac = id::hex(rng, 10)
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect::<Vec<_>>();
    let id = meta.id.clone();
    let interface = NetworkInterface {
        meta,
        vpc: subnet.vpc,
        zone: subnet.zone.name,
        subnet: subnet.meta.id,
        description: spec.description.to_owned(),
        kind: spec.kind,
        private_ip,
        public_ip: spec.public.then(|| elastic_ip::address(rng)),
        mac: format!("02:{}", mac.join(":")),
        groups: spec.groups,
        requester: spec.requester.map(str::to_owned),
        attachment,
        source_dest_check: spec.kind != "nat_gateway",
        gone: None,
    };
    region.ec2.network_interfaces.insert(id.clone(), interface);
    Ok(id)
}

fn taken(region: &Region, subnet: &Subnet, address: Ipv4Addr) -> Result<Ipv4Addr> {
    if !subnet.cidr.contains(&address) {
        return Err(AwsError::invalid_value(format!(
            "Address {address} does not fall within the subnet's address range"
        )));
    }
    let used = region
        .ec2
        .network_interfaces
        .values()
        .any(|other| other.subnet == subnet.meta.id && other.private_ip == address);
    if used {
        return Err(AwsError::new("InvalidIPAddress.InUse", format!("Address {address} is in use.")));
    }
    Ok(address)
}

/// Lets an interface go away at a moment; until then it holds its subnet and groups as before.
pub fn close(region: &mut Region, id: &str, at: Time) {
    if let Some(interface) = region.ec2.network_interfaces.get_mut(id) {
        interface.gone = Some(at);
    }
}

/// Takes away what has to be gone by now.
pub fn settle(region: &mut Region, now: Time) {
    let ec2 = &mut region.ec2;
    let gone: Vec<String> = ec2
        .network_interfaces
        .values()
        .filter(|i| i.gone.is_some_and(|at| at <= now))
        .map(|i| i.meta.id.clone())
        .collect();
    for id in gone {
        ec2.network_interfaces.shift_remove(&id);
        elastic_ip::disassociate_interface(ec2, &id);
    }
}
