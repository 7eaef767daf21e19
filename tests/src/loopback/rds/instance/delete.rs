//! Deleting an instance, with or without a last snapshot.

use super::{Instance, kept_and_shown, named};
use crate::loopback::action::{Call, Reply};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::rds::course::Course;
use crate::loopback::rds::noun::Noun as _;
use crate::loopback::rds::snapshot::Snapshot;
use crate::loopback::rds::snapshot_create;

/// How long deleting takes, without and with a standby, and how much longer the last snapshot makes it.
const DELETING_SECONDS: (f64, f64) = (150.0, 210.0);
const SNAPSHOT_SECONDS: f64 = 120.0;
const PROMOTING_SECONDS: f64 = 60.0;

/// Statuses of instances that have failed: no snapshot can be made of them.
const FAILED: [&str; 3] = ["failed", "incompatible-restore", "incompatible-network"];

pub fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let mut instance = named(call)?;
    let last = last_snapshot(call, &instance)?;
    let (alone, with_standby) = DELETING_SECONDS;
    let mut seconds = if instance.settings.multi_az { with_standby } else { alone };
    if let Some(name) = last {
        seconds += SNAPSHOT_SECONDS;
        let ready = call.after(SNAPSHOT_SECONDS);
        Snapshot::of(call, &instance, name, ready);
    }
    if call.params.flag("DeleteAutomatedBackups")? == Some(false) {
        let message = "The loopback AWS retains no automated backups of deleted instances.";
        return Err(AwsError::new("UnsupportedOperation", message));
    }
    promote_replicas(call, &instance);
    instance.course = Course::at(call.now, "deleting").through(call.clock, seconds, "deleting");
    instance.gone = Some(instance.course.ends());
    instance.wanted = None;
    instance.source = None;
    kept_and_shown(call, instance)
}

/// The name of the last snapshot, if one is to be made; refused where the instance cannot be deleted.
fn last_snapshot(call: &Call<'_>, instance: &Instance) -> Result<Option<String>> {
    let combination = |message: &str| Err(AwsError::new("InvalidParameterCombination", message));
    let skip = call.params.flag("SkipFinalSnapshot")? == Some(true);
    if instance.status(call.now) == "deleting" {
        let message = format!("Instance {} is already being deleted.", instance.name());
        return Err(AwsError::new("InvalidDBInstanceState", message));
    }
    if instance.settings.protected {
        return combination(
            "Cannot delete protected DB Instance, please disable deletion protection and try again.",
        );
    }
    match call.params.text("FinalDBSnapshotIdentifier") {
        None if skip => Ok(None),
        None => combination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."),
        Some(_) if skip => {
            combination("FinalDBSnapshotIdentifier can not be specified when SkipFinalSnapshot is true.")
        }
        Some(_) if instance.source.is_some() => {
            combination("FinalDBSnapshotIdentifier can not be specified when deleting a replica instance")
        }
        Some(name) => {
            check_snapshot(call, instance)?;
            snapshot_create::vacant(call, "FinalDBSnapshotIdentifier", name).map(Some)
        }
    }
}

/// Refuses to make a last snapshot of an instance that none can be made of, though it could be deleted without.
fn check_snapshot(call: &Call<'_>, instance: &Instance) -> Result<()> {
    let (id, status) = (instance.name(), instance.status(call.now));
    let message = match status {
        "available" | "storage-optimization" | "storage-full" | "backing-up" => return Ok(()),
        "creating" => format!("Instance {id} is currently creating - please try again later."),
        failed if FAILED.contains(&failed) => {
            format!("Instance {id} is in state {failed} and can be deleted without a final snapshot only.")
        }
        _ => format!(
            "Cannot create a snapshot because the database instance {id} is not currently in the available state."
        ),
    };
    Err(AwsError::new("InvalidDBInstanceState", message))
}

/// The replicas of an instance that is deleted become instances of their own, which go on costing.
fn promote_replicas(call: &mut Call<'_>, source: &Instance) {
    for other in call.region.rds.instances.values_mut() {
        if other.source.as_deref() == Some(source.name()) {
            other.source = None;
            if other.gone.is_none() {
                other.course =
                    Course::at(call.now, "available").through(call.clock, PROMOTING_SECONDS, "modifying");
            }
        }
    }
}
