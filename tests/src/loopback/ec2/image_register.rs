//! Making images of snapshots.

use super::block_device;
use super::image::Image;
use super::image_create::{free_name, keep};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};

pub const ACTIONS: &[Action] = &[write(
    "RegisterImage",
    register,
    "Name! Description Architecture RootDeviceName VirtualizationType EnaSupport SriovNetSupport BootMode ImdsSupport \
     BlockDeviceMapping.* @tags",
)];

fn register(call: &mut Call<'_>) -> Result<Reply> {
    let name = free_name(call)?;
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
