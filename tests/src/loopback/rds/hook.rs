//! What AWS does to instances by itself (storage that grows, instances that fail), and what their clients do.

use super::course::Course;
use super::instance::Instance;
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const HOOKS: &[Action] = &[
    write("GrowStorage", grow, "DBInstanceIdentifier! AllocatedStorage"),
    write("SetStatus", set_status, "DBInstanceIdentifier! Status!"),
    read("LogIn", log_in, "DBInstanceIdentifier! UserName! Password!"),
];

/// Statuses that an instance can be put in, to stay there.
const STATUSES: [&str; 11] = [
    "available",
    "failed",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "incompatible-network",
    "incompatible-option-group",
    "incompatible-parameters",
    "incompatible-restore",
    "insufficient-capacity",
    "restore-error",
    "storage-full",
];
const OPTIMIZING_SECONDS: f64 = 1800.0;
/// By how much storage grows at least, in GiB.
const STEP: u32 = 10;

/// Lets the storage grow, to a size or by a step, as autoscaling does when it gets full.
fn grow(call: &mut Call<'_>) -> Result<Reply> {
    let asked = call.params.parsed::<u32>("AllocatedStorage")?;
    let course =
        Course::at(call.now, "available").through(call.clock, OPTIMIZING_SECONDS, "storage-optimization");
    let now = call.now;
    let instance = call.region.rds.find_mut::<Instance>(call.params.required("DBInstanceIdentifier")?)?;
    let settings = &mut instance.settings;
    let step = STEP.max(settings.allocated.div_ceil(10));
    let size = asked.unwrap_or(settings.allocated + step);
    let most = settings.max_allocated.unwrap_or(settings.allocated);
    if size <= settings.allocated || size > most {
        let message = format!("Storage can grow from {} to {most} GiB, not to {size}.", settings.allocated);
        return Err(AwsError::invalid_value(message));
    }
    settings.allocated = size;
    if let Some((wanted, _)) = &mut instance.wanted {
        wanted.allocated = wanted.allocated.max(size);
    }
    instance.storage_changed = Some(now);
    instance.course = course;
    Ok(Node::new().put("AllocatedStorage", size).into())
}

fn set_status(call: &mut Call<'_>) -> Result<Reply> {
    let asked = call.params.required("Status")?;
    let status = STATUSES.into_iter().find(|status| *status == asked);
    let status = status.ok_or_else(|| AwsError::invalid_value(format!("One of {}", STATUSES.join(", "))))?;
    let course = Course::at(call.now, status);
    let instance = call.region.rds.find_mut::<Instance>(call.params.required("DBInstanceIdentifier")?)?;
    instance.course = course;
    Ok(Node::new().put("DBInstanceStatus", status).into())
}

/// Lets the master user of an instance in, by the password that the instance was last given.
fn log_in(call: &mut Call<'_>) -> Result<Reply> {
    let user = call.params.required("UserName")?;
    let password = call.params.required("Password")?;
    let instance = call.region.rds.find::<Instance>(call.params.required("DBInstanceIdentifier")?)?;
    if instance.settings.username == user && instance.password.as_deref() == Some(password) {
        return Ok(Node::new().into());
    }
    let message = format!("Access denied for user '{user}' (using password: YES)");
    Err(AwsError::new("AccessDenied", message))
}
