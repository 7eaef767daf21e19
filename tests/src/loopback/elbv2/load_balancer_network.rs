//! The subnets and security groups of load balancers, and the network interfaces they have there.

use std::collections::BTreeSet;

use super::load_balancer::{LoadBalancer, Place};
use super::noun::invalid;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::ec2::network_interface_life::{self, Spec, close};
use crate::loopback::ec2::security_group::SecurityGroup;
use crate::loopback::ec2::subnet::Subnet;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("SetSecurityGroups", set_security_groups, "LoadBalancerArn! SecurityGroups.N!"),
    write("SetSubnets", set_subnets, "LoadBalancerArn! Subnets.N SubnetMappings.N.SubnetId"),
];

/// Free addresses that it asks of each subnet, to grow.
const ADDRESSES: usize = 8;
/// For so long interfaces stay where it is no more.
const LINGER_SECONDS: f64 = 120.0;

/// The subnets that a call lists, which must be in two zones at least.
///
/// # Errors
/// For too few of them, those that are not there or do not go together, and those that are too full.
pub fn subnets(call: &Call<'_>, scheme: &str) -> Result<Vec<Subnet>> {
    let mut ids = call.params.texts("Subnets");
    ids.extend(
        call.params.items("SubnetMappings").into_iter().filter_map(|mapping| mapping.text("SubnetId")),
    );
    let subnets: Vec<Subnet> = ids.iter().map(|id| subnet(call, id)).collect::<Result<_>>()?;
    if subnets.len() < 2 {
        return Err(invalid("At least two subnets in two different Availability Zones must be specified"));
    }
    let wrong = |message: &str| Err(AwsError::new("InvalidConfigurationRequest", message));
    let zones: BTreeSet<&str> = subnets.iter().map(|subnet| subnet.zone.name.as_str()).collect();
    if zones.len() < subnets.len() {
        return wrong("A load balancer cannot be attached to multiple subnets in the same Availability Zone");
    }
    let vpcs: BTreeSet<&str> = subnets.iter().map(|subnet| subnet.vpc.as_str()).collect();
    if vpcs.len() > 1 {
        return wrong("All subnets must belong to the same VPC");
    }
    let vpc = vpcs.first().copied().unwrap_or_default();
    let gateways = call.region.ec2.internet_gateways.values();
    let connected = gateways.into_iter().any(|gateway| gateway.vpc.as_deref() == Some(vpc));
    if scheme == "internet-facing" && !connected {
        return Err(AwsError::new("InvalidSubnet", format!("VPC {vpc} has no internet gateway")));
    }
    Ok(subnets)
}

fn subnet(call: &Call<'_>, id: &str) -> Result<Subnet> {
    let found = call.find::<Subnet>(id);
    let subnet =
        found.map_err(|_| AwsError::new("SubnetNotFound", format!("The subnet ID '{id}' does not exist")))?;
    if subnet.free(&call.region.ec2) >= ADDRESSES {
        return Ok(subnet.clone());
    }
    let message = format!(
        "Not enough IP space available in {id}. ELB requires at least {ADDRESSES} free IP addresses in each subnet."
    );
    Err(AwsError::new("InvalidSubnet", message))
}

/// The groups that a call lists; the VPC's default one where it lists none.
///
/// # Errors
/// `InvalidSecurityGroup` for those that are not there, or of another VPC.
pub fn security_groups(call: &Call<'_>, vpc: &str) -> Result<Vec<String>> {
    let ids = call.params.texts("SecurityGroups");
    let of_vpc = |group: &&SecurityGroup| group.vpc == vpc;
    if ids.is_empty() {
        let mut groups = call.region.ec2.security_groups.values().filter(of_vpc);
        let default = groups.find(|group| group.name == "default");
        return Ok(default.map(|group| group.meta.id.clone()).into_iter().collect());
    }
    let known = |id: &&str| call.find::<SecurityGroup>(id).is_ok_and(|group| of_vpc(&group));
    match ids.iter().find(|id| !known(id)) {
        Some(id) => {
            Err(AwsError::new("InvalidSecurityGroup", format!("The security group '{id}' does not exist")))
        }
        None => Ok(ids.into_iter().map(str::to_owned).collect()),
    }
}

/// Makes the network interface of a load balancer in a subnet.
///
/// # Errors
/// For a subnet that is full.
pub fn open(call: &mut Call<'_>, balancer: &LoadBalancer, subnet: &Subnet) -> Result<Place> {
    let description = format!("ELB {}", balancer.path());
    let spec = Spec {
        groups: balancer.groups.clone(),
        requester: Some("amazon-elb"),
        public: balancer.scheme == "internet-facing",
        ..Spec::new(&subnet.meta.id, &description)
    };
    let interface = network_interface_life::open(call.region, call.now, spec)?;
    Ok(Place { zone: subnet.zone.name.clone(), subnet: subnet.meta.id.clone(), interface })
}

fn set_security_groups(call: &mut Call<'_>) -> Result<Reply> {
    let arn = call.params.required("LoadBalancerArn")?;
    let balancer = call.balanced::<LoadBalancer>(arn)?.clone();
    let groups = security_groups(call, &balancer.vpc)?;
    call.balanced_mut::<LoadBalancer>(arn)?.groups.clone_from(&groups);
    for place in &balancer.places {
        if let Some(interface) = call.region.ec2.network_interfaces.get_mut(&place.interface) {
            interface.groups.clone_from(&groups);
        }
    }
    Ok(Node::new().texts("SecurityGroupIds", "member", groups).into())
}

fn set_subnets(call: &mut Call<'_>) -> Result<Reply> {
    let arn = call.params.required("LoadBalancerArn")?;
    let balancer = call.balanced::<LoadBalancer>(arn)?.clone();
    let subnets = subnets(call, &balancer.scheme)?;
    if subnets.iter().any(|subnet| subnet.vpc != balancer.vpc) {
        return Err(AwsError::new("InvalidSubnet", "The subnets must be of the load balancer's VPC"));
    }
    let gone = call.after(LINGER_SECONDS);
    let mut places = Vec::new();
    for subnet in &subnets {
        let kept = balancer.places.iter().find(|place| place.subnet == subnet.meta.id).cloned();
        places.push(match kept {
            Some(place) => place,
            None => open(call, &balancer, subnet)?,
        });
    }
    for left in balancer.places.iter().filter(|old| !places.iter().any(|place| place.subnet == old.subnet)) {
        close(call.region, &left.interface, gone);
    }
    let balancer = call.balanced_mut::<LoadBalancer>(arn)?;
    balancer.places = places;
    let zones: Vec<Node> = balancer.places.iter().map(Place::show).collect();
    Ok(Node::new().named_list("AvailabilityZones", "member", zones).put("IpAddressType", "ipv4").into())
}
