//! Instances: what they are, and how describe calls show them.

use super::availability_zone::Zone;
use super::describe::{Shape, select};
use super::elastic_ip::host_name;
use super::image::product_nodes;
use super::instance_filter;
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
#[expect(clippy::struct_excessive_bools, reason = "AWS has that many switches")]
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
    /// Since when it has answered nothing any more.
    pub impaired: Option<Time>,
    /// What a real machine behind it has written to its console.
    pub console: Option<String>,
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
    const FILTERS: &'static [Field<Self>] = instance_filter::ALL;

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

    fn dumped(&self, now: Time) -> bool {
        self.state(now) != State::Terminated
    }
}

impl Profile {
    #[must_use]
    pub fn show(&self) -> Node {
        Node::new().put("arn", &self.arn).put("id", &self.id)
    }
}

impl Instance {
    /// `enabled` or `disabled`
    #[must_use]
    pub fn monitoring(&self) -> &'static str {
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

    /// The addresses and groups; nothing of them once it is terminated.
    fn show_network(&self, view: View<'_>) -> Node {
        let Some(primary) = self.primary(&view.region.ec2) else {
            return Node::new().put("privateDnsName", "").put("dnsName", "");
        };
        // What a new instance is lent is not known before it runs.
        let public = primary.public(view).filter(|_| self.state(view.now) != State::Pending);
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
