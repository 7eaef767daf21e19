//! Volumes: the disks of instances, and those made by themselves.

use super::availability_zone::{self, Zone};
use super::block_device::{self, BlockDevice};
use super::describe::{Shape, describe};
use super::noun::kept;
use super::snapshot::Snapshot;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, done, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::params::missing;
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateVolume",
        create,
        "AvailabilityZone AvailabilityZoneId Size SnapshotId VolumeType Iops Throughput Encrypted KmsKeyId ClientToken @tags",
    ),
    read("DescribeVolumes", list, "VolumeId.N @filters @page"),
    write("DeleteVolume", delete, "VolumeId!"),
];

const CREATING_SECONDS: f64 = 5.0;

#[derive(Clone, Debug)]
pub struct Volume {
    pub meta: Meta,
    pub zone: Zone,
    pub snapshot: Option<String>,
    /// Gibibytes.
    pub size: u32,
    /// `gp3`, …
    pub kind: String,
    pub iops: Option<u32>,
    /// Mebibytes a second.
    pub throughput: Option<u32>,
    /// The ARN of the key, where it is encrypted.
    pub key: Option<String>,
    pub ready: Time,
    pub attachment: Option<Attachment>,
}

/// What a volume is attached to.
#[derive(Clone, Debug)]
pub struct Attachment {
    pub instance: String,
    /// `/dev/xvda`
    pub device: String,
    pub delete_on_termination: bool,
    pub since: Time,
}

impl Noun for Volume {
    const KIND: Kind = Kind {
        tag: "volume",
        prefix: "vol-",
        word: "volume",
        malformed: "InvalidVolumeID.Malformed",
        not_found: "InvalidVolume.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("volume-id", |volume, _| vec![volume.meta.id.clone()]),
        ("volume-type", |volume, _| vec![volume.kind.clone()]),
        ("size", |volume, _| vec![volume.size.to_string()]),
        ("status", |volume, view| vec![volume.state(view.now).to_owned()]),
        ("encrypted", |volume, _| vec![volume.key.is_some().to_string()]),
        ("snapshot-id", |volume, _| volume.snapshot.iter().cloned().collect()),
        ("availability-zone", |volume, _| vec![volume.zone.name.clone()]),
        ("availability-zone-id", |volume, _| vec![volume.zone.id.clone()]),
        ("create-time", |volume, _| vec![volume.meta.made.to_string()]),
        ("attachment.instance-id", |volume, _| {
            volume.attachment.iter().map(|a| a.instance.clone()).collect()
        }),
        ("attachment.device", |volume, _| volume.attachment.iter().map(|a| a.device.clone()).collect()),
        ("attachment.status", |volume, _| volume.attachment.iter().map(|_| "attached".to_owned()).collect()),
        ("attachment.delete-on-termination", |volume, _| {
            volume.attachment.iter().map(|a| a.delete_on_termination.to_string()).collect()
        }),
    ];

    kept!(volumes);

    fn show(&self, view: View<'_>) -> Node {
        let attachment = self.attachment.as_ref().map(|attachment| attachment.show(self.id()));
        Node::new()
            .put("volumeId", self.id())
            .put("status", self.state(view.now))
            .put("size", self.size)
            .put("volumeType", &self.kind)
            .maybe("iops", self.iops)
            .maybe("throughput", self.throughput)
            .put("encrypted", self.key.is_some())
            .maybe("kmsKeyId", self.key.as_ref())
            .put("snapshotId", self.snapshot.as_deref().unwrap_or_default())
            .put("availabilityZone", &self.zone.name)
            .put("availabilityZoneId", &self.zone.id)
            .put("createTime", self.meta.made)
            .put("multiAttachEnabled", false)
            .list("attachmentSet", attachment)
            .list("tagSet", tag::nodes(&self.meta.tags))
    }
}

impl Volume {
    #[must_use]
    pub fn state(&self, now: Time) -> &'static str {
        match self.attachment {
            Some(_) => "in-use",
            None if now < self.ready => "creating",
            None => "available",
        }
    }

    /// A volume as a block device mapping describes it, with the speeds that its kind has where none are said.
    #[must_use]
    pub fn of(device: &BlockDevice, meta: Meta, zone: Zone, ready: Time) -> Self {
        let iops = match device.kind.as_str() {
            "gp3" => Some(device.iops.unwrap_or(3000)),
            "gp2" => Some((device.size * 3).clamp(100, 16_000)),
            _ => device.iops,
        };
        Self {
            meta,
            zone,
            snapshot: device.snapshot.clone(),
            size: device.size,
            kind: device.kind.clone(),
            iops,
            throughput: (device.kind == "gp3").then(|| device.throughput.unwrap_or(125)),
            key: device.key.clone(),
            ready,
            attachment: None,
        }
    }
}

impl Attachment {
    fn show(&self, volume: &str) -> Node {
        Node::new()
            .put("volumeId", volume)
            .put("instanceId", &self.instance)
            .put("device", &self.device)
            .put("status", "attached")
            .put("attachTime", self.since)
            .put("deleteOnTermination", self.delete_on_termination)
    }
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let id = match call.replayed("ClientToken")?.filter(|id| call.region.ec2.volumes.contains_key(id)) {
        Some(id) => id,
        None => make(call)?,
    };
    // Not by `find`: what is new may not be seen yet, but is answered with.
    let made = call.region.ec2.volumes.get(&id).ok_or_else(|| Volume::KIND.not_found(&[&id]))?;
    Ok(made.show(call.view()).into())
}

fn make(call: &mut Call<'_>) -> Result<String> {
    let zone = match (call.params.text("AvailabilityZone"), call.params.text("AvailabilityZoneId")) {
        (Some(name), _) => availability_zone::named(call.region, name)?,
        (None, Some(id)) => {
            let zone = availability_zone::zones(call.region).into_iter().find(|zone| zone.id == id);
            zone.ok_or_else(|| {
                AwsError::new("InvalidZone.NotFound", format!("The zone '{id}' does not exist."))
            })?
        }
        (None, None) => return Err(missing("AvailabilityZone")),
    };
    let snapshot = call.params.text("SnapshotId").map(|id| call.find::<Snapshot>(id)).transpose()?;
    let size = call.params.parsed("Size")?.or(snapshot.map(|snapshot| snapshot.size));
    let mut device = BlockDevice::plain("", size.ok_or_else(|| missing("size/snapshot"))?, "gp2");
    if let Some(kind) = call.params.text("VolumeType") {
        device.kind = block_device::kind_of(kind)?;
    }
    device.snapshot = snapshot.map(|snapshot| snapshot.meta.id.clone());
    device.key = block_device::key(call.region, call.params)?.or(snapshot.and_then(|s| s.key.clone()));
    device.iops = call.params.parsed("Iops")?;
    device.throughput = call.params.parsed("Throughput")?;
    let meta = call.make::<Volume>()?;
    let id = meta.id.clone();
    let ready = call.after(CREATING_SECONDS);
    call.keep(Volume::of(&device, meta, zone, ready));
    call.remember("ClientToken", &id);
    Ok(id)
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    describe::<Volume>(call, &Shape::new("VolumeId", "volumeSet"))
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let volume = call.named::<Volume>("VolumeId")?;
    let id = volume.meta.id.clone();
    if let Some(attachment) = &volume.attachment {
        let message = format!("Volume {id} is currently attached to {}", attachment.instance);
        return Err(AwsError::new("VolumeInUse", message));
    }
    call.drop_noun::<Volume>(&id);
    done()
}
