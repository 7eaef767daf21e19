//! The secret that keeps the master password: made here, kept in Secrets Manager and nowhere else.
//!
//! The secret is made before the instance, so whatever happens in between, the next run finds the password that the instance has or
//! will get. It is our own and not one that RDS manages, because a MySQL source with such a one can have no replicas.

mod call;
mod content;
mod token;

use anyhow::Result;
use common::fault::{Fault, is_code};
use common::secret::{RACED, SETTLES_WITHIN};
use common::session::Session;
use common::wait::while_refused;

use crate::names::Names;
pub use call::look;
use call::{create, put, read, restore, retag};
pub use common::secret::Secret;
use content::Held;
pub use content::{Content, Password};

/// A secret and, where it was read or written, what is in it.
pub struct Kept {
    pub arn: String,
    /// None where nothing asked for it: the database is there already.
    pub version: Option<Version>,
}

/// One version of a secret.
pub struct Version {
    id: Option<String>,
    held: Held,
}

impl From<common::secret::Version> for Version {
    fn from(version: common::secret::Version) -> Self {
        Self { id: version.id, held: Held::parse(&version.text) }
    }
}

impl Version {
    /// The master password, where it holds one.
    pub fn password(&self) -> Option<&Password> {
        self.held.password.as_ref()
    }

    /// # Errors
    /// A conflict where it holds no password: somebody has put something else there.
    fn check(self, names: &Names) -> Result<Self> {
        if self.password().is_some() {
            return Ok(self);
        }
        Err(Fault::conflict(format!("the secret {} holds no password", names.secret))
            .hint("make a new one with `rds create --reset-password`")
            .into())
    }
}

/// The conflict where a database is there without its secret.
pub fn lost(names: &Names) -> anyhow::Error {
    Fault::conflict(format!(
        "the DB instance {} is there and its secret {} is gone: nobody knows its master password",
        names.identifier, names.secret
    ))
    .hint("make a new one with `rds create --reset-password`")
    .into()
}

/// The secret of a database that is there already: looked after, not read.
///
/// # Errors
/// A conflict where it is gone or somebody else's; AWS's refusal.
pub async fn keep(session: &Session, names: &Names, found: Option<&Secret>) -> Result<Option<Kept>> {
    let found = found.ok_or_else(|| lost(names))?;
    found.check_ours(session, &names.secret)?;
    restore(session, names, found).await?;
    retag(session, names, found).await?;
    Ok(Some(Kept { arn: found.arn.clone(), version: None }))
}

/// The secret of a database that is still to be made: the one that is there with the password it has, or a new one.
///
/// # Errors
/// A conflict where it is somebody else's or holds no password; AWS's refusal.
pub async fn provide(
    session: &Session,
    names: &Names,
    found: Option<&Secret>,
    content: &Content,
) -> Result<Option<Kept>> {
    if let Some(found) = found {
        let mut kept = keep(session, names, Some(found)).await?;
        if !session.is_planning()
            && let Some(kept) = &mut kept
        {
            kept.version = Some(read(session, names).await?.check(names)?);
        }
        return Ok(kept);
    }
    let mut made = None;
    let what = format!("the name of secret {}", names.secret);
    let create = Box::pin(async {
        let kept = while_refused(session, &RACED, &what, SETTLES_WITHIN, async || {
            create_or_adopt(session, names, content).await
        });
        made = Some(kept.await?);
        Ok(names.secret.clone())
    });
    session.make(format_args!("secret {}", names.secret), create).await?;
    Ok(made)
}

async fn create_or_adopt(session: &Session, names: &Names, content: &Content) -> Result<Kept> {
    match create(session, names, content).await {
        Err(refused) if is_code(&refused, &RACED) => {
            let Some(found) = look(session, names).await? else {
                return Err(refused);
            };
            found.check_ours(session, &names.secret)?;
            restore(session, names, &found).await?;
            Ok(Kept { arn: found.arn, version: Some(read(session, names).await?.check(names)?) })
        }
        other => other,
    }
}

/// A new password in the secret, which is made where it is gone. The database has to be told next.
///
/// # Errors
/// A conflict where the secret is somebody else's; AWS's refusal.
pub async fn renew(
    session: &Session,
    names: &Names,
    found: Option<&Secret>,
    content: &Content,
) -> Result<Option<Kept>> {
    let Some(found) = found else {
        return provide(session, names, None, content).await;
    };
    found.check_ours(session, &names.secret)?;
    restore(session, names, found).await?;
    retag(session, names, found).await?;
    let text = content.with_password(&Password::make()?);
    let put = Box::pin(put(session, names, content, found.current.as_deref(), text));
    let version = session.change(format_args!("secret {}: a new password", names.secret), put).await?;
    Ok(Some(Kept { arn: found.arn.clone(), version }))
}

/// Adds host and port to the secret, where clients and rotation look for them, once the database has an endpoint. Which version is in
/// force tells whether that is done, so that an ordinary run does not read the secret.
///
/// # Errors
/// AWS's refusal.
pub async fn complete(
    session: &Session,
    names: &Names,
    content: &Content,
    known: Option<&Kept>,
) -> Result<()> {
    let read_now;
    let version = if let Some(version) = known.and_then(|kept| kept.version.as_ref()) {
        version
    } else {
        read_now = read(session, names).await?;
        &read_now
    };
    // What somebody else keeps there, in a form of their own, is left alone.
    if version.password().is_none() || !content.differs_from(&version.held) {
        return Ok(());
    }
    let put =
        Box::pin(put(session, names, content, version.id.as_deref(), content.merged_into(&version.held)));
    session.change(format_args!("secret {}: the endpoint", names.secret), put).await?;
    Ok(())
}

/// Whether the version in force is the one that [`complete`] makes of this content.
pub fn is_complete(session: &Session, names: &Names, content: &Content, found: &Secret) -> bool {
    found.current.as_deref() == Some(&token::of(&session.identity, names, content, found.previous.as_deref()))
}
