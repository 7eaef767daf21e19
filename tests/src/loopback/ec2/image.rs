//! Images: one's own, and those that everybody can see.

use super::block_device::BlockDevice;
use super::noun::kept;
use super::{Kind, Noun};
use crate::loopback::action::{Meta, View};
use crate::loopback::clock::Time;
use crate::loopback::filter::Field;
use crate::loopback::tag;
use crate::loopback::xml::Node;

#[derive(Clone, Debug)]
pub struct Image {
    pub meta: Meta,
    pub name: String,
    pub description: String,
    /// The account it belongs to; empty for one's own.
    pub owner: String,
    /// `amazon`, `aws-marketplace`
    pub alias: Option<&'static str>,
    pub architecture: String,
    /// The device that is its first disk: `/dev/xvda`.
    pub root: String,
    /// `uefi-preferred`, …
    pub boot: Option<&'static str>,
    /// Whether instances of it demand tokens of those who ask for metadata.
    pub imds_v2: bool,
    pub devices: Vec<BlockDevice>,
    /// What it is billed as.
    pub platform: &'static str,
    /// The Marketplace's product that it is, which has to be subscribed to.
    pub product: Option<&'static str>,
    pub public: bool,
    /// The accounts that it is shared with.
    pub shared: Vec<String>,
    /// The instance it was made from.
    pub instance: Option<String>,
    /// The image it was made or copied from, and that one's Region.
    pub source: Option<(String, String)>,
    pub ready: Time,
    /// Why it fails when it would be ready.
    pub failure: Option<String>,
}

impl Noun for Image {
    const KIND: Kind = Kind {
        tag: "image",
        prefix: "ami-",
        word: "image id",
        malformed: "InvalidAMIID.Malformed",
        not_found: "InvalidAMIID.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("image-id", |image, _| vec![image.meta.id.clone()]),
        ("name", |image, _| vec![image.name.clone()]),
        ("description", |image, _| vec![image.description.clone()]),
        ("owner-id", |image, view| vec![image.owner(view).to_owned()]),
        ("owner-alias", |image, _| image.alias.map(str::to_owned).into_iter().collect()),
        ("state", |image, view| vec![image.state(view.now).to_owned()]),
        ("architecture", |image, _| vec![image.architecture.clone()]),
        ("virtualization-type", |_, _| vec!["hvm".to_owned()]),
        ("hypervisor", |_, _| vec!["xen".to_owned()]),
        ("image-type", |_, _| vec!["machine".to_owned()]),
        ("root-device-name", |image, _| vec![image.root.clone()]),
        ("root-device-type", |_, _| vec!["ebs".to_owned()]),
        ("is-public", |image, _| vec![image.public.to_string()]),
        ("creation-date", |image, _| vec![image.meta.made.to_string()]),
        ("boot-mode", |image, _| image.boot.map(str::to_owned).into_iter().collect()),
        ("ena-support", |_, _| vec!["true".to_owned()]),
        ("platform-details", |image, _| vec![image.platform.to_owned()]),
        ("product-code", |image, _| image.product.map(str::to_owned).into_iter().collect()),
        ("product-code.type", |image, _| {
            image.product.map(|_| "marketplace".to_owned()).into_iter().collect()
        }),
        ("source-image-id", |image, _| image.source.iter().map(|(id, _)| id.clone()).collect()),
        ("source-instance-id", |image, _| image.instance.iter().cloned().collect()),
        ("block-device-mapping.device-name", |image, _| {
            image.devices.iter().map(|d| d.name.clone()).collect()
        }),
        ("block-device-mapping.snapshot-id", |image, _| {
            image.devices.iter().filter_map(|d| d.snapshot.clone()).collect()
        }),
        ("block-device-mapping.volume-size", |image, _| {
            image.devices.iter().map(|d| d.size.to_string()).collect()
        }),
        ("block-device-mapping.volume-type", |image, _| {
            image.devices.iter().map(|d| d.kind.clone()).collect()
        }),
        ("block-device-mapping.encrypted", |image, _| {
            image.devices.iter().map(|d| d.key.is_some().to_string()).collect()
        }),
    ];

    kept!(images);

    fn show(&self, view: View<'_>) -> Node {
        let owner = self.owner(view);
        let location = format!("{}/{}", self.alias.unwrap_or(owner), self.name);
        let red_hat = self.platform.starts_with("Red Hat");
        let state = self.state(view.now);
        let reason = self
            .failure
            .as_ref()
            .filter(|_| state == "failed")
            .map(|failure| Node::new().put("code", "Client.InternalError").put("message", failure));
        Node::new()
            .put("imageId", self.id())
            .put("imageLocation", location)
            .put("imageState", state)
            .maybe_node("stateReason", reason)
            .put("imageOwnerId", owner)
            .maybe("imageOwnerAlias", self.alias)
            .put("creationDate", self.meta.made)
            .put("isPublic", self.public)
            .list("productCodes", self.product_nodes())
            .put("architecture", &self.architecture)
            .put("imageType", "machine")
            .put("name", &self.name)
            .put("description", &self.description)
            .put("rootDeviceType", "ebs")
            .put("rootDeviceName", &self.root)
            .list("blockDeviceMapping", self.devices.iter().map(BlockDevice::show))
            .put("virtualizationType", "hvm")
            .put("hypervisor", "xen")
            .put("enaSupport", true)
            .put("sriovNetSupport", "simple")
            .maybe("bootMode", self.boot)
            .maybe("imdsSupport", self.imds_v2.then_some("v2.0"))
            .put("platformDetails", self.platform)
            .put("usageOperation", if red_hat { "RunInstances:0010" } else { "RunInstances" })
            .maybe("sourceInstanceId", self.instance.as_ref())
            .maybe("sourceImageId", self.source.as_ref().map(|(id, _)| id))
            .maybe("sourceImageRegion", self.source.as_ref().map(|(_, region)| region))
            .list("tagSet", tag::nodes(&self.meta.tags))
    }

    fn dumped(&self, _now: Time) -> bool {
        self.owner.is_empty()
    }
}

impl Image {
    /// One's own image, ready at a moment.
    #[must_use]
    pub fn new(meta: Meta, name: &str, root: &str, devices: Vec<BlockDevice>, ready: Time) -> Self {
        Self {
            meta,
            name: name.to_owned(),
            description: String::new(),
            owner: String::new(),
            alias: None,
            architecture: "x86_64".to_owned(),
            root: root.to_owned(),
            boot: None,
            imds_v2: false,
            devices,
            platform: "Linux/UNIX",
            product: None,
            public: false,
            shared: Vec::new(),
            instance: None,
            source: None,
            ready,
            failure: None,
        }
    }

    #[must_use]
    pub fn state(&self, now: Time) -> &'static str {
        match self.failure {
            _ if now < self.ready => "pending",
            Some(_) => "failed",
            None => "available",
        }
    }

    #[must_use]
    pub fn owner<'a>(&'a self, view: View<'a>) -> &'a str {
        if self.owner.is_empty() { &view.region.account } else { &self.owner }
    }

    /// Its product of the Marketplace, as images and instances list it.
    pub fn product_nodes(&self) -> impl Iterator<Item = Node> {
        product_nodes(self.product)
    }
}

/// A product of the Marketplace, as EC2 lists it.
pub fn product_nodes(product: Option<&str>) -> impl Iterator<Item = Node> {
    product.map(|code| Node::new().put("productCode", code).put("type", "marketplace")).into_iter()
}
