//! What cannot be changed in place, and what AWS would refuse: told by name before anything is touched.

use anyhow::Result;
use aws_sdk_rds::types::DbInstance;
use common::fault::Fault;

use super::{Change, Standing};
use crate::cli::Create;
use crate::flags::{least_limit, room_to_grow};
use crate::version;

/// # Errors
/// A conflict that names the first thing that cannot be.
pub fn refuse(flags: &Create, found: &DbInstance, vpc: Option<&str>, subnet_group: &str) -> Result<()> {
    let id = found.db_instance_identifier().unwrap_or_default();
    fixed(id, "engine", Some(flags.engine.name()), found.engine())?;
    fixed(id, "master user", flags.username.as_deref(), found.master_username())?;
    fixed(id, "database name", flags.db_name.as_deref(), Some(found.db_name().unwrap_or("no database")))?;
    let group = found.db_subnet_group();
    fixed(id, "vpc", vpc, group.and_then(|group| group.vpc_id()))?;
    fixed(id, "subnet group", Some(subnet_group), group.and_then(|group| group.db_subnet_group_name()))?;
    if found.storage_encrypted() == Some(false) {
        return Err(Fault::conflict(format!(
            "the storage of {id} is not encrypted, and encryption cannot be added in place"
        ))
        .hint("copy a snapshot of it with encryption, and restore that under another NAME")
        .into());
    }
    same_major(id, flags, found)
}

fn fixed(id: &str, what: &str, asked: Option<&str>, has: Option<&str>) -> Result<()> {
    match (asked, has) {
        (Some(asked), Some(has)) if asked != has => Err(Fault::conflict(format!(
            "{id} has {what} {has}, {asked} is asked for, and it cannot be changed in place"
        ))
        .hint("leave the flag out, or make another database under another NAME")
        .into()),
        _ => Ok(()),
    }
}

fn same_major(id: &str, flags: &Create, found: &DbInstance) -> Result<()> {
    let (Some(asked), Some(runs)) = (&flags.engine_version, found.engine_version()) else {
        return Ok(());
    };
    let (asked, has) = (version::major(asked), version::major(runs));
    if asked == has {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "{id} runs {runs}: going to {asked} is a change of the major version, which is not made in place"
    ))
    .hint("take a snapshot and restore it under another NAME, or make a blue/green deployment in the console")
    .into())
}

/// Whether the storage and its limit go together after the changes.
///
/// # Errors
/// A usage fault where AWS would refuse them.
pub fn check_growth(changes: &[Change], has: &Standing) -> Result<()> {
    if !changes.iter().any(Change::is_more_storage) {
        return Ok(());
    }
    let storage = changes.iter().find_map(|change| match change {
        Change::Storage(size, _) => Some(*size),
        _ => None,
    });
    let most = changes.iter().find_map(|change| match change {
        Change::MaxStorage(size) => Some(*size),
        _ => None,
    });
    let storage = storage.unwrap_or(has.storage);
    let Some(most) = most.or(has.max_storage) else {
        return Ok(());
    };
    if most >= least_limit(storage) {
        return Ok(());
    }
    Err(Fault::usage(format!("storage of {storage} GiB cannot have a limit of {most} GiB"))
        .hint(format!(
            "AWS takes 110 % or more: --max-storage {}, better {}",
            least_limit(storage),
            room_to_grow(storage)
        ))
        .into())
}
