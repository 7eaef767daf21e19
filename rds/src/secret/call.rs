//! The calls to Secrets Manager, with what a database's secret says.

use anyhow::Result;
use common::secret::{self, Place, Secret};
use common::session::Session;

use super::{Content, Kept, Password, Version, token};
use crate::names::{COMPONENT, Names};

/// The secret of this database, whoever made it, deleted ones included.
pub async fn look(session: &Session, names: &Names) -> Result<Option<Secret>> {
    secret::look(session, &names.secret).await
}

pub async fn create(session: &Session, names: &Names, content: &Content) -> Result<Kept> {
    let place = Place {
        name: &names.secret,
        component: COMPONENT,
        description: format!("Master user of the database {}", names.identifier),
    };
    let token = token::of(&session.identity, names, content, None);
    let text = content.with_password(&Password::make()?);
    let (arn, version) = secret::create(session, &place, token, text).await?;
    Ok(Kept { arn, version: Some(version.into()) })
}

pub async fn put(
    session: &Session,
    names: &Names,
    content: &Content,
    replaced: Option<&str>,
    text: String,
) -> Result<Version> {
    let token = token::of(&session.identity, names, content, replaced);
    secret::put(session, &names.secret, token, text).await.map(Version::from)
}

pub async fn read(session: &Session, names: &Names) -> Result<Version> {
    secret::read(session, &names.secret).await.map(Version::from)
}

pub async fn restore(session: &Session, names: &Names, found: &Secret) -> Result<()> {
    secret::restore(session, &names.secret, found).await
}

pub async fn retag(session: &Session, names: &Names, found: &Secret) -> Result<()> {
    secret::retag(session, COMPONENT, &names.secret, found).await
}
