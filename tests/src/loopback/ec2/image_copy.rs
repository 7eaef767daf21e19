//! Copying images, from another Region too.

use super::Noun;
use super::block_device::{self, BlockDevice};
use super::image::Image;
use super::image_create::{PENDING_SECONDS, TAGGED, free_name, keep};
use super::snapshot::Snapshot;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::{self, Tags};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[write(
    "CopyImage",
    copy,
    "Name! SourceImageId! SourceRegion! Description Encrypted KmsKeyId CopyImageTags ClientToken @tags",
)];

fn copy(call: &mut Call<'_>) -> Result<Reply> {
    let earlier = call.replayed("ClientToken")?.filter(|id| call.region.ec2.images.contains_key(id));
    match earlier {
        Some(id) => Ok(Node::new().put("imageId", id).into()),
        None => make(call),
    }
}

fn make(call: &mut Call<'_>) -> Result<Reply> {
    let name = free_name(call)?;
    let (source, tags) = source(call)?;
    let region = call.params.required("SourceRegion")?.to_owned();
    let meta = call.meta_with(Image::KIND.prefix, tags);
    let devices = devices(call, &source, &meta.id)?;
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
    let id = image.meta.id.clone();
    call.remember("ClientToken", &id);
    Ok(keep(call, image))
}

/// The disks of the copy. What was encrypted stays so, by this Region's key where no other is named.
fn devices(call: &mut Call<'_>, source: &Image, copy: &str) -> Result<Vec<BlockDevice>> {
    let key = block_device::key(call.region, call.params)?;
    let mut devices = source.devices.clone();
    for device in &mut devices {
        let own = device.key.take().map(|_| block_device::default_key(call.region));
        device.key = key.clone().or(own);
        let description = format!("Copied for DestinationAmi {copy} from SourceAmi {}", source.meta.id);
        device.snapshot = Some(snapshot(call, device, description)?);
    }
    Ok(devices)
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

fn snapshot(call: &mut Call<'_>, device: &BlockDevice, description: String) -> Result<String> {
    let tags = tag::specified(call.params, Snapshot::KIND.tag, TAGGED)?;
    let meta = call.meta_with(Snapshot::KIND.prefix, tags);
    let id = meta.id.clone();
    let (size, key, ready) = (device.size, device.key.clone(), call.after(PENDING_SECONDS));
    // AWS shows the same volume, which nobody has, for every copied snapshot.
    let volume = "vol-ffffffff".to_owned();
    call.keep(Snapshot { meta, volume, description, size, key, ready, shared: Vec::new(), public: false });
    Ok(id)
}
