//! Images: one's own, and those that everybody can see.

use super::block_device::BlockDevice;
use super::describe::{Shape, describe_where};
use super::noun::kept;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    read(
        "DescribeImages",
        list,
        "ImageId.N Owner.N ExecutableBy.N IncludeDeprecated IncludeDisabled @filters @page",
    ),
    write("DeregisterImage", deregister, "ImageId! DeleteAssociatedSnapshots"),
];

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

impl Call<'_> {
    /// One's own image that a call names, to change it.
    ///
    /// # Errors
    /// `AuthFailure` for another's, and those of [`find`](Self::find).
    pub fn own_image(&self) -> Result<&Image> {
        let image = self.named::<Image>("ImageId")?;
        if image.owner.is_empty() {
            return Ok(image);
        }
        Err(AwsError::new("AuthFailure", format!("Not authorized for image:{}", image.meta.id)).status(403))
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let owners = call.params.texts("Owner");
    if let Some(bad) = owners.iter().find(|owner| !is_owner(owner)) {
        return Err(AwsError::new("InvalidUserID.Malformed", format!("Invalid user id: \"{bad}\"")));
    }
    let own = call.region.account.clone();
    let wanted = |image: &Image| {
        let account = if image.owner.is_empty() { &own } else { &image.owner };
        let fits = |owner: &&str| match *owner {
            "self" => *account == own,
            alias @ ("amazon" | "aws-marketplace") => image.alias == Some(alias),
            owner => account == owner,
        };
        owners.is_empty() || owners.iter().any(fits)
    };
    describe_where::<Image>(call, &Shape::new("ImageId", "imagesSet"), wanted)
}

fn is_owner(owner: &str) -> bool {
    let account = owner.len() == 12 && owner.bytes().all(|b| b.is_ascii_digit());
    account || matches!(owner, "self" | "amazon" | "aws-marketplace" | "aws-backup-vault" | "microsoft")
}

fn deregister(call: &mut Call<'_>) -> Result<Reply> {
    let image = call.own_image()?.clone();
    let with_snapshots = call.params.flag("DeleteAssociatedSnapshots")?.unwrap_or_default();
    call.drop_noun::<Image>(&image.meta.id);
    let mut results = Vec::new();
    for snapshot in image.devices.into_iter().filter_map(|device| device.snapshot).filter(|_| with_snapshots)
    {
        let ec2 = &mut call.region.ec2;
        let used = ec2.images.values().any(|other| other.uses(&snapshot));
        if !used {
            ec2.snapshots.shift_remove(&snapshot);
        }
        let code = if used { "skipped" } else { "success" };
        results.push(Node::new().put("snapshotId", snapshot).put("returnCode", code));
    }
    Ok(Node::new().put("return", true).list("deleteSnapshotResultSet", results).into())
}
