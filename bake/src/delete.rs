//! `bake delete`: images with their snapshots, and what is left of their making.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{all, both, failures};
use common::fault::Fault;
use common::session::Session;
use common::tags::ec2_value;
use common::wait::{State, until_ready};

use crate::cli::Delete;
use crate::inventory::{self, Inventory, id_of};
use crate::marks::VERSION;
use crate::names::Names;
use crate::section::SECTION;
use crate::usage::Usage;
use crate::{clear, image};

/// For as long a describe may still show what was deleted.
const UNTIL_GONE: Duration = Duration::from_mins(5);

/// Deletes one image, those of a version or a component, or everything of the environment.
///
/// # Errors
/// Usage where production is not confirmed; a conflict where one is in use, before anything is deleted; AWS's refusal.
pub async fn delete(session: &Session, flags: &Delete) -> Result<()> {
    session.confirm(flags.confirm.as_deref())?;
    let (found, usage) = session.inventory(both(Inventory::read_all(session), Usage::read(session))).await?;
    let components = match &flags.name {
        Some(name) => vec![Names::new(&session.identity, name)],
        None => found.components(session),
    };
    let is_meant = |it: &&ec2::Image| match (&flags.image, &flags.version) {
        (Some(id), _) => id_of(it) == id,
        (_, Some(version)) => ec2_value(it.tags(), VERSION) == Some(version),
        _ => true,
    };
    let of_components = components.iter().flat_map(|it| found.of(&it.name));
    let doomed: Vec<ec2::Image> = of_components.filter(is_meant).cloned().collect();
    let is_all = flags.image.is_none() && flags.version.is_none();
    if doomed.is_empty() && !is_all {
        let what = flags.image.as_deref().or(flags.version.as_deref()).unwrap_or_default();
        // Deleted already is as good: a command is safe to run again.
        session.progress.line(&format!("there is no image {what}"));
    }
    failures(doomed.iter().filter_map(|it| usage.refusal(id_of(it))).map(Into::into).collect())?;
    if is_all {
        unmake(session, &components, &found).await?;
    }
    all(doomed.iter().map(|it| image::delete(session, it))).await?;
    until_gone(session, &doomed).await?;
    session.write(|document| {
        for names in &components {
            let piped = document.section::<common::section::Named<common::section::Baked>>(SECTION)?;
            let named = piped.unwrap_or_default().get(&names.name).and_then(|it| it.image.clone());
            if is_all || named.is_some_and(|id| doomed.iter().any(|it| id_of(it) == id)) {
                document.remove_entry(SECTION, &names.name);
            }
        }
        if flags.name.is_none() {
            document.remove_section(SECTION);
        }
        Ok(())
    })
}

/// Removes builders, groups and keys first: an image that is pending needs its builder no more once it goes itself.
async fn unmake(session: &Session, components: &[Names], found: &Inventory) -> Result<()> {
    let cleared = all(components.iter().map(async |names| {
        let is_cleared = clear::making(session, names, &found.making(names)).await?;
        Ok((names, is_cleared))
    }))
    .await?;
    let busy: Vec<&str> =
        cleared.iter().filter(|(_, it)| !it).map(|(names, _)| names.name.as_str()).collect();
    if busy.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!("an image of {} is being made by another run", busy.join(", ")))
        .hint("run the same command again once that has ended")
        .into())
}

async fn until_gone(session: &Session, doomed: &[ec2::Image]) -> Result<()> {
    if session.is_planning() || doomed.is_empty() {
        return Ok(());
    }
    until_ready(session, UNTIL_GONE, async || {
        let left = inventory::images(session, None).await?;
        let left = left.iter().filter(|it| doomed.iter().any(|gone| gone.image_id() == it.image_id()));
        // A deregistered image may be told of for a while.
        let left = left.filter(|it| it.state() != Some(&ec2::ImageState::Deregistered));
        Ok(left
            .map(|it| (format!("image {}", id_of(it)), State::Pending("being deleted".to_owned())))
            .collect())
    })
    .await
}
