//! The image of a component: the one that is asked for, or the one that `bake` made. It may be on its way still.

use anyhow::Result;
use aws_sdk_ec2::types::Image;
use common::fault::{Fault, Kind, kind_of, refusal_of};
use common::section::{Baked, Named};
use common::server::image;
use common::session::Session;
use common::wait::State;

use crate::cli::Create;
use crate::flags;
use crate::names::Names;

/// The image where a dry run of `bake` is to make one.
pub const PLANNED: &str = "that bake makes";

/// The image that is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// None where the image stays as it is.
    pub id: Option<String>,
    /// None where there is none of this id, or it may not be seen.
    pub found: Option<Image>,
}

/// The image by flag or by document, as EC2 tells of it.
///
/// # Errors
/// Not found where a parameter is not there; a conflict where it holds no image; AWS's refusal.
pub async fn wanted(session: &Session, flags: &Create, names: &Names) -> Result<Wanted> {
    let id = match flags.image.as_deref() {
        None => baked(session, &names.name)?,
        Some(source) => Some(match source.strip_prefix(flags::PARAMETER) {
            Some(parameter) => image::of_parameter(session, parameter).await?,
            None => source.to_owned(),
        }),
    };
    let found = match id.as_deref() {
        Some(PLANNED) | None => None,
        Some(id) => image::look(session, id).await?,
    };
    Ok(Wanted { id, found })
}

/// The document's `.bake.NAME.image`; none where it has none.
///
/// # Errors
/// A document fault where the section is not well formed.
fn baked(session: &Session, name: &str) -> Result<Option<String>> {
    let baked = session.section::<Named<Baked>>("bake")?.unwrap_or_default().remove(name);
    let planned = baked.is_some() && session.is_planning();
    Ok(baked.and_then(|it| it.image).or_else(|| planned.then(|| PLANNED.to_owned())))
}

/// The root device of an image from which instances can be launched, or will be.
///
/// # Errors
/// Not found, or a fault that says why it never will be.
pub fn root_device(id: &str, found: Option<&Image>) -> Result<Option<String>> {
    let Some(found) = found else {
        return if id == PLANNED { Ok(None) } else { Err(image::absent(id).into()) };
    };
    match image::progress(found) {
        State::Failed(reason) => Err(anyhow::anyhow!(reason).context(useless(id))),
        State::Ready | State::Pending(_) => Ok(found.root_device_name().map(str::to_owned)),
    }
}

/// Waits until instances can be launched from it: EC2 refuses that while an image is pending.
///
/// # Errors
/// It failed, at once and with EC2's reason; not in time, which without waiting is at once; AWS's refusal.
pub async fn until_available(session: &Session, wanted: &Wanted) -> Result<()> {
    let (Some(id), Some(found)) = (&wanted.id, &wanted.found) else {
        return Ok(());
    };
    if session.is_planning() || image::progress(found) == State::Ready {
        return Ok(());
    }
    if !session.waits() {
        let fault = Fault::new(Kind::NotInTime, format!("the image {id} is still pending"));
        return Err(fault.hint("run the same command again later, or without --no-wait").into());
    }
    match image::until_available(session, id, found.name().unwrap_or_default()).await {
        // That it failed, and not that EC2 did not answer.
        Err(error) if kind_of(&error) == Kind::Failed && refusal_of(&error).is_none() => {
            Err(error.context(useless(id)))
        }
        outcome => outcome,
    }
}

fn useless(id: &str) -> Fault {
    Fault::conflict(format!("the image {id} cannot be used")).hint("bake it again, or give another --image")
}
