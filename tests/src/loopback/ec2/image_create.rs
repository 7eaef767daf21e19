//! Making images of instances.

use super::Noun;
use super::block_device::{self, BlockDevice};
use super::image::Image;
use super::instance::Instance;
use super::instance_state::State;
use super::snapshot::Snapshot;
use super::volume::Volume;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] =
    &[write("CreateImage", create, "InstanceId! Name! Description NoReboot BlockDeviceMapping.* @tags")];

/// From pending to available. AWS takes 3 to 15 minutes, and sometimes an hour.
pub const PENDING_SECONDS: f64 = 240.0;
/// What that makes can be tagged.
pub const TAGGED: &[&str] = &["image", "snapshot"];

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let name = free_name(call)?;
    let instance = call.named::<Instance>("InstanceId")?.clone();
    settle_disks(call, &instance)?;
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

/// Reboots a running instance, so that nothing is half written, unless told not to.
fn settle_disks(call: &mut Call<'_>, instance: &Instance) -> Result<()> {
    match instance.state(call.now) {
        State::Running if call.params.flag("NoReboot")? != Some(true) => call.reboot(&instance.meta.id),
        State::Running | State::Stopping | State::Stopped => {}
        _ => {
            return Err(AwsError::invalid_value(format!(
                "Invalid value '{}' for instanceId. Instance is not in state 'running' or 'stopping' or 'stopped'",
                instance.meta.id
            )));
        }
    }
    Ok(())
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
pub fn keep(call: &mut Call<'_>, image: Image) -> Reply {
    let failure = call.conditions.image_fails.clone();
    let id = image.meta.id.clone();
    call.keep(Image { failure, ..image });
    Node::new().put("imageId", id).into()
}

/// A name that is free, in the characters that names of images have.
///
/// # Errors
/// `InvalidAMIName.Malformed`, `InvalidAMIName.Duplicate`.
pub fn free_name(call: &Call<'_>) -> Result<String> {
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
