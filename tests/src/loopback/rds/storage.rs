//! The storage of an instance: how much, of which kind, how fast, and up to where it grows by itself.

use super::class::{self, GP3_STRIPED, StorageType};
use super::settings::Settings;
use crate::loopback::action::Call;
use crate::loopback::error::{AwsError, Result};

fn refuse<T>(message: impl Into<String>) -> Result<T> {
    Err(AwsError::new("InvalidParameterCombination", message))
}

/// Sets the storage of a new instance by what the call says.
///
/// # Errors
/// `InvalidParameterValue` for sizes out of bounds, `InvalidParameterCombination` for what does not go together.
pub fn set(settings: &mut Settings, call: &Call<'_>) -> Result<()> {
    let size = call.params.parsed("AllocatedStorage")?.unwrap_or(settings.allocated);
    resize(settings, call, size)
}

fn resize(settings: &mut Settings, call: &Call<'_>, size: u32) -> Result<()> {
    settings.allocated = size;
    let before = settings.storage.name;
    settings.storage = class::storage(call.params.text("StorageType").unwrap_or(before))?;
    let (low, high) = settings.storage.size;
    if !(low..=high).contains(&settings.allocated) {
        return Err(AwsError::invalid_value(format!(
            "Invalid storage size for engine name mysql and storage type {}: {}",
            settings.storage.name, settings.allocated
        )));
    }
    speed(settings, call, before)?;
    limit(settings, call)
}

/// I/O operations and throughput: chosen, or what comes with the kind and size.
fn speed(settings: &mut Settings, call: &Call<'_>, before: &str) -> Result<()> {
    let (iops, throughput) =
        (call.params.parsed::<u32>("Iops")?, call.params.parsed::<u32>("StorageThroughput")?);
    let kind = settings.storage;
    let chosen = iops.is_some() || throughput.is_some();
    if chosen && kind.name == "gp3" && settings.allocated < GP3_STRIPED {
        return refuse(format!(
            "You can't specify IOPS or storage throughput for engine mysql and a storage size less than {GP3_STRIPED}."
        ));
    }
    if let Some(iops) = iops {
        let fits = kind.iops.is_some_and(|(low, high)| (low..=high).contains(&iops));
        let ratio = f64::from(iops) / f64::from(settings.allocated);
        if !fits || kind.name.starts_with("io") && !(0.5..=50.0).contains(&ratio) {
            return refuse(format!(
                "Invalid iops value for engine name mysql and storage type {}: {iops}",
                kind.name
            ));
        }
    }
    if let Some(throughput) = throughput
        && !kind.throughput.is_some_and(|(low, high)| (low..=high).contains(&throughput))
    {
        return refuse(format!(
            "Invalid storage throughput value for engine name mysql and storage type {}: {throughput}",
            kind.name
        ));
    }
    let same = kind.name == before;
    settings.iops = iops.or(settings.iops.filter(|_| same && fits(kind, settings))).or(usual_iops(settings));
    settings.throughput = throughput.or(usual_throughput(settings));
    if kind.name.starts_with("io") && settings.iops.is_none() {
        return refuse(format!("You must specify Iops with the storage type {}.", kind.name));
    }
    Ok(())
}

/// Whether the speed there is still fits the kind and size.
fn fits(kind: &StorageType, settings: &Settings) -> bool {
    let chosen = settings.allocated >= kind.iops_from;
    chosen
        && kind.iops.is_some_and(|(low, high)| settings.iops.is_some_and(|iops| (low..=high).contains(&iops)))
}

/// Whether its operations are chosen, or could be.
fn provisioned(settings: &Settings) -> bool {
    settings.striped() || settings.storage.name.starts_with("io")
}

fn usual_iops(settings: &Settings) -> Option<u32> {
    match settings.storage.name {
        "gp3" if settings.striped() => settings.storage.iops_default,
        "gp3" => Some(3_000),
        _ => None,
    }
}

fn usual_throughput(settings: &Settings) -> Option<u32> {
    match settings.storage.name {
        "gp3" if settings.striped() => Some(500),
        "gp3" => Some(125),
        _ => None,
    }
}

/// Up to where it grows by itself. The size it has already means that it does not.
fn limit(settings: &mut Settings, call: &Call<'_>) -> Result<()> {
    let asked = call.params.parsed::<u32>("MaxAllocatedStorage")?;
    let Some(max) = asked.or(settings.max_allocated) else { return Ok(()) };
    if asked == Some(settings.allocated) && call.request.action.name == "ModifyDBInstance" {
        settings.max_allocated = None;
        return Ok(());
    }
    if max > settings.storage.size.1 {
        return refuse(format!(
            "Invalid max storage size for engine name mysql and storage type {}: {max}",
            settings.storage.name
        ));
    }
    if max <= settings.allocated && settings.max_allocated != Some(max) || max < settings.allocated {
        return refuse("Max storage size must be greater than storage size");
    }
    // What it is already may have been reached by now.
    if settings.max_allocated != Some(max) && u64::from(max) * 10 < u64::from(settings.allocated) * 11 {
        return refuse("The maximum allocated storage must be increased by at least 10 percent.");
    }
    settings.max_allocated = Some(max);
    Ok(())
}

/// Changes the storage of an instance. It never shrinks, and grows by a tenth at least.
///
/// # Errors
/// Those of [`set`], and `InvalidParameterCombination` for less than there is.
pub fn grow(settings: &mut Settings, call: &Call<'_>) -> Result<()> {
    let before = settings.allocated;
    let asked = call.params.parsed::<u32>("AllocatedStorage")?;
    if asked.is_some_and(|asked| asked < before) {
        return refuse(format!(
            "Invalid storage size for engine name mysql and storage type {}: {}",
            settings.storage.name,
            asked.unwrap_or_default()
        ));
    }
    if asked.is_some_and(|asked| asked > before) && provisioned(settings) && !call.params.has("Iops") {
        return refuse(
            "You must specify both the storage size and iops when modifying the storage size or iops on a DB instance that has \
             iops.",
        );
    }
    let larger = asked.filter(|asked| *asked > before).map(|asked| asked.max(before + before.div_ceil(10)));
    resize(settings, call, larger.unwrap_or(before))
}
