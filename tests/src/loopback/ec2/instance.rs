//! Instances: what they are, and how describe calls show them.

use super::availability_zone::Zone;
use super::describe::{Shape, select};
use super::elastic_ip::host_name;
use super::image::product_nodes;
use super::instance_metadata_options::MetadataOptions;
use super::instance_state::{Life, State};
use super::instance_type::InstanceType;
use super::network_interface::NetworkInterface;
use super::noun::kept;
use super::volume::Volume;
use super::{Ec2, Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, read};
use crate::loopback::clock::Time;
use crate::loopback::error::Result;
use crate::loopback::filter::Field;
use crate::loopback::xml::Node;
use crate::loopback::{page, tag};

pub const ACTIONS: &[Action] = &[read("DescribeInstances", list, "InstanceId.N @filters @page")];

#[derive(Clone, Debug)]
pub struct Instance {
    pub meta: Meta,
    /// The launch that it came from.
    pub reservation: String,
    /// Its number within that launch.
    pub index: usize,
    pub image: String,
    pub kind: &'static InstanceType,
    pub key: Option<String>,
    pub vpc: String,
    pub subnet: String,
    pub zone: Zone,
    pub token: Option<String>,
    pub profile: Option<Profile>,
    pub metadata: MetadataOptions,
    /// In base64, as it came.
    pub user_data: Option<String>,
    /// Whether it refuses to be terminated.
    pub protected: bool,
    /// What a shutdown from within does: `stop` or `terminate`.
    pub on_shutdown: String,
    pub monitored: bool,
    pub ebs_optimized: bool,
    /// The device that is the root: `/dev/xvda`.
    pub root: String,
    /// What it is billed as.
    pub platform: &'static str,
    pub product: Option<&'static str>,
    /// Whether AWS lends it a public address whenever it runs.
    pub public: bool,
    pub launched: Time,
    pub life: Life,
    /// Whether it fails its status checks.
    pub impaired: bool,
}

/// An instance profile.
#[derive(Clone, Debug)]
pub struct Profile {
    pub arn: String,
    pub id: String,
}

impl Noun for Instance {
    const KIND: Kind = Kind {
        tag: "instance",
        prefix: "i-",
        word: "instance ID",
        malformed: "InvalidInstanceID.Malformed",
        not_found: "InvalidInstanceID.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("instance-id", |i, _| vec![i.meta.id.clone()]),
        ("instance-state-name", |i, view| vec![i.state(view.now).name().to_owned()]),
        ("instance-state-code", |i, view| vec![i.state(view.now).code().to_string()]),
        ("reservation-id", |i, _| vec![i.reservation.clone()]),
        ("owner-id", |_, view| vec![view.region.account.clone()]),
        ("client-token", |i, _| i.token.iter().cloned().collect()),
        ("image-id", |i, _| vec![i.image.clone()]),
        ("instance-type", |i, _| vec![i.kind.name.to_owned()]),
        ("architecture", |i, _| vec![i.kind.architecture.to_owned()]),
        ("key-name", |i, _| i.key.iter().cloned().collect()),
        ("iam-instance-profile.arn", |i, _| i.profile.iter().map(|p| p.arn.clone()).collect()),
        ("iam-instance-profile.id", |i, _| i.profile.iter().map(|p| p.id.clone()).collect()),
        ("iam-instance-profile.name", |i, _| {
            i.profile.iter().filter_map(|p| Some(p.arn.rsplit_once('/')?.1.to_owned())).collect()
        }),
        ("launch-time", |i, _| vec![i.launched.to_string()]),
        ("availability-zone", |i, _| vec![i.zone.name.clone()]),
        ("availability-zone-id", |i, _| vec![i.zone.id.clone()]),
        ("tenancy", |_, _| vec!["default".to_owned()]),
        ("metadata-options.http-tokens", |i, _| vec![i.metadata.tokens.to_owned()]),
        ("monitoring-state", |i, _| vec![i.monitoring().to_owned()]),
        ("platform-details", |i, _| vec![i.platform.to_owned()]),
        ("product-code", |i, _| i.product.map(str::to_owned).into_iter().collect()),
        ("root-device-name", |i, _| vec![i.root.clone()]),
        ("root-device-type", |_, _| vec!["ebs".to_owned()]),
        ("virtualization-type", |_, _| vec!["hvm".to_owned()]),
        ("vpc-id", |i, view| i.placed(view, |i| i.vpc.clone())),
        ("subnet-id", |i, view| i.placed(view, |i| i.subnet.clone())),
        ("private-ip-address", |i, view| i.primary_field(view, |n, _| vec![n.private_ip.to_string()])),
        ("network-interface.addresses.private-ip-address", |i, view| {
            i.interface_field(view, |n, _| vec![n.private_ip.to_string()])
        }),
        ("ip-address", |i, view| i.primary_field(view, public)),
        ("network-interface.addresses.association.public-ip", |i, view| i.interface_field(view, public)),
        ("private-dns-name", |i, view| i.primary_field(view, |n, _| vec![n.private_name()])),
        ("dns-name", |i, view| {
            i.primary_field(view, |n, view| n.public(view).map(host_name).into_iter().collect())
        }),
        ("source-dest-check", |i, view| i.primary_field(view, |n, _| vec![n.source_dest_check.to_string()])),
        ("instance.group-id", |i, view| i.primary_field(view, |n, _| n.groups.clone())),
        ("group-id", |i, view| i.primary_field(view, |n, _| n.groups.clone())),
        ("network-interface.group-id", |i, view| i.interface_field(view, |n, _| n.groups.clone())),
        ("instance.group-name", |i, view| i.primary_field(view, NetworkInterface::group_names)),
        ("group-name", |i, view| i.primary_field(view, NetworkInterface::group_names)),
        ("network-interface.network-interface-id", |i, view| {
            i.interface_field(view, |n, _| vec![n.meta.id.clone()])
        }),
        ("network-interface.subnet-id", |i, view| i.interface_field(view, |n, _| vec![n.subnet.clone()])),
        ("network-interface.vpc-id", |i, view| i.interface_field(view, |n, _| vec![n.vpc.clone()])),
        ("block-device-mapping.volume-id", |i, view| {
            i.volumes(&view.region.ec2).iter().map(|volume| volume.meta.id.clone()).collect()
        }),
        ("block-device-mapping.device-name", |i, view| {
            i.volumes(&view.region.ec2)
                .iter()
                .flat_map(|v| v.attachment.iter().map(|a| a.device.clone()))
                .collect()
        }),
    ];

    kept!(instances);

    fn show(&self, view: View<'_>) -> Node {
        let state = self.state(view.now);
        let placement = Node::new()
            .put("availabilityZone", &self.zone.name)
            .put("availabilityZoneId", &self.zone.id)
            .put("groupName", "")
            .put("tenancy", "default");
        let identity = Node::new()
            .put("instanceId", self.id())
            .put("imageId", &self.image)
            .node("instanceState", state.show())
            .put("reason", self.life.reason())
            .maybe_node("stateReason", self.life.state_reason())
            .maybe("keyName", self.key.as_ref())
            .put("amiLaunchIndex", self.index)
            .list("productCodes", product_nodes(self.product))
            .put("instanceType", self.kind.name)
            .put("launchTime", self.launched)
            .node("placement", placement)
            .node("monitoring", Node::new().put("state", self.monitoring()))
            .maybe("clientToken", self.token.as_ref())
            .maybe_node("iamInstanceProfile", self.profile.as_ref().map(Profile::show));
        identity
            .with(self.show_network(view))
            .with(self.show_machine(view))
            .list("tagSet", tag::nodes(&self.meta.tags))
    }

    fn aliases(&self) -> Vec<String> {
        // The token is the client's choice, but stands for the launch: made of ids, it differs between accounts.
        self.token.iter().cloned().collect()
    }

    fn past(&self, now: Time) -> bool {
        self.state(now) == State::Terminated
    }
}

fn public(interface: &NetworkInterface, view: View<'_>) -> Vec<String> {
    interface.public(view).map(|ip| ip.to_string()).into_iter().collect()
}

impl Profile {
    #[must_use]
    pub fn show(&self) -> Node {
        Node::new().put("arn", &self.arn).put("id", &self.id)
    }
}

impl Instance {
    fn monitoring(&self) -> &'static str {
        if self.monitored { "enabled" } else { "disabled" }
    }

    /// Its volumes, in the order of their devices.
    #[must_use]
    pub fn volumes<'a>(&self, ec2: &'a Ec2) -> Vec<&'a Volume> {
        let device = |volume: &&Volume| volume.attachment.as_ref().map(|a| a.device.clone());
        let own = |volume: &&Volume| volume.attachment.as_ref().is_some_and(|a| a.instance == self.meta.id);
        let mut volumes: Vec<&Volume> = ec2.volumes.values().filter(own).collect();
        volumes.sort_by_key(device);
        volumes
    }

    /// Its network interfaces, the primary one first.
    #[must_use]
    pub fn interfaces<'a>(&self, ec2: &'a Ec2) -> Vec<&'a NetworkInterface> {
        let attached = |interface: &&NetworkInterface| {
            interface.attachment.as_ref().is_some_and(|a| a.instance.as_ref() == Some(&self.meta.id))
        };
        let mut interfaces: Vec<&NetworkInterface> =
            ec2.network_interfaces.values().filter(attached).collect();
        interfaces.sort_by_key(|interface| interface.attachment.as_ref().map(|a| a.index));
        interfaces
    }

    /// Its primary network interface, which a terminated one has no more.
    #[must_use]
    pub fn primary<'a>(&self, ec2: &'a Ec2) -> Option<&'a NetworkInterface> {
        self.interfaces(ec2).into_iter().next()
    }

    /// Something of where it is, as long as it is anywhere.
    fn placed(&self, view: View<'_>, field: fn(&Self) -> String) -> Vec<String> {
        if self.past(view.now) { Vec::new() } else { vec![field(self)] }
    }

    fn primary_field(
        &self,
        view: View<'_>,
        field: fn(&NetworkInterface, View<'_>) -> Vec<String>,
    ) -> Vec<String> {
        self.primary(&view.region.ec2).map(|interface| field(interface, view)).unwrap_or_default()
    }

    fn interface_field(
        &self,
        view: View<'_>,
        field: fn(&NetworkInterface, View<'_>) -> Vec<String>,
    ) -> Vec<String> {
        self.interfaces(&view.region.ec2).into_iter().flat_map(|interface| field(interface, view)).collect()
    }

    /// The addresses and groups; nothing of them once it is terminated.
    fn show_network(&self, view: View<'_>) -> Node {
        let Some(primary) = self.primary(&view.region.ec2) else {
            return Node::new().put("privateDnsName", "").put("dnsName", "");
        };
        let public = primary.public(view);
        // EC2 gives names to public addresses only where the VPC has host names switched on.
        let named = view.region.ec2.vpcs.get(&self.vpc).is_some_and(|vpc| vpc.dns_hostnames);
        let name = public.filter(|_| named).map(host_name);
        Node::new()
            .put("vpcId", &self.vpc)
            .put("subnetId", &self.subnet)
            .put("privateIpAddress", primary.private_ip)
            .put("privateDnsName", primary.private_name())
            .maybe("ipAddress", public)
            .put("dnsName", name.unwrap_or_default())
            .put("sourceDestCheck", primary.source_dest_check)
            .list("groupSet", primary.group_nodes(view))
            .list("networkInterfaceSet", self.interfaces(&view.region.ec2).into_iter().map(|i| i.show(view)))
    }

    fn show_machine(&self, view: View<'_>) -> Node {
        let red_hat = self.platform.starts_with("Red Hat");
        let image = view.region.ec2.images.get(&self.image);
        Node::new()
            .put("architecture", self.kind.architecture)
            .put("rootDeviceType", "ebs")
            .put("rootDeviceName", &self.root)
            .list("blockDeviceMapping", self.volumes(&view.region.ec2).into_iter().filter_map(mapping))
            .put("virtualizationType", "hvm")
            .put("hypervisor", "xen")
            .put("ebsOptimized", self.ebs_optimized)
            .put("enaSupport", true)
            .node("metadataOptions", self.metadata.show())
            .maybe("bootMode", image.and_then(|image| image.boot))
            .put("platformDetails", self.platform)
            .put("usageOperation", if red_hat { "RunInstances:0010" } else { "RunInstances" })
    }
}

/// A volume as an instance lists it.
#[must_use]
pub fn mapping(volume: &Volume) -> Option<Node> {
    let attachment = volume.attachment.as_ref()?;
    let ebs = Node::new()
        .put("volumeId", volume.id())
        .put("status", "attached")
        .put("attachTime", attachment.since)
        .put("deleteOnTermination", attachment.delete_on_termination);
    Some(Node::new().put("deviceName", &attachment.device).node("ebs", ebs))
}

/// Some of a launch's instances, in the reservation that AWS puts them in.
pub fn reservation<'a>(view: View<'_>, id: &str, instances: impl IntoIterator<Item = &'a Instance>) -> Node {
    Node::new()
        .put("reservationId", id)
        .put("ownerId", &view.region.account)
        .list("groupSet", [])
        .list("instancesSet", instances.into_iter().map(|instance| instance.show(view)))
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let shape = Shape::new("InstanceId", "reservationSet");
    let page = page::ec2(call.params, select::<Instance>(call, &shape)?, shape.page)?;
    let launches = page.items.chunk_by(|a, b| a.reservation == b.reservation);
    let nodes =
        launches.map(|launch| reservation(call.view(), &launch[0].reservation, launch.iter().copied()));
    Ok(Node::new().list("reservationSet", nodes).maybe("nextToken", page.next).into())
}
