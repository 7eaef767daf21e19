//! Elastic IP addresses, and what they are associated with.

use std::net::Ipv4Addr;

use fastrand::Rng;

use super::describe::{Shape, select};
use super::instance::Instance;
use super::instance_state::State;
use super::network_interface::NetworkInterface;
use super::noun::kept;
use super::{Ec2, Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, done, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::xml::Node;
use crate::loopback::{id, tag};

pub const ACTIONS: &[Action] = &[
    write("AllocateAddress", allocate, "Domain @tags"),
    read("DescribeAddresses", list, "AllocationId.N PublicIp.N @filters"),
    write(
        "AssociateAddress",
        associate,
        "AllocationId! InstanceId NetworkInterfaceId PrivateIpAddress AllowReassociation",
    ),
    write("DisassociateAddress", disassociate, "AssociationId!"),
    write("ReleaseAddress", release, "AllocationId!"),
];

/// Addresses a Region.
const QUOTA: usize = 5;

#[derive(Clone, Debug)]
pub struct ElasticIp {
    pub meta: Meta,
    pub address: Ipv4Addr,
    pub association: Option<Association>,
}

/// What an address stands for.
#[derive(Clone, Debug)]
pub struct Association {
    pub id: String,
    pub interface: String,
}

/// A public address of AWS's.
pub fn address(rng: &mut Rng) -> Ipv4Addr {
    // A loopback address: a client that goes on to connect to what it was given stays on this machine.
    Ipv4Addr::new(127, rng.u8(128..=250), rng.u8(1..=250), rng.u8(1..=250))
}

/// The public host name of an address.
#[must_use]
pub fn host_name(address: Ipv4Addr) -> String {
    format!("ec2-{}.compute-1.amazonaws.com", address.to_string().replace('.', "-"))
}

/// The elastic address of an interface.
#[must_use]
pub fn of_interface<'a>(ec2: &'a Ec2, interface: &str) -> Option<&'a ElasticIp> {
    ec2.elastic_ips.values().find(|ip| ip.association.as_ref().is_some_and(|a| a.interface == interface))
}

/// Frees whatever address an interface that goes away has had.
pub fn disassociate_interface(ec2: &mut Ec2, interface: &str) {
    for ip in ec2.elastic_ips.values_mut() {
        ip.association.take_if(|association| association.interface == interface);
    }
}

impl Noun for ElasticIp {
    const KIND: Kind = Kind {
        tag: "elastic-ip",
        prefix: "eipalloc-",
        word: "allocation ID",
        malformed: "InvalidAllocationID.Malformed",
        not_found: "InvalidAllocationID.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("allocation-id", |ip, _| vec![ip.meta.id.clone()]),
        ("public-ip", |ip, _| vec![ip.address.to_string()]),
        ("domain", |_, _| vec!["vpc".to_owned()]),
        ("network-border-group", |_, view| vec![view.region.name.clone()]),
        ("association-id", |ip, _| ip.association.iter().map(|a| a.id.clone()).collect()),
        ("network-interface-id", |ip, _| ip.association.iter().map(|a| a.interface.clone()).collect()),
        ("network-interface-owner-id", |ip, view| {
            ip.association.iter().map(|_| view.region.account.clone()).collect()
        }),
        ("private-ip-address", |ip, view| {
            ip.interface(view).map(|i| i.private_ip.to_string()).into_iter().collect()
        }),
        ("instance-id", |ip, view| ip.instance(view).into_iter().collect()),
    ];

    kept!(elastic_ips);

    fn show(&self, view: View<'_>) -> Node {
        let interface = self.interface(view);
        Node::new()
            .put("publicIp", self.address)
            .put("allocationId", self.id())
            .put("domain", "vpc")
            .put("publicIpv4Pool", "amazon")
            .put("networkBorderGroup", &view.region.name)
            .maybe("associationId", self.association.as_ref().map(|a| a.id.as_str()))
            .maybe("networkInterfaceId", interface.map(Noun::id))
            .maybe("networkInterfaceOwnerId", interface.map(|_| view.region.account.as_str()))
            .maybe("privateIpAddress", interface.map(|i| i.private_ip))
            .maybe("instanceId", self.instance(view))
            .list("tagSet", tag::nodes(&self.meta.tags))
    }

    fn aliases(&self) -> Vec<String> {
        let mut aliases = vec![self.address.to_string(), host_name(self.address)];
        aliases.extend(self.association.iter().map(|association| association.id.clone()));
        aliases
    }
}

impl ElasticIp {
    fn interface<'a>(&self, view: View<'a>) -> Option<&'a NetworkInterface> {
        view.region.ec2.network_interfaces.get(&self.association.as_ref()?.interface)
    }

    fn instance(&self, view: View<'_>) -> Option<String> {
        self.interface(view)?.attachment.as_ref()?.instance.clone()
    }
}

fn allocate(call: &mut Call<'_>) -> Result<Reply> {
    if let Some(domain) = call.params.text("Domain").filter(|domain| *domain != "vpc") {
        return Err(AwsError::invalid_value(format!(
            "Value ({domain}) for parameter domain is invalid. Valid values are 'vpc'."
        )));
    }
    if call.region.ec2.elastic_ips.len() >= call.conditions.quota("elastic-ip", QUOTA) {
        return Err(AwsError::new(
            "AddressLimitExceeded",
            "The maximum number of addresses has been reached.",
        ));
    }
    let meta = call.make::<ElasticIp>()?;
    let address = free(call)?;
    let answer = Node::new()
        .put("publicIp", address)
        .put("allocationId", &meta.id)
        .put("domain", "vpc")
        .put("publicIpv4Pool", "amazon")
        .put("networkBorderGroup", &call.region.name);
    call.keep(ElasticIp { meta, address, association: None });
    Ok(answer.into())
}

/// An address of AWS's, or the first free one of the pool that was set.
fn free(call: &mut Call<'_>) -> Result<Ipv4Addr> {
    let Some(pool) = call.conditions.address_pool else {
        return Ok(address(&mut call.region.rng));
    };
    let taken = |address: &Ipv4Addr| call.region.ec2.elastic_ips.values().any(|ip| ip.address == *address);
    pool.hosts().find(|address| !taken(address)).ok_or_else(|| {
        AwsError::new("InsufficientAddressCapacity", "Not enough capacity to fulfill your address request.")
    })
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let wanted = call.params.texts("PublicIp");
    let all = &call.region.ec2.elastic_ips;
    if let Some(unknown) =
        wanted.iter().find(|ip| !all.values().any(|known| known.address.to_string() == **ip))
    {
        return Err(AwsError::new("InvalidAddress.NotFound", format!("Address '{unknown}' not found.")));
    }
    let selected = select::<ElasticIp>(call, &Shape::new("AllocationId", "addressesSet"))?;
    let asked = |ip: &&ElasticIp| wanted.is_empty() || wanted.contains(&ip.address.to_string().as_str());
    let nodes = selected.into_iter().filter(asked).map(|ip| ip.show(call.view()));
    Ok(Node::new().list("addressesSet", nodes).into())
}

fn associate(call: &mut Call<'_>) -> Result<Reply> {
    let ip = call.named::<ElasticIp>("AllocationId")?.clone();
    let interface = target(call)?;
    let current = ip.association.as_ref();
    if let Some(same) = current.filter(|association| association.interface == interface) {
        return Ok(Node::new().put("return", true).put("associationId", &same.id).into());
    }
    let again = call.params.flag("AllowReassociation")? == Some(true);
    let other = of_interface(&call.region.ec2, &interface).is_some();
    if (current.is_some() || other) && !again {
        let message = format!(
            "resource {} is already associated with associate-id {}",
            ip.meta.id,
            current.map_or("", |a| &a.id)
        );
        return Err(AwsError::new("Resource.AlreadyAssociated", message));
    }
    disassociate_interface(&mut call.region.ec2, &interface);
    let id = id::fresh(&mut call.region.rng, "eipassoc-");
    call.find_mut::<ElasticIp>(&ip.meta.id)?.association = Some(Association { id: id.clone(), interface });
    Ok(Node::new().put("return", true).put("associationId", id).into())
}

/// The interface that a call names, by itself or as an instance's first, of an instance that is neither coming nor going.
fn target(call: &Call<'_>) -> Result<String> {
    if let Some(id) = call.params.text("NetworkInterfaceId") {
        let interface = call.find::<NetworkInterface>(id)?;
        let instance =
            interface.attachment.as_ref().and_then(|a| call.region.ec2.instances.get(a.instance.as_ref()?));
        return match instance.map(|instance| instance.state(call.now)) {
            Some(State::Pending) => {
                let message = format!(
                    "The pending-instance-creation instance to which '{id}' is attached is not in a valid state for this operation"
                );
                Err(AwsError::new("IncorrectInstanceState", message))
            }
            _ => Ok(id.to_owned()),
        };
    }
    let id = call.params.text("InstanceId").ok_or_else(|| {
        AwsError::new("MissingParameter", "Either 'InstanceId' or 'NetworkInterfaceId' must be specified.")
    })?;
    let instance = call.find::<Instance>(id)?;
    let state = instance.state(call.now).name();
    let primary =
        instance.primary(&call.region.ec2).filter(|_| matches!(state, "running" | "stopping" | "stopped"));
    primary.map(|interface| interface.meta.id.clone()).ok_or_else(|| {
        let message = format!("The {state} instance '{id}' is not in a valid state for this operation.");
        AwsError::new("InvalidInstanceID", message)
    })
}

fn disassociate(call: &mut Call<'_>) -> Result<Reply> {
    let id = call.params.required("AssociationId")?;
    let all = &mut call.region.ec2;
    let found = all.elastic_ips.values_mut().find(|ip| ip.association.as_ref().is_some_and(|a| a.id == id));
    let ip = found.ok_or_else(|| {
        AwsError::new("InvalidAssociationID.NotFound", format!("The association ID '{id}' does not exist"))
    })?;
    let kind = ip.association.as_ref().and_then(|a| all.network_interfaces.get(&a.interface)).map(|i| i.kind);
    if kind == Some("nat_gateway") {
        let message = format!(
            "You do not have permission to access the specified resource ({id}): it belongs to a NAT gateway."
        );
        return Err(AwsError::new("AuthFailure", message).status(403));
    }
    ip.association = None;
    done()
}

fn release(call: &mut Call<'_>) -> Result<Reply> {
    let ip = call.named::<ElasticIp>("AllocationId")?;
    if ip.association.is_some() {
        return Err(AwsError::new("InvalidIPAddress.InUse", format!("Address {} is in use.", ip.address)));
    }
    let id = ip.meta.id.clone();
    call.drop_noun::<ElasticIp>(&id);
    done()
}
