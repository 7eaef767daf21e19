//! `asg show`: the section as AWS has it.

use anyhow::Result;
use common::call::all;
use common::fault::Fault;
use common::section::{Component, Named};
use common::session::Session;

use crate::cli::Show;
use crate::inventory::{self, Found, Target};
use crate::names::Names;
use crate::ownership::not_ours;
use crate::{group, refresh, section, settle};

pub async fn show(session: &Session, flags: &Show) -> Result<()> {
    let before = inventory::piped(session)?;
    let mut found = session.inventory(look(session, flags.name.as_deref())).await?;
    check_all_there(session, flags, &before, &found)?;
    if flags.wait && !session.is_planning() {
        all(found.iter().map(|(names, found)| until_settled(session, names, found))).await?;
        // A deployment that has ended meanwhile has changed the version.
        if found.iter().any(|(_, it)| refresh::running(&it.refreshes).is_some()) {
            found = look(session, flags.name.as_deref()).await?;
        }
    }
    let components = found.iter().map(|(names, found)| {
        let mut component = section::component(names, found, None);
        let piped = before.get(&names.name).and_then(|it| it.load_balancer.clone());
        component.load_balancer = component.load_balancer.or(piped);
        (names.name.clone(), component)
    });
    section::write(session, components)
}

/// The one component, or all of the environment.
async fn look(session: &Session, name: Option<&str>) -> Result<Vec<(Names, Found)>> {
    let Some(name) = name else {
        return every(session).await;
    };
    let names = Names::new(&session.identity, name);
    let found = inventory::read(session, &names, None).await?;
    match (&found.group, found.is_group_ours(&session.identity)) {
        (None, _) => Ok(Vec::new()),
        (Some(_), true) => Ok(vec![(names, found)]),
        (Some(_), false) => Err(not_ours(&format!("the group {names}")).into()),
    }
}

async fn every(session: &Session) -> Result<Vec<(Names, Found)>> {
    let own = group::own(session).await?.into_iter();
    let found = all(own.map(async |(names, group)| {
        let found = inventory::of_found(session, &names, &group).await?;
        Ok((names, found))
    }))
    .await?;
    Ok(found.into_iter().filter(|(_, it)| it.is_group_ours(&session.identity)).collect())
}

/// Everything asked for, and everything the document shows as made, has to be there.
fn check_all_there(
    session: &Session,
    flags: &Show,
    before: &Named<Component>,
    found: &[(Names, Found)],
) -> Result<()> {
    let planned =
        |name: &&String| session.is_planning() && before.get(*name).is_some_and(|it| it.arn.is_none());
    let expected = flags.name.iter().chain(before.keys().filter(|_| flags.name.is_none()));
    let gone: Vec<String> = expected
        .filter(|name| !found.iter().any(|(names, _)| names.name == **name) && !planned(name))
        .map(|name| session.identity.name(name))
        .collect();
    let base = session.identity.base();
    let what = match gone.as_slice() {
        [] if !found.is_empty() || (session.is_planning() && !before.is_empty()) => return Ok(()),
        [] => format!("{base} has no component"),
        gone => format!("there is no group {}", gone.join(", ")),
    };
    Err(Fault::not_found(what).hint("run `asg create` first").into())
}

/// Waits until a deployment that is under way has ended well, and then until all is healthy.
async fn until_settled(session: &Session, names: &Names, found: &Found) -> Result<()> {
    let running = refresh::running(&found.refreshes);
    if let Some(id) = running.and_then(|it| it.instance_refresh_id()) {
        let ended = refresh::until_ended(session, names, id).await?;
        refresh::outcome(names, &ended)?;
    }
    match found.target_group.as_ref().and_then(Target::arn) {
        Some(arn) => settle::until_healthy(session, names, arn, found, running.is_none()).await,
        None => Err(Fault::not_found(format!("{names} has no target group"))
            .hint(format!("run `asg create {}` again", names.name))
            .into()),
    }
}
