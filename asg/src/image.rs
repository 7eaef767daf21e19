//! The image of a component: the one asked for, or the one that `bake` made.

use anyhow::Result;
use aws_sdk_ec2::types::Image;
use common::fault::Fault;
use common::section::{Baked, Named};
use common::server::image;
use common::session::Session;
use common::wait::State;

/// The document's `.bake.NAME`; none where it has none.
///
/// # Errors
/// A document fault where it is not well formed.
fn baked(session: &Session, name: &str) -> Result<Option<Baked>> {
    Ok(session.section::<Named<Baked>>("bake")?.unwrap_or_default().remove(name))
}

/// The image where a dry run of `bake` is to make one.
pub const PLANNED: &str = "that bake makes";

/// The id of the image that is asked for, by the flag or by the document; none where the one before stays.
///
/// # Errors
/// A document fault where the section is not well formed.
pub fn asked(session: &Session, flag: Option<&str>, name: &str) -> Result<Option<String>> {
    if let Some(id) = flag {
        return Ok(Some(id.to_owned()));
    }
    let baked = baked(session, name)?;
    let planned = baked.is_some() && session.is_planning();
    Ok(baked.and_then(|it| it.image).or_else(|| planned.then(|| PLANNED.to_owned())))
}

/// An image that is asked for, as EC2 tells of it.
///
/// # Errors
/// AWS's refusal.
pub async fn look(session: &Session, id: Option<&str>) -> Result<Option<Image>> {
    match id {
        Some(PLANNED) | None => Ok(None),
        Some(id) => image::look(session, id).await,
    }
}

/// The root device of an image that instances can be launched from, or that this run can wait for: `bake` hands on what is pending.
///
/// # Errors
/// Not found, or a conflict that says what state it is in.
pub fn root_device(session: &Session, id: &str, found: Option<&Image>) -> Result<Option<String>> {
    let Some(found) = found else {
        return if id == PLANNED { Ok(None) } else { Err(image::absent(id).into()) };
    };
    match image::progress(found) {
        State::Ready => {}
        State::Pending(_) if session.waits() || session.is_planning() => {}
        _ => {
            let state = image::state_of(found);
            return Err(Fault::conflict(format!("the image {id} is {state}"))
                .hint("wait until it is available, then run the same command again")
                .into());
        }
    }
    Ok(found.root_device_name().map(str::to_owned))
}

/// Waits for an image that is still pending.
///
/// # Errors
/// It failed; not in time; AWS's refusal.
pub async fn until_available(session: &Session, found: Option<&Image>) -> Result<()> {
    match found {
        Some(found) if session.waits() && matches!(image::progress(found), State::Pending(_)) => {
            let id = found.image_id().unwrap_or_default();
            image::until_available(session, id, found.name().unwrap_or_default()).await
        }
        _ => Ok(()),
    }
}
