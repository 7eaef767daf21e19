//! `bake share`: other accounts may launch an image, and read the snapshots it is made from.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, all};
use common::fault::{Fault, is_code};
use common::session::Session;

use crate::cli::Share;
use crate::inventory::id_of;
use crate::names::Names;
use crate::pick::{self, check_available};
use crate::section;

/// Shares it, or takes that back.
///
/// # Errors
/// Not found; a conflict where its disk is encrypted with a key that cannot be shared; AWS's refusal.
pub async fn share(session: &Session, flags: &Share) -> Result<()> {
    let names = Names::new(&session.identity, &flags.name);
    let image = pick::image(session, &names, flags.image.as_deref()).await?;
    check_available(&image)?;
    let snapshots: Vec<&str> =
        image.block_device_mappings().iter().filter_map(|it| it.ebs()?.snapshot_id()).collect();
    let users = launchers(session, id_of(&image)).await?;
    let changed: Vec<String> =
        flags.accounts.iter().filter(|it| users.contains(it) == flags.revoke).cloned().collect();
    if !changed.is_empty() {
        let (accounts, id) = (changed.join(", "), id_of(&image));
        let how = if flags.revoke { "take it back from" } else { "share it with" };
        let what = format!("image {} ({id}): {how} {accounts}", image.name().unwrap_or_default());
        let call = Box::pin(async {
            // The snapshots first: who may launch the image needs them, and a key that cannot be shared is refused there.
            all(snapshots.iter().map(|it| permit_snapshot(session, it, &changed, flags.revoke))).await?;
            permit_image(session, id, &changed, flags.revoke).await
        });
        session.change(what, call).await?;
        if !flags.revoke {
            session.progress.line("those accounts need a grant on the key of its disk as well");
        }
    }
    section::write(session, [(names.name.clone(), section::baked(&image))])
}

/// The accounts that may launch it.
async fn launchers(session: &Session, id: &str) -> Result<Vec<String>> {
    let call = session.aws.ec2().describe_image_attribute().image_id(id);
    let call = call.attribute(ec2::ImageAttributeName::LaunchPermission);
    let answer = call.send().await.cannot(format!("look up who may launch the image {id}"))?;
    Ok(answer.launch_permissions.unwrap_or_default().into_iter().filter_map(|it| it.user_id).collect())
}

async fn permit_image(session: &Session, id: &str, accounts: &[String], is_revoked: bool) -> Result<()> {
    let users = accounts.iter().map(|it| ec2::LaunchPermission::builder().user_id(it).build()).collect();
    let change = ec2::LaunchPermissionModifications::builder();
    let change = if is_revoked { change.set_remove(Some(users)) } else { change.set_add(Some(users)) };
    let call = session.aws.ec2().modify_image_attribute().image_id(id).launch_permission(change.build());
    call.send().await.cannot(format!("share the image {id}")).map(|_| ())
}

async fn permit_snapshot(session: &Session, id: &str, accounts: &[String], is_revoked: bool) -> Result<()> {
    let users =
        accounts.iter().map(|it| ec2::CreateVolumePermission::builder().user_id(it).build()).collect();
    let change = ec2::CreateVolumePermissionModifications::builder();
    let change = if is_revoked { change.set_remove(Some(users)) } else { change.set_add(Some(users)) };
    let call = session.aws.ec2().modify_snapshot_attribute().snapshot_id(id);
    let call = call.attribute(ec2::SnapshotAttributeName::CreateVolumePermission);
    let call = call.create_volume_permission(change.build());
    match call.send().await.cannot(format!("share the snapshot {id}")) {
        Err(error) if is_code(&error, &["OperationNotPermitted"]) => Err(error.context(unshareable(id))),
        other => other.map(|_| ()),
    }
}

/// A key that AWS keeps for EBS can be used by no other account, so neither can what is encrypted with it.
fn unshareable(snapshot: &str) -> Fault {
    Fault::conflict(format!("the snapshot {snapshot} is encrypted with the account's own key for EBS"))
        .hint("no other account can use that key: make the image with one of yours, `bake create … --force --kms-key KEY`")
}
