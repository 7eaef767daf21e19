//! The one algorithm by which everything is brought in line: find it by its tags, or make it tagged; amend it in place, or say why
//! that cannot be.
//!
//! Some AWS creates are protected by nothing: no client token, no unique name (VPC, internet gateway, elastic IP). An answer that is
//! lost, or two pipes at once, would leave two of them. Such a create is followed by another look. Where that finds more than one,
//! the one that something already uses stays, or else the one with the lowest id, because every run can tell that without asking
//! another; a run whose own one must go deletes it and carries on with the one that stays. A run whose own one would stay looks
//! again until the other is gone or in use: the other run may have looked before ours was there, and gone on.

use std::fmt::Display;
use std::time::Duration;

use anyhow::Result;
use tokio::time::sleep;

use crate::fault::{Fault, is_code, refusal_of};
use crate::session::Session;

/// How often, and how far apart, a run with competition looks again before it goes on with its own.
const LOOKS: u32 = 8;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// How often an uncertain create is tried again after a look found nothing.
const ATTEMPTS: u32 = 5;

/// One thing in AWS that a command keeps in line. Its `Display` is its noun and name: `subnet expense-dev-public-us-east-1a`.
pub trait Resource: Display {
    /// What AWS tells of it.
    type Found: Clone;

    /// Its AWS id.
    fn id(found: &Self::Found) -> String;

    /// Every amendment it needs, in words, e.g. `turn on DNS host names`; empty where it is in line.
    ///
    /// # Errors
    /// A conflict where it cannot be changed in place.
    fn amendments(&self, _found: &Self::Found) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Makes it, tagged in the same call. It need not be ready on return.
    async fn create(&self, session: &Session) -> Result<Self::Found>;

    /// Carries out the amendments.
    async fn amend(&self, _session: &Session, found: Self::Found) -> Result<Self::Found> {
        Ok(found)
    }
}

/// A resource whose create is protected by no token and no unique name.
pub trait Unprotected: Resource {
    /// All live ones with this name and these tags, now.
    async fn look(&self, session: &Session) -> Result<Vec<Self::Found>>;

    /// Whether something uses it already, so that it must be the one that stays.
    fn is_in_use(found: &Self::Found) -> bool;

    /// Deletes one of our own that came to be twice.
    async fn discard(&self, session: &Session, found: &Self::Found) -> Result<()>;
}

/// A resource whose create is protected by a name that AWS keeps unique, or by an address range.
pub trait Unique: Resource {
    /// AWS's codes for "there is one already".
    const TAKEN: &'static [&'static str];

    /// All live ones with this name and these tags, now.
    async fn look(&self, session: &Session) -> Result<Vec<Self::Found>>;
}

/// Brings a resource in line, given what the inventory found under its name. None where it is only planned.
///
/// # Errors
/// A conflict where there are two of it or it cannot be changed in place; AWS's refusal.
pub async fn converge<R: Resource>(
    session: &Session,
    resource: &R,
    found: &[R::Found],
) -> Result<Option<R::Found>> {
    match only(resource, found)? {
        Some(found) => amend(session, resource, found).await,
        None => make(session, resource, resource.create(session)).await,
    }
}

/// The same for a resource with a unique name. Where the name is taken by now (by an answer that was lost, or by another run) it is
/// looked up again and adopted if it is ours.
///
/// # Errors
/// As [`converge`], and a conflict where the name is taken by something that is not ours.
pub async fn converge_unique<R: Unique>(
    session: &Session,
    resource: &R,
    found: &[R::Found],
) -> Result<Option<R::Found>> {
    if let Some(found) = only(resource, found)? {
        return amend(session, resource, found).await;
    }
    make(session, resource, async {
        match resource.create(session).await {
            Err(error) if is_code(&error, R::TAKEN) => adopt(session, resource, error).await,
            other => other,
        }
    })
    .await
}

/// A look may miss what was made a moment ago, so it is repeated before the name counts as somebody else's.
async fn adopt<R: Unique>(session: &Session, resource: &R, taken: anyhow::Error) -> Result<R::Found> {
    for _ in 0..LOOKS {
        if let Some(found) = only(resource, &resource.look(session).await?)? {
            return Ok(found);
        }
        sleep(BETWEEN_LOOKS).await;
    }
    let conflict = Fault::conflict(format!("{resource} exists and is not tagged as ours"))
        .hint("rename or delete the one that is there, or choose another --project or --env");
    Err(taken.context(conflict))
}

/// The same for a resource that nothing protects. Its create must go through a client that does not repeat an uncertain call by
/// itself ([`crate::aws::Aws::ec2_once`]).
///
/// # Errors
/// As [`converge`].
pub async fn converge_unprotected<R: Unprotected>(
    session: &Session,
    resource: &R,
    found: &[R::Found],
) -> Result<Option<R::Found>> {
    match found {
        [] => make(session, resource, create_once(session, resource)).await,
        [found] => amend(session, resource, found.clone()).await,
        several => {
            // A run that was killed between its create and its second look left one too many behind.
            let kept = settle(session, resource, several.to_vec(), None).await?;
            match kept {
                Some(kept) => amend(session, resource, kept).await,
                None => Ok(None),
            }
        }
    }
}

/// The one that is there, or none.
///
/// # Errors
/// A conflict that names both where there are two.
pub fn only<R: Resource>(resource: &R, found: &[R::Found]) -> Result<Option<R::Found>> {
    match found {
        [] => Ok(None),
        [found] => Ok(Some(found.clone())),
        several => {
            let ids: Vec<String> = several.iter().map(R::id).collect();
            Err(Fault::conflict(format!("there is more than one {resource}: {}", ids.join(", ")))
                .hint("delete the ones that are not in use, then run the same command again")
                .into())
        }
    }
}

async fn make<R: Resource>(
    session: &Session,
    resource: &R,
    create: impl Future<Output = Result<R::Found>>,
) -> Result<Option<R::Found>> {
    let mut made = None;
    session
        .make(resource, async {
            let found = create.await?;
            let id = R::id(&found);
            made = Some(found);
            Ok(id)
        })
        .await?;
    Ok(made)
}

async fn amend<R: Resource>(session: &Session, resource: &R, found: R::Found) -> Result<Option<R::Found>> {
    let amendments = resource.amendments(&found)?;
    if amendments.is_empty() {
        return Ok(Some(found));
    }
    let (name, id) = (resource.to_string(), R::id(&found));
    // RDS knows things by their names.
    let label = if name.ends_with(&format!(" {id}")) { name } else { format!("{name} ({id})") };
    let what = format!("{label}: {}", amendments.join(", "));
    let amended = session.change(what, resource.amend(session, found.clone())).await?;
    Ok(Some(amended.unwrap_or(found)))
}

/// Creates it, and makes sure that one is left. An uncertain answer (lost, or a server error) is followed by a look, not by another
/// create.
async fn create_once<R: Unprotected>(session: &Session, resource: &R) -> Result<R::Found> {
    let mut attempt = 1;
    let created = loop {
        match resource.create(session).await {
            Ok(created) => break Some(created),
            Err(error) if refusal_of(&error).is_some_and(|it| it.uncertain) => {
                let pause = BETWEEN_LOOKS * 2_u32.pow(attempt - 1);
                sleep(pause).await;
                if !resource.look(session).await?.is_empty() {
                    break None;
                }
                if attempt == ATTEMPTS {
                    return Err(error);
                }
                attempt += 1;
            }
            Err(error) => return Err(error),
        }
    };
    let mut found = resource.look(session).await?;
    if let Some(created) = &created
        && !found.iter().any(|it| R::id(it) == R::id(created))
    {
        found.push(created.clone());
    }
    let kept = settle(session, resource, found, created.as_ref()).await?;
    kept.ok_or_else(|| {
        Fault::conflict(format!("{resource} was made and is gone again: another run deleted it"))
            .hint("run the same command again")
            .into()
    })
}

/// Leaves one of several. `own` is the one this run made; without it this run may discard any that is not in use, once it has seen
/// that no other run goes on with it.
async fn settle<R: Unprotected>(
    session: &Session,
    resource: &R,
    mut found: Vec<R::Found>,
    own: Option<&R::Found>,
) -> Result<Option<R::Found>> {
    for look in 0..LOOKS {
        found.sort_by_key(|it| (!R::is_in_use(it), R::id(it)));
        if found.len() < 2 {
            return Ok(found.pop());
        }
        if session.is_planning() {
            return only(resource, &found[..1]);
        }
        if found.iter().filter(|it| R::is_in_use(it)).count() > 1 {
            return only(resource, &found);
        }
        let kept = found[0].clone();
        if let Some(own) = own
            && R::id(own) != R::id(&kept)
        {
            resource.discard(session, own).await?;
            return Ok(Some(kept));
        }
        if look + 1 < LOOKS {
            sleep(BETWEEN_LOOKS).await;
            found = resource.look(session).await?;
        }
    }
    // Nobody uses the others and nobody took them away: they were left by a run that was killed, or by an answer that was lost.
    let kept = found.remove(0);
    for left in &found {
        resource.discard(session, left).await?;
    }
    Ok(Some(kept))
}
