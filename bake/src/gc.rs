//! `bake gc`: what a lost machine has left.

use std::fs;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use aws_sdk_ec2::types::{self as ec2, ImageState};
use common::call::{all, both};
use common::session::Session;
use common::ssh::Folder;
use common::tags::ec2_value;

use crate::claim;
use crate::cli::Gc;
use crate::inventory::{Inventory, id_of};
use crate::marks::{age, silence};
use crate::names::{MAKING, Names};
use crate::usage::Usage;
use crate::{clear, image};

/// Removes builders with their security groups and keys, groups without a builder, failed images, and folders of keys that open
/// nothing, as far as they are older than that. A run that is alive is left alone.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn gc(session: &Session, flags: &Gc) -> Result<()> {
    let (found, usage) = session.inventory(both(Inventory::read_all(session), Usage::read(session))).await?;
    let oldest = flags.older_than;
    let failed = found.images.iter().filter(|it| {
        let is_failed =
            matches!(it.state(), Some(ImageState::Failed | ImageState::Error | ImageState::Invalid));
        is_failed && is_older(made(it), oldest) && usage.of(id_of(it)).is_empty()
    });
    all(failed.map(|it| image::delete(session, it))).await?;
    let mut components = found.components(session);
    components.extend(of_folders(session)?);
    components.sort();
    components.dedup();
    all(components.iter().map(async |names| {
        let making = found.making(names);
        if !is_left(session, names, &making, &found.images, oldest)? {
            return Ok(());
        }
        if !clear::making(session, names, &making).await? {
            session.progress.line(&format!("left {}: another run is at it", names.builder));
        }
        Ok(())
    }))
    .await?;
    session.write(|_| Ok(()))
}

/// Whether what there is of a component's making is old enough, and no image that is pending needs it.
fn is_left(
    session: &Session,
    names: &Names,
    making: &Inventory,
    images: &[ec2::Image],
    oldest: Duration,
) -> Result<bool> {
    let is_pending = |it: &ec2::Image| {
        ec2_value(it.tags(), "Component") == Some(&names.name) && it.state() == Some(&ImageState::Pending)
    };
    if images.iter().any(is_pending) {
        return Ok(false);
    }
    let builders = making.builders.iter().map(|it| age(it.launch_time()));
    // EC2 does not tell when it made a security group, but its maker has.
    let groups = making.groups.iter().map(|it| silence(it.tags()));
    let folder = claim::folder(session, names)?;
    let of_folder = fs::metadata(folder.path()).ok().and_then(|it| it.modified().ok());
    let of_folder = of_folder.and_then(|it| SystemTime::now().duration_since(it).ok());
    let ages: Vec<Duration> = builders.chain(groups).flatten().chain(of_folder).collect();
    let is_there = !making.builders.is_empty() || !making.groups.is_empty() || of_folder.is_some();
    Ok(is_there && ages.iter().all(|age| *age >= oldest))
}

fn is_older(age: Option<Duration>, oldest: Duration) -> bool {
    age.is_some_and(|age| age >= oldest)
}

fn made(image: &ec2::Image) -> Option<Duration> {
    let format = aws_sdk_ec2::primitives::DateTimeFormat::DateTime;
    let made = aws_sdk_ec2::primitives::DateTime::from_str(image.creation_date()?, format).ok()?;
    age(Some(&made))
}

/// The components of which this machine has keys.
fn of_folders(session: &Session) -> Result<Vec<Names>> {
    let above = Folder::of(&session.identity)?;
    let Ok(read) = fs::read_dir(above.path()) else { return Ok(Vec::new()) };
    let names = read.flatten().filter_map(|it| it.file_name().into_string().ok());
    let components = names.filter_map(|it| it.strip_prefix(&format!("{MAKING}-")).map(str::to_owned));
    let components = components.filter(|name| common::flags::name(name).is_ok());
    Ok(components.map(|name| Names::new(&session.identity, &name)).collect())
}
