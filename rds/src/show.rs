//! `rds show`: the section as AWS has it.

use anyhow::Result;
use aws_sdk_rds::types::DbInstance;
use common::call::all;
use common::fault::Fault;
use common::section::{Database, Named};
use common::session::Session;

use crate::cli::Show;
use crate::names::Names;
use crate::ownership::check_ours;
use crate::{instance, secret, section, settle};

pub async fn show(session: &Session, flags: &Show) -> Result<()> {
    let before = session.section::<Named<Database>>(section::SECTION)?.unwrap_or_default();
    let found = session.inventory(look(session, flags)).await?;
    check_all_there(session, flags, &before, &found)?;
    let secrets = all(found.iter().map(|(names, _)| secret::look(session, names))).await?;
    let found = if flags.wait { wait(session, found).await? } else { found };
    let databases = found.iter().zip(secrets).map(|((names, found), secret)| {
        let secret = secret.filter(|secret| secret.check_ours(session, &names.secret).is_ok());
        let before = before.get(&names.name);
        (names.name.clone(), section::database(found, secret.map(|it| it.arn), before))
    });
    section::write(session, databases)
}

/// The one database, or all of the environment.
async fn look(session: &Session, flags: &Show) -> Result<Vec<(Names, DbInstance)>> {
    let Some(name) = &flags.name else {
        let prefix = session.identity.name("");
        let all = instance::look_all(session).await?;
        let named = all.into_iter().filter_map(|found| {
            let name = found.db_instance_identifier()?.strip_prefix(&prefix)?.to_owned();
            Some((Names::new(&session.identity, &name), found))
        });
        return Ok(named.collect());
    };
    let names = Names::new(&session.identity, name);
    let Some(found) = instance::look(session, &names.identifier).await? else {
        return Ok(Vec::new());
    };
    check_ours(session, &format!("DB instance {}", names.identifier), found.tag_list())?;
    Ok(vec![(names, found)])
}

/// Everything asked for, and everything the document shows, has to be there.
fn check_all_there(
    session: &Session,
    flags: &Show,
    before: &Named<Database>,
    found: &[(Names, DbInstance)],
) -> Result<()> {
    let expected = flags.name.iter().chain(before.keys().filter(|_| flags.name.is_none()));
    let gone: Vec<String> = expected
        .filter(|name| !found.iter().any(|(names, _)| names.name == **name))
        .map(|name| session.identity.name(name))
        .collect();
    let base = session.identity.base();
    let what = match gone.as_slice() {
        [] if !found.is_empty() => return Ok(()),
        [] => format!("{base} has no database"),
        gone => format!("there is no DB instance {}", gone.join(", ")),
    };
    Err(Fault::not_found(what).hint("run `rds create` first").into())
}

async fn wait(session: &Session, found: Vec<(Names, DbInstance)>) -> Result<Vec<(Names, DbInstance)>> {
    all(found.into_iter().map(async |(names, found)| {
        let found = settle::until_usable(session, found, None, |_| Ok(())).await?;
        Ok((names, found))
    }))
    .await
}
