//! Making images: of an instance, of snapshots, and of other images.

use super::Noun;
use super::block_device::{self, BlockDevice};
use super::image::Image;
use super::instance::Instance;
use super::snapshot::Snapshot;
use super::volume::Volume;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::{self, Tags};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("CreateImage", create, "InstanceId! Name! Description NoReboot BlockDeviceMapping.* @tags"),
    write(
        "RegisterImage",
        register,
        "Name! Description Architecture RootDeviceName VirtualizationType EnaSupport SriovNetSupport BootMode ImdsSupport \
         BlockDeviceMapping.* @tags",
    ),
    write(
        "CopyImage",
        copy,
        "Name! SourceImageId! SourceRegion! Description Encrypted KmsKeyId CopyImageTags ClientToken @tags",
    ),
];

/// From pending to available. AWS takes 3 to 15 minutes, and sometimes an hour.
const PENDING_SECONDS: f64 = 240.0;
const TAGGED: &[&str] = &["image", "snapshot"];

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let name = name(call)?;
    let instance = call.named::<Instance>("InstanceId")?.clone();
    let state = instance.state(call.now);
    if !matches!(state.name(), "running" | "stopping" | "stopped") {
        return Err(AwsError::invalid_value(format!(
            "Invalid value '{}' for instanceId. Instance is not in state 'running' or 'stopping' or 'stopped'",
            instance.meta.id
        )));
    }
    let no_reboot = call.params.flag("NoReboot")?.unwrap_or_default();
    if state.name() == "running" && !no_reboot {
        call.reboot(&instance.meta.id);
    }
    let tags = tag::specified(call.params, Image::KIND.tag, TAGGED)?;
    let meta = call.meta_with(Image::KIND.prefix, tags);
    let volumes: Vec<Volume> = instance.volumes(&call.region.ec2).into_iter().cloned().collect();
    let mut devices = Vec::new();
    for volume in &volumes {
        let description = format!("Created by CreateImage({}) for {}", instance.meta.id, meta.id);
        devices.push(snapshot(call, volume, description)?);
    }
    block_device::overlay(call, &mut devices, &call.params.items("BlockDeviceMapping"))?;
    let source = call.region.ec2.images.get(&instance.image);
    let image = Image {
        description: call.params.text("Description").unwrap_or_default().to_owned(),
        architecture: instance.kind.architecture.to_owned(),
        platform: instance.platform,
        product: instance.product,
        boot: source.and_then(|source| source.boot),
        imds_v2: source.is_some_and(|source| source.imds_v2),
        instance: Some(instance.meta.id.clone()),
        source: Some((instance.image.clone(), call.region.name.clone())),
        ..Image::new(meta, &name, &instance.root, devices, call.after(PENDING_SECONDS))
    };
    Ok(keep(call, image))
}

/// Takes a snapshot of a volume, and describes the disk that will be made of it.
fn snapshot(call: &mut Call<'_>, volume: &Volume, description: String) -> Result<BlockDevice> {
    let tags = tag::specified(call.params, Snapshot::KIND.tag, TAGGED)?;
    let meta = call.meta_with(Snapshot::KIND.prefix, tags);
    let attached = volume.attachment.as_ref();
    let device = BlockDevice {
        name: attached.map(|attachment| attachment.device.clone()).unwrap_or_default(),
        snapshot: Some(meta.id.clone()),
        size: volume.size,
        kind: volume.kind.clone(),
        iops: volume.iops,
        throughput: volume.throughput,
        key: volume.key.clone(),
        delete_on_termination: attached.is_none_or(|attachment| attachment.delete_on_termination),
    };
    let ready = call.after(PENDING_SECONDS);
    call.keep(Snapshot::of(volume, meta, description, ready));
    Ok(device)
}

/// Stores a new image, which will fail where that has been switched on.
fn keep(call: &mut Call<'_>, image: Image) -> Reply {
    let failure = call.conditions.image_fails.clone();
    let id = image.meta.id.clone();
    call.keep(Image { failure, ..image });
    Node::new().put("imageId", id).into()
}

/// A name that is free, in the characters that names of images have.
fn name(call: &Call<'_>) -> Result<String> {
    let name = call.params.required("Name")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "()[] ./-'@_".contains(c);
    if !(3..=128).contains(&name.chars().count()) || !name.chars().all(allowed) {
        let message = "AMI names must be between 3 and 128 characters long, and may contain letters, numbers, '(', ')', \
                       '.', '-', '/' and '_'";
        return Err(AwsError::new("InvalidAMIName.Malformed", message));
    }
    let mut own = call.region.ec2.images.values().filter(|image| image.owner.is_empty());
    match own.find(|image| image.name == name) {
        Some(image) => {
            let message = format!("AMI name {name} is already in use by AMI {}", image.meta.id);
            Err(AwsError::new("InvalidAMIName.Duplicate", message))
        }
        None => Ok(name.to_owned()),
    }
}

fn register(call: &mut Call<'_>) -> Result<Reply> {
    let name = name(call)?;
    let text = |parameter: &str| call.params.text(parameter);
    // The API's own default is i386, which no type runs any more.
    let architecture = text("Architecture").unwrap_or("i386").to_owned();
    if !matches!(architecture.as_str(), "x86_64" | "arm64" | "i386") {
        return Err(AwsError::invalid_value(format!("Invalid architecture '{architecture}'.")));
    }
    if text("VirtualizationType").unwrap_or("paravirtual") != "hvm" {
        return Err(AwsError::new("UnsupportedOperation", "The loopback AWS registers hvm images only."));
    }
    let root = text("RootDeviceName").unwrap_or("/dev/sda1").to_owned();
    let description = text("Description").unwrap_or_default().to_owned();
    let imds_v2 = text("ImdsSupport") == Some("v2.0");
    let mut devices = Vec::new();
    block_device::overlay(call, &mut devices, &call.params.items("BlockDeviceMapping"))?;
    if !devices.iter().any(|device| device.name == root) {
        let message = format!("The root device '{root}' has no block device mapping.");
        return Err(AwsError::new("InvalidBlockDeviceMapping", message));
    }
    let meta = call.make::<Image>()?;
    let ready = call.now;
    let image =
        Image { description, architecture, imds_v2, ..Image::new(meta, &name, &root, devices, ready) };
    Ok(keep(call, image))
}

fn copy(call: &mut Call<'_>) -> Result<Reply> {
    let earlier = call.replayed("ClientToken")?.filter(|id| call.region.ec2.images.contains_key(id));
    if let Some(id) = earlier {
        return Ok(Node::new().put("imageId", id).into());
    }
    let name = name(call)?;
    let (source, tags) = source(call)?;
    let key = block_device::key(call.region, call.params)?;
    let region = call.params.required("SourceRegion")?.to_owned();
    let meta = call.meta_with(Image::KIND.prefix, tags);
    let mut devices = source.devices.clone();
    for device in &mut devices {
        device.key = key.clone().or(device.key.take().map(|_| block_device::default_key(call.region)));
        let description = format!("Copied for DestinationAmi {} from SourceAmi {}", meta.id, source.meta.id);
        device.snapshot = Some(copied_snapshot(call, device, description)?);
    }
    let text = call.params.text("Description");
    let image = Image {
        meta,
        name,
        description: text.map_or_else(|| source.description.clone(), str::to_owned),
        owner: String::new(),
        alias: None,
        devices,
        public: false,
        shared: Vec::new(),
        instance: None,
        source: Some((source.meta.id.clone(), region)),
        ready: call.after(PENDING_SECONDS),
        ..source
    };
    call.remember("ClientToken", &image.meta.id.clone());
    Ok(keep(call, image))
}

/// The image to copy, and the tags of the copy.
fn source(call: &Call<'_>) -> Result<(Image, Tags)> {
    let id = call.params.required("SourceImageId")?;
    Image::KIND.check(id)?;
    let region = call.region_named(call.params.required("SourceRegion")?);
    let image = region.and_then(|region| region.ec2.images.get(id)).cloned();
    let image = image.ok_or_else(|| Image::KIND.not_found(&[id]))?;
    if image.state(call.now) != "available" {
        let message = format!("The image ID '{id}' is not available");
        return Err(AwsError::new("InvalidAMIID.Unavailable", message));
    }
    let mut tags = tag::specified(call.params, Image::KIND.tag, TAGGED)?;
    if call.params.flag("CopyImageTags")? == Some(true) {
        for (key, value) in &image.meta.tags {
            tags.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    Ok((image, tags))
}

fn copied_snapshot(call: &mut Call<'_>, device: &BlockDevice, description: String) -> Result<String> {
    let tags = tag::specified(call.params, Snapshot::KIND.tag, TAGGED)?;
    let meta = call.meta_with(Snapshot::KIND.prefix, tags);
    let id = meta.id.clone();
    let (size, key, ready) = (device.size, device.key.clone(), call.after(PENDING_SECONDS));
    // AWS shows the same volume, which nobody has, for every copied snapshot.
    let volume = "vol-ffffffff".to_owned();
    call.keep(Snapshot { meta, volume, description, size, key, ready });
    Ok(id)
}
