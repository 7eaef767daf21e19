<<<<<<< HEAD
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
=======
//! The image of a component: the one that is asked for, or the one that `bake` made. It may be on its way still.

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types::{Image as Found, ImageState, StateReason};
use common::call::Call as _;
use common::fault::{Fault, Kind, is_code, is_missing};
use common::section::{Entry, Named};
use common::session::Session;
use common::wait::{State, until_ready};
use serde::Deserialize;

use crate::cli::Create;
use crate::flags;
use crate::names::Names;

/// AWS takes 3 to 15 minutes, and over an hour now and then.
const AVAILABLE_WITHIN: Duration = Duration::from_hours(2);

/// The image that is asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// None where the image stays as it is.
    pub id: Option<String>,
    /// None where there is none of this id, or it may not be seen.
    pub found: Option<Found>,
}

/// What this command reads of the section `bake`.
#[derive(Debug, Clone, Deserialize)]
struct Baked {
    image: Option<Image>,
}

/// An image by its id, or an object that holds its id.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Image {
    Id(String),
    Object { id: Option<String> },
}

impl Entry for Baked {
    fn is_made(&self) -> bool {
        self.image.is_some()
    }
}

/// The image by flag or by document, as EC2 tells of it.
///
/// # Errors
/// Not found where a parameter is not there; a conflict where it holds no image; AWS's refusal.
pub async fn wanted(session: &Session, flags: &Create, names: &Names) -> Result<Wanted> {
    let id = match flags.image.as_deref() {
        None => baked(session, &names.name)?,
        Some(source) => Some(match source.strip_prefix(flags::PARAMETER) {
            Some(parameter) => held(session, parameter).await?,
            None => source.to_owned(),
        }),
    };
    let found = match &id {
        Some(id) => look(session, id).await?,
        None => None,
    };
    Ok(Wanted { id, found })
}

/// The id that a parameter holds.
async fn held(session: &Session, parameter: &str) -> Result<String> {
    let call = session.aws.ssm().get_parameter().name(parameter);
    let answer = match call.send().await.cannot(format_args!("read the parameter {parameter}")) {
        Err(error) if is_missing(&error) => {
            return Err(error.context(Fault::not_found(format!("there is no parameter {parameter}"))));
        }
        answer => answer?,
    };
    let value = answer.parameter.and_then(|it| it.value).context("SSM answered no value")?;
    flags::image(value.trim()).map_err(|_| {
        Fault::conflict(format!("the parameter {parameter} does not hold the id of an image"))
            .hint("give the id itself with --image, or another parameter")
            .into()
    })
}

/// None where there is none of this id, or it may not be seen.
async fn look(session: &Session, id: &str) -> Result<Option<Found>> {
    let call = session.aws.ec2().describe_images().image_ids(id);
    match call.send().await.cannot(format_args!("look up the image {id}")) {
        Ok(answer) => Ok(answer.images.and_then(|images| images.into_iter().next())),
        Err(error) if is_missing(&error) || is_code(&error, &["InvalidAMIID.*"]) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The root device of an image from which instances can be launched, or will be.
///
/// # Errors
/// Not found, or a fault that says why it never will be.
pub fn root_device(id: &str, image: Option<&Found>) -> Result<Option<String>> {
    let Some(image) = image else {
        return Err(gone(id).into());
    };
    match state(image) {
        State::Failed(reason) => Err(useless(id, &reason).into()),
        State::Ready | State::Pending(_) => Ok(image.root_device_name().map(str::to_owned)),
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
    let mut first = Some(found.clone());
    if session.is_planning() || state(found) == State::Ready {
        return Ok(());
    }
    if !session.waits() {
        let fault = Fault::new(Kind::NotInTime, format!("the image {id} is still pending"));
        return Err(fault.hint("run the same command again later, or without --no-wait").into());
    }
    until_ready(session, AVAILABLE_WITHIN, async || {
        let found = match first.take() {
            Some(found) => found,
            None => look(session, id).await?.ok_or_else(|| gone(id))?,
        };
        match state(&found) {
            State::Failed(reason) => Err(useless(id, &reason).into()),
            state => Ok(vec![(format!("image {id}"), state)]),
        }
    })
    .await
}

fn state(image: &Found) -> State {
    match image.state() {
        None | Some(ImageState::Available) => State::Ready,
        Some(ImageState::Pending | ImageState::Transient) => State::Pending("pending".to_owned()),
        Some(other) => {
            let reason = image.state_reason().and_then(StateReason::message).filter(|it| !it.is_empty());
            let reason = reason.map(|it| format!(": {}", it.trim_end_matches('.'))).unwrap_or_default();
            State::Failed(format!("{}{reason}", other.as_str()))
        }
    }
}

fn gone(id: &str) -> Fault {
    Fault::not_found(format!("there is no image {id} in this Region"))
        .hint("images are of one Region, and one that is shared has to be shared with this account")
}

fn useless(id: &str, reason: &str) -> Fault {
    Fault::conflict(format!("the image {id} is {reason}")).hint("bake it again, or give another --image")
}

/// The document's `.bake.NAME.image`; none where it has none.
///
/// # Errors
/// A document fault where it is no image.
fn baked(session: &Session, name: &str) -> Result<Option<String>> {
    let baked = session.section::<Named<Baked>>("bake")?.unwrap_or_default();
    let image = baked.get(name).and_then(|it| it.image.clone());
    let id = match image {
        Some(Image::Id(id) | Image::Object { id: Some(id) }) => id,
        Some(Image::Object { id: None }) | None => return Ok(None),
    };
    match flags::image(&id) {
        Ok(id) => Ok(Some(id)),
        Err(expected) => Err(Fault::document(format!("the document's bake.{name}.image: {expected}")).into()),
>>>>>>> proofs
    }
}
