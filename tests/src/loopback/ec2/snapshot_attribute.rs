//! Who may make volumes of a snapshot.

use super::block_device;
use super::image_attribute::{change, changed, permissions};
use super::snapshot::Snapshot;
use crate::loopback::action::{Action, Call, Reply, done, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "ModifySnapshotAttribute",
        modify,
        "SnapshotId! Attribute OperationType UserId.N UserGroup.N CreateVolumePermission.Add.N.UserId \
         CreateVolumePermission.Add.N.Group CreateVolumePermission.Remove.N.UserId \
         CreateVolumePermission.Remove.N.Group",
    ),
    read("DescribeSnapshotAttribute", show, "SnapshotId! Attribute!"),
];

const PERMISSION: (&str, &str) = ("CreateVolumePermission", "createVolumePermission");

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let snapshot = call.named::<Snapshot>("SnapshotId")?.clone();
    if let Some(other) = call.params.text("Attribute").filter(|it| *it != PERMISSION.1) {
        let message = format!("Value ({other}) for parameter attribute is invalid. It cannot be modified.");
        return Err(AwsError::invalid_value(message));
    }
    let (add, remove) = (change(call, PERMISSION, "add")?, change(call, PERMISSION, "remove")?);
    if add.is_empty() && remove.is_empty() {
        return Err(AwsError::new("InvalidParameterCombination", "No attributes specified."));
    }
    let default_key = block_device::default_key(call.region);
    if !add.is_empty() && snapshot.key.as_ref() == Some(&default_key) {
        let message = "Encrypted snapshots with EBS default key cannot be shared";
        return Err(AwsError::new("OperationNotPermitted", message));
    }
    if add.everybody && snapshot.key.is_some() {
        return Err(AwsError::new("OperationNotPermitted", "Encrypted snapshots cannot be shared publicly"));
    }
    let users = changed(&snapshot.shared, &add, &remove);
    let public = (snapshot.public || add.everybody) && !remove.everybody;
    let snapshot = call.find_mut::<Snapshot>(&snapshot.meta.id)?;
    (snapshot.shared, snapshot.public) = (users, public);
    done()
}

fn show(call: &mut Call<'_>) -> Result<Reply> {
    let snapshot = call.named::<Snapshot>("SnapshotId")?;
    let node = Node::new().put("snapshotId", &snapshot.meta.id);
    let shown = match call.params.required("Attribute")? {
        "createVolumePermission" => {
            node.list("createVolumePermission", permissions(snapshot.public, &snapshot.shared))
        }
        "productCodes" => node.list("productCodes", std::iter::empty()),
        other => {
            let message = format!("Value ({other}) for parameter attribute is invalid. Unknown attribute.");
            return Err(AwsError::invalid_value(message));
        }
    };
    Ok(shown.into())
}
