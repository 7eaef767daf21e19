//! Network interfaces: those of AWS's own services too, which hold subnets and groups, and outlive their owners.
//! How they come and go is in `network_interface_life.rs`, what can be asked for in `network_interface_action.rs`.

use std::net::Ipv4Addr;

pub use super::network_interface_action::groups;
pub use super::network_interface_life::{Spec, close, open};

use super::elastic_ip;
use super::noun::kept;
use super::{Kind, Noun};
use crate::loopback::action::{Meta, View};
use crate::loopback::clock::Time;
use crate::loopback::filter::Field;
use crate::loopback::tag;
use crate::loopback::xml::Node;

#[derive(Clone, Debug)]
pub struct NetworkInterface {
    pub meta: Meta,
    pub subnet: String,
    pub vpc: String,
    pub zone: String,
    pub description: String,
    /// `interface`, `nat_gateway`, …
    pub kind: &'static str,
    pub private_ip: Ipv4Addr,
    /// One that AWS has lent it, not an elastic one.
    pub public_ip: Option<Ipv4Addr>,
    pub mac: String,
    pub groups: Vec<String>,
    /// Who made it, where that was not the account itself: `amazon-rds`, `amazon-elb`.
    pub requester: Option<String>,
    pub attachment: Option<Attachment>,
    pub source_dest_check: bool,
    /// When it goes away by itself.
    pub gone: Option<Time>,
}

/// What an interface is attached to.
#[derive(Clone, Debug)]
pub struct Attachment {
    pub id: String,
    /// The instance, where it is one that the account can see.
    pub instance: Option<String>,
    /// The account, or the service: `amazon-elb`, `amazon-rds`, `amazon-aws`.
    pub owner: String,
    pub index: u32,
    pub delete_on_termination: bool,
    pub since: Time,
}

impl Noun for NetworkInterface {
    const KIND: Kind = Kind {
        tag: "network-interface",
        prefix: "eni-",
        word: "networkInterface ID",
        malformed: "InvalidNetworkInterfaceId.Malformed",
        not_found: "InvalidNetworkInterfaceID.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("network-interface-id", |i, _| vec![i.meta.id.clone()]),
        ("subnet-id", |i, _| vec![i.subnet.clone()]),
        ("vpc-id", |i, _| vec![i.vpc.clone()]),
        ("availability-zone", |i, _| vec![i.zone.clone()]),
        ("description", |i, _| vec![i.description.clone()]),
        ("group-id", |i, _| i.groups.clone()),
        ("group-name", |i, view| i.group_names(view)),
        ("interface-type", |i, _| vec![i.kind.to_owned()]),
        ("mac-address", |i, _| vec![i.mac.clone()]),
        ("owner-id", |_, view| vec![view.region.account.clone()]),
        ("private-ip-address", |i, _| vec![i.private_ip.to_string()]),
        ("addresses.private-ip-address", |i, _| vec![i.private_ip.to_string()]),
        ("association.public-ip", |i, view| i.public(view).map(|ip| ip.to_string()).into_iter().collect()),
        ("addresses.association.public-ip", |i, view| {
            i.public(view).map(|ip| ip.to_string()).into_iter().collect()
        }),
        ("requester-id", |i, _| i.requester.clone().into_iter().collect()),
        ("requester-managed", |i, _| vec![i.requester.is_some().to_string()]),
        ("source-dest-check", |i, _| vec![i.source_dest_check.to_string()]),
        ("status", |i, _| vec![i.status().to_owned()]),
        ("attachment.attachment-id", |i, _| i.attachment.iter().map(|a| a.id.clone()).collect()),
        ("attachment.instance-id", |i, _| i.attachment.iter().filter_map(|a| a.instance.clone()).collect()),
        ("attachment.instance-owner-id", |i, _| i.attachment.iter().map(|a| a.owner.clone()).collect()),
        ("attachment.device-index", |i, _| i.attachment.iter().map(|a| a.index.to_string()).collect()),
        ("attachment.status", |i, _| i.attachment.iter().map(|_| "attached".to_owned()).collect()),
    ];

    kept!(network_interfaces);

    fn show(&self, view: View<'_>) -> Node {
        let name = self.private_name();
        let association = self.association(view);
        let address = Node::new()
            .put("primary", true)
            .put("privateIpAddress", self.private_ip)
            .put("privateDnsName", &name)
            .maybe_node("association", association.clone());
        Node::new()
            .put("networkInterfaceId", self.id())
            .put("subnetId", &self.subnet)
            .put("vpcId", &self.vpc)
            .put("availabilityZone", &self.zone)
            .put("description", &self.description)
            .put("ownerId", &view.region.account)
            .maybe("requesterId", self.requester.as_ref())
            .put("requesterManaged", self.requester.is_some())
            .put("status", self.status())
            .put("macAddress", &self.mac)
            .put("privateIpAddress", self.private_ip)
            .put("privateDnsName", &name)
            .put("sourceDestCheck", self.source_dest_check)
            .put("interfaceType", self.kind)
            .list("groupSet", self.group_nodes(view))
            .maybe_node("attachment", self.attachment.as_ref().map(Attachment::show))
            .maybe_node("association", association)
            .list("privateIpAddressesSet", [address])
            .list("ipv6AddressesSet", [])
            .list("tagSet", tag::nodes(&self.meta.tags))
    }

    fn aliases(&self) -> Vec<String> {
        let mut aliases = vec![
            self.private_ip.to_string(),
            self.mac.clone(),
            format!("ip-{}.", self.private_ip.to_string().replace('.', "-")),
        ];
        aliases.extend(self.attachment.iter().map(|attachment| attachment.id.clone()));
        aliases.extend(self.public_ip.into_iter().flat_map(|ip| [ip.to_string(), elastic_ip::host_name(ip)]));
        aliases
    }
}

impl NetworkInterface {
    fn status(&self) -> &'static str {
        if self.attachment.is_some() { "in-use" } else { "available" }
    }

    /// The public address, elastic or lent.
    #[must_use]
    pub fn public(&self, view: View<'_>) -> Option<Ipv4Addr> {
        elastic_ip::of_interface(&view.region.ec2, &self.meta.id).map(|ip| ip.address).or(self.public_ip)
    }

    /// Its host name within the VPC.
    #[must_use]
    pub fn private_name(&self) -> String {
        format!("ip-{}.ec2.internal", self.private_ip.to_string().replace('.', "-"))
    }

    fn association(&self, view: View<'_>) -> Option<Node> {
        let elastic = elastic_ip::of_interface(&view.region.ec2, &self.meta.id);
        let address = self.public(view)?;
        let node = Node::new()
            .put("publicIp", address)
            .put("publicDnsName", elastic_ip::host_name(address))
            .put("ipOwnerId", if elastic.is_some() { view.region.account.as_str() } else { "amazon" })
            .maybe("allocationId", elastic.map(|ip| ip.meta.id.as_str()))
            .maybe("associationId", elastic.and_then(|ip| ip.association.as_ref()).map(|a| a.id.as_str()));
        Some(node)
    }

    /// The names of its groups.
    #[must_use]
    pub fn group_names(&self, view: View<'_>) -> Vec<String> {
        let groups = &view.region.ec2.security_groups;
        self.groups.iter().filter_map(|id| groups.get(id)).map(|group| group.name.clone()).collect()
    }

    /// Its groups as EC2 lists them.
    #[must_use]
    pub fn group_nodes(&self, view: View<'_>) -> Vec<Node> {
        let names = self.group_names(view);
        self.groups
            .iter()
            .zip(names)
            .map(|(id, name)| Node::new().put("groupId", id).put("groupName", name))
            .collect()
    }
}

impl Attachment {
    fn show(&self) -> Node {
        Node::new()
            .put("attachmentId", &self.id)
            .maybe("instanceId", self.instance.as_ref())
            .put("instanceOwnerId", &self.owner)
            .put("deviceIndex", self.index)
            .put("networkCardIndex", 0)
            .put("status", "attached")
            .put("attachTime", self.since)
            .put("deleteOnTermination", self.delete_on_termination)
    }
}
