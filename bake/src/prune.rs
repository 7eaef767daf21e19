//! `bake prune`: all but the newest images go, and none that is in use.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{all, both};
use common::session::Session;

use crate::cli::Prune;
use crate::image;
use crate::inventory::{Inventory, id_of, images};
use crate::names::Names;
use crate::pick::is_usable;
use crate::usage::Usage;

/// Deletes them, and names those that stay because they are in use. The one that the document names stays as well.
///
/// # Errors
/// Usage where production is not confirmed; AWS's refusal.
pub async fn prune(session: &Session, flags: &Prune) -> Result<()> {
    session.confirm(flags.confirm.as_deref())?;
    let piped = crate::section::piped(session)?;
    let names = flags.name.as_ref().map(|name| Names::new(&session.identity, name));
    let read = both(images(session, names.as_ref()), Usage::read(session));
    let (images, usage) = session.inventory(read).await?;
    let found = Inventory { images, ..Inventory::default() };
    let mut doomed: Vec<&ec2::Image> = Vec::new();
    for names in found.components(session) {
        // One that failed is no version of anything: `gc` removes it.
        let usable = found.of(&names.name).filter(|it| is_usable(it));
        for image in usable.skip(usize::from(flags.keep)) {
            let (id, name) = (id_of(image), image.name().unwrap_or_default());
            let users = usage.of(id);
            if !users.is_empty() {
                session.progress.line(&format!("kept {name} ({id}), used by {}", users.join(", ")));
            } else if piped.get(&names.name).and_then(|it| it.image.as_deref()) == Some(id) {
                session.progress.line(&format!("kept {name} ({id}), which the document names"));
            } else {
                doomed.push(image);
            }
        }
    }
    all(doomed.into_iter().map(|it| image::delete(session, it))).await?;
    session.write(|_| Ok(()))
}
