//! Describing images, and deregistering one's own.

use super::describe::{Shape, describe_where};
use super::image::Image;
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    read(
        "DescribeImages",
        list,
        "ImageId.N Owner.N ExecutableBy.N IncludeDeprecated IncludeDisabled @filters @page",
    ),
    write("DeregisterImage", deregister, "ImageId! DeleteAssociatedSnapshots"),
];

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
