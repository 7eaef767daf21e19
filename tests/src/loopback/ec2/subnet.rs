//! Subnets, and the addresses in them.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::availability_zone::{self, Zone};
use super::describe::{Shape, describe};
use super::noun::kept;
use super::vpc::Vpc;
use super::{Ec2, Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, done, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("CreateSubnet", create, "VpcId! CidrBlock! AvailabilityZone AvailabilityZoneId @tags"),
    read("DescribeSubnets", list, "SubnetId.N @filters @page"),
    write("DeleteSubnet", delete, "SubnetId!"),
    write("ModifySubnetAttribute", modify, "SubnetId! MapPublicIpOnLaunch.Value"),
];

/// Subnets a VPC.
const QUOTA: usize = 200;

#[derive(Clone, Debug)]
pub struct Subnet {
    pub meta: Meta,
    pub vpc: String,
    pub cidr: Ipv4Net,
    pub zone: Zone,
    pub default: bool,
    pub public: bool,
}

impl Noun for Subnet {
    const KIND: Kind = Kind {
        tag: "subnet",
        prefix: "subnet-",
        word: "subnet ID",
        malformed: "InvalidSubnetID.Malformed",
        not_found: "InvalidSubnetID.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("subnet-id", |subnet, _| vec![subnet.meta.id.clone()]),
        ("vpc-id", |subnet, _| vec![subnet.vpc.clone()]),
        ("cidr-block", |subnet, _| vec![subnet.cidr.to_string()]),
        ("cidr", |subnet, _| vec![subnet.cidr.to_string()]),
        ("cidrBlock", |subnet, _| vec![subnet.cidr.to_string()]),
        ("availability-zone", |subnet, _| vec![subnet.zone.name.clone()]),
        ("availabilityZone", |subnet, _| vec![subnet.zone.name.clone()]),
        ("availability-zone-id", |subnet, _| vec![subnet.zone.id.clone()]),
        ("availabilityZoneId", |subnet, _| vec![subnet.zone.id.clone()]),
        ("available-ip-address-count", |subnet, view| vec![subnet.free(&view.region.ec2).to_string()]),
        ("default-for-az", |subnet, _| vec![subnet.default.to_string()]),
        ("defaultForAz", |subnet, _| vec![subnet.default.to_string()]),
        ("map-public-ip-on-launch", |subnet, _| vec![subnet.public.to_string()]),
        ("owner-id", |_, view| vec![view.region.account.clone()]),
        ("state", |_, _| vec!["available".to_owned()]),
        ("subnet-arn", |subnet, view| vec![view.region.arn("ec2", &format!("subnet/{}", subnet.meta.id))]),
    ];

    kept!(subnets);

    fn show(&self, view: View<'_>) -> Node {
        let names = Node::new()
            .put("hostnameType", "ip-name")
            .put("enableResourceNameDnsARecord", false)
            .put("enableResourceNameDnsAAAARecord", false);
        Node::new()
            .put("subnetId", self.id())
            .put("subnetArn", view.region.arn("ec2", &format!("subnet/{}", self.id())))
            .put("state", "available")
            .put("ownerId", &view.region.account)
            .put("vpcId", &self.vpc)
            .put("cidrBlock", self.cidr)
            .list("ipv6CidrBlockAssociationSet", [])
            .put("availableIpAddressCount", self.free(&view.region.ec2))
            .put("availabilityZone", &self.zone.name)
            .put("availabilityZoneId", &self.zone.id)
            .put("defaultForAz", self.default)
            .put("mapPublicIpOnLaunch", self.public)
            .put("mapCustomerOwnedIpOnLaunch", false)
            .put("assignIpv6AddressOnCreation", false)
            .put("enableDns64", false)
            .put("ipv6Native", false)
            .node("privateDnsNameOptionsOnLaunch", names)
            .list("tagSet", tag::nodes(&self.meta.tags))
    }

    fn aliases(&self) -> Vec<String> {
        vec![self.acl_association()]
    }
}

impl Subnet {
    /// The id of its association with the VPC's network ACL.
    #[must_use]
    pub fn acl_association(&self) -> String {
        self.meta.id.replacen("subnet-", "aclassoc-", 1)
    }

    /// The addresses that network interfaces have.
    fn used(&self, ec2: &Ec2) -> BTreeSet<Ipv4Addr> {
        let interfaces = ec2.network_interfaces.values().filter(|interface| interface.subnet == self.meta.id);
        interfaces.map(|interface| interface.private_ip).collect()
    }

    /// How many addresses are left. AWS keeps five of each subnet.
    #[must_use]
    pub fn free(&self, ec2: &Ec2) -> usize {
        let size = 1usize << (32 - self.cidr.prefix_len());
        size.saturating_sub(5 + self.used(ec2).len())
    }

    /// The first free address: the first four and the last are AWS's.
    ///
    /// # Errors
    /// `InsufficientFreeAddressesInSubnet`.
    pub fn address(&self, ec2: &Ec2) -> Result<Ipv4Addr> {
        let used = self.used(ec2);
        let (first, last) = (u32::from(self.cidr.network()) + 4, u32::from(self.cidr.broadcast()));
        let free = (first..last).map(Ipv4Addr::from).find(|address| !used.contains(address));
        free.ok_or_else(|| {
            let message = format!("There are not enough free addresses in subnet '{}' to satisfy the requested number of instances.", self.meta.id);
            AwsError::new("InsufficientFreeAddressesInSubnet", message)
        })
    }
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let vpc = call.named::<Vpc>("VpcId")?.clone();
    let text = call.params.required("CidrBlock")?;
    let cidr = cidr(text)?;
    let others: Vec<&Subnet> =
        call.region.ec2.subnets.values().filter(|subnet| subnet.vpc == vpc.meta.id).collect();
    if !vpc.cidr.contains(&cidr) {
        return Err(AwsError::new("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    if others.iter().any(|other| other.cidr.contains(&cidr) || cidr.contains(&other.cidr)) {
        return Err(AwsError::new(
            "InvalidSubnet.Conflict",
            format!("The CIDR '{text}' conflicts with another subnet"),
        ));
    }
    if others.len() >= call.conditions.quota("subnet", QUOTA) {
        return Err(AwsError::new("SubnetLimitExceeded", "The maximum number of subnets has been reached."));
    }
    let zone = zone(call)?;
    let meta = call.make::<Subnet>()?;
    let subnet = Subnet { meta, vpc: vpc.meta.id, cidr, zone, default: false, public: false };
    let shown = subnet.show(call.view());
    call.keep(subnet);
    Ok(Node::new().node("subnet", shown).into())
}

fn cidr(text: &str) -> Result<Ipv4Net> {
    let message =
        format!("Value ({text}) for parameter cidrBlock is invalid. This is not a valid CIDR block.");
    let net: Ipv4Net = text.parse().map_err(|_| AwsError::invalid_value(message))?;
    if !(16..=28).contains(&net.prefix_len()) {
        return Err(AwsError::new("InvalidSubnet.Range", format!("The CIDR '{text}' is invalid.")));
    }
    Ok(net.trunc())
}

/// The zone asked for, or the first.
fn zone(call: &Call<'_>) -> Result<Zone> {
    let zones = availability_zone::zones(call.region);
    match (call.params.text("AvailabilityZone"), call.params.text("AvailabilityZoneId")) {
        (Some(name), None) => availability_zone::named(call.region, name),
        (name, id) => {
            let fits = |zone: &&Zone| name.is_none_or(|n| n == zone.name) && id.is_none_or(|i| i == zone.id);
            zones.iter().find(fits).cloned().ok_or_else(|| {
                AwsError::invalid_value(format!(
                    "Value ({}) for parameter availabilityZoneId is invalid.",
                    id.unwrap_or_default()
                ))
            })
        }
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    describe::<Subnet>(call, &Shape::new("SubnetId", "subnetSet"))
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let id = call.named::<Subnet>("SubnetId")?.meta.id.clone();
    let ec2 = &mut call.region.ec2;
    if ec2.network_interfaces.values().any(|interface| interface.subnet == id) {
        return Err(AwsError::dependency(format!(
            "The subnet '{id}' has dependencies and cannot be deleted."
        )));
    }
    for table in ec2.route_tables.values_mut() {
        table.associations.retain(|association| association.subnet.as_deref() != Some(&id));
    }
    call.drop_noun::<Subnet>(&id);
    done()
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let public = call.params.flag("MapPublicIpOnLaunch.Value")?;
    let public =
        public.ok_or_else(|| AwsError::new("InvalidParameterCombination", "No attributes specified."))?;
    let id = call.params.required("SubnetId")?;
    call.find_mut::<Subnet>(id)?.public = public;
    done()
}
