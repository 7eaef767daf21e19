//! `asg delete`: the rule, the group with its instances, then what they stood on.

mod take_down;

use anyhow::Result;
use common::call::all;
use common::session::Session;

use crate::cli::Delete;
use crate::inventory::{self, Found};
use crate::names::Names;
use crate::section::SECTION;

pub async fn delete(session: &Session, flags: &Delete) -> Result<()> {
    session.confirm(flags.confirm.as_deref())?;
    let found = session.inventory(look(session, flags)).await?;
    let gone =
        all(found.iter().map(|(names, it)| Box::pin(take_down::take_down(session, names, it)))).await?;
    let left: Vec<&Names> =
        found.iter().zip(&gone).filter(|(_, gone)| !**gone).map(|((names, _), _)| names).collect();
    session.write(|document| {
        match &flags.name {
            // What is still on its way out goes with the next run, which has to know of it.
            _ if !left.is_empty() => {}
            Some(name) => document.remove_entry(SECTION, name),
            None => document.remove_section(SECTION),
        }
        Ok(())
    })
}

/// What is named, or all of the environment; with what the document shows, so that a group whose instances are still going is seen.
async fn look(session: &Session, flags: &Delete) -> Result<Vec<(Names, Found)>> {
    let names = match &flags.name {
        Some(name) => vec![Names::new(&session.identity, name)],
        None => there(session).await?,
    };
    all(names.into_iter().map(async |names| {
        let found = inventory::read(session, &names, None).await?;
        Ok((names, found))
    }))
    .await
}

async fn there(session: &Session) -> Result<Vec<Names>> {
    let piped = inventory::piped(session)?;
    let piped = piped.keys().map(|name| Names::new(&session.identity, name));
    let mut names: Vec<Names> = inventory::names(session).await?.into_iter().chain(piped).collect();
    names.sort();
    names.dedup();
    Ok(names)
}
