//! Rebooting, stopping and starting instances.

use super::{Instance, Parameters, kept_and_shown, named};
use crate::loopback::action::{Call, Reply};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::rds::course::Course;
use crate::loopback::rds::noun::Noun as _;
use crate::loopback::rds::snapshot::Snapshot;
use crate::loopback::rds::snapshot_create;

const REBOOT_SECONDS: f64 = 60.0;
const STOP_SECONDS: f64 = 180.0;
const START_SECONDS: f64 = 240.0;

pub fn reboot(call: &mut Call<'_>) -> Result<Reply> {
    let mut instance = named(call)?;
    instance.check_available(call.now, "DB instance {} is not in available state.")?;
    let failover = call.params.flag("ForceFailover")? == Some(true);
    if failover && !instance.settings.multi_az {
        let message = "Cannot force failover since the instance is not Multi-AZ.";
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    if let Some(secondary) = instance.network.secondary.as_mut().filter(|_| failover) {
        std::mem::swap(secondary, &mut instance.network.zone);
    }
    instance.parameters = Parameters::default();
    instance.course = Course::at(call.now, "available").through(call.clock, REBOOT_SECONDS, "rebooting");
    kept_and_shown(call, instance)
}

pub fn stop(call: &mut Call<'_>) -> Result<Reply> {
    let mut instance = named(call)?;
    instance.check_available(call.now, "Instance {} is not in available state.")?;
    check_alone(call, &instance)?;
    if let Some(name) = call.params.text("DBSnapshotIdentifier") {
        let name = snapshot_create::vacant(call, "DBSnapshotIdentifier", name)?;
        let ready = call.after(STOP_SECONDS);
        Snapshot::of(call, &instance, name, ready);
    }
    instance.course = Course::at(call.now, "stopped").through(call.clock, STOP_SECONDS, "stopping");
    kept_and_shown(call, instance)
}

/// Neither a replica nor its source can be stopped.
fn check_alone(call: &Call<'_>, instance: &Instance) -> Result<()> {
    let message = if instance.source.is_some() {
        "Cannot stop or start a read replica instance"
    } else if instance.replicas(call.region).next().is_some() {
        "Cannot stop or start an instance that has read replicas"
    } else {
        return Ok(());
    };
    Err(AwsError::new("InvalidDBInstanceState", message))
}

pub fn start(call: &mut Call<'_>) -> Result<Reply> {
    let mut instance = named(call)?;
    if instance.status(call.now) != "stopped" {
        let message = format!("Instance {} is not stopped.", instance.name());
        return Err(AwsError::new("InvalidDBInstanceState", message));
    }
    instance.course = Course::at(call.now, "available").through(call.clock, START_SECONDS, "starting");
    kept_and_shown(call, instance)
}
