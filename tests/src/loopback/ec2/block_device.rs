//! Block device mappings: the disks that images describe, and that launches and templates change.

use super::snapshot::Snapshot;
use crate::loopback::action::Call;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::world::{Region, hash};
use crate::loopback::xml::Node;

const KINDS: &[&str] = &["standard", "gp2", "gp3", "io1", "io2", "st1", "sc1"];

/// A disk as a block device mapping describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockDevice {
    /// `/dev/xvda`
    pub name: String,
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
    pub delete_on_termination: bool,
}

impl BlockDevice {
    /// A disk with nothing special about it.
    #[must_use]
    pub fn plain(name: &str, size: u32, kind: &str) -> Self {
        Self {
            name: name.to_owned(),
            snapshot: None,
            size,
            kind: kind.to_owned(),
            iops: None,
            throughput: None,
            key: None,
            delete_on_termination: true,
        }
    }

    /// As an image shows it.
    #[must_use]
    pub fn show(&self) -> Node {
        let ebs = Node::new()
            .maybe("snapshotId", self.snapshot.as_ref())
            .put("volumeSize", self.size)
            .put("volumeType", &self.kind)
            .maybe("iops", self.iops)
            .maybe("throughput", self.throughput)
            .put("encrypted", self.key.is_some())
            .put("deleteOnTermination", self.delete_on_termination);
        Node::new().put("deviceName", &self.name).node("ebs", ebs)
    }
}

/// The key that disks are encrypted with where none is named: `alias/aws/ebs`.
#[must_use]
pub fn default_key(region: &Region) -> String {
    let seed = hash(&format!("aws/ebs {} {}", region.account, region.name));
    region.arn("kms", &format!("key/{:08x}-eb50-4eb5-aeb5-{:012x}", seed >> 32, seed & 0xffff_ffff))
}

/// The ARN of the key that `Encrypted` and `KmsKeyId` ask for.
///
/// # Errors
/// `InvalidParameterDependency` for a key with no encryption.
pub fn key(region: &Region, params: &Params) -> Result<Option<String>> {
    let encrypted = params.flag("Encrypted")?.unwrap_or_default();
    match params.text("KmsKeyId") {
        Some(_) if !encrypted => {
            let message = "KmsKeyId requires encryption to be enabled: the parameter Encrypted must be true.";
            Err(AwsError::new("InvalidParameterDependency", message))
        }
        None | Some("alias/aws/ebs") => Ok(encrypted.then(|| default_key(region))),
        Some(arn) if arn.starts_with("arn:") => Ok(Some(arn.to_owned())),
        Some(id) => Ok(Some(region.arn("kms", &format!("key/{id}")))),
    }
}

/// Changes the disks of an image by a call's mappings: those that it names become as it says, others are added.
///
/// # Errors
/// For mappings that lack something, kinds of volumes that do not exist, and sizes below that of the snapshot.
pub fn overlay(call: &Call<'_>, devices: &mut Vec<BlockDevice>, mappings: &[&Params]) -> Result<()> {
    for mapping in mappings {
        let name = mapping.required("DeviceName")?;
        let at = devices.iter().position(|device| device.name == name);
        if mapping.text("NoDevice").is_some() {
            devices.retain(|device| device.name != name);
        } else if let Some(ebs) = mapping.nested("Ebs") {
            let before = at.map(|at| devices[at].clone());
            let device = read(call, name, before, ebs)?;
            match at {
                Some(at) => devices[at] = device,
                None => devices.push(device),
            }
        }
    }
    Ok(())
}

fn read(call: &Call<'_>, name: &str, before: Option<BlockDevice>, ebs: &Params) -> Result<BlockDevice> {
    let snapshot = ebs.text("SnapshotId").map(|id| call.find::<Snapshot>(id)).transpose()?;
    let least = snapshot.map(|snapshot| snapshot.size).or(before.as_ref().map(|device| device.size));
    let size = ebs.parsed::<u32>("VolumeSize")?.or(least).ok_or_else(|| {
        AwsError::new("MissingParameter", "The request must contain the parameter size or snapshotId")
    })?;
    let mut device = before.unwrap_or_else(|| BlockDevice::plain(name, size, "gp2"));
    if let Some(snapshot) = snapshot {
        device.snapshot = Some(snapshot.meta.id.clone());
        device.key.clone_from(&snapshot.key);
    }
    if let (Some(snapshot), Some(least)) = (&device.snapshot, least.filter(|least| size < *least)) {
        let message = format!(
            "Volume of size {size}GB is smaller than snapshot '{snapshot}', expect size >= {least}GB"
        );
        return Err(AwsError::new("InvalidBlockDeviceMapping", message));
    }
    device.size = size;
    if let Some(kind) = ebs.text("VolumeType") {
        device.kind = kind_of(kind)?;
    }
    device.iops = ebs.parsed("Iops")?.or(device.iops);
    device.throughput = ebs.parsed("Throughput")?.or(device.throughput);
    device.key = key(call.region, ebs)?.or(device.key);
    device.delete_on_termination = ebs.flag("DeleteOnTermination")?.unwrap_or(device.delete_on_termination);
    Ok(device)
}

/// A kind of volume that there is.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn kind_of(text: &str) -> Result<String> {
    if KINDS.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(AwsError::invalid_value(format!("Value ({text}) for parameter volumeType is invalid.")))
}

/// The refusal of a device that an instance has not.
#[must_use]
pub fn unknown(name: &str) -> AwsError {
    let message = format!("No device is currently mapped at {name}");
    AwsError::new("InvalidInstanceAttributeValue", message)
}
