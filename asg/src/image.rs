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
    }
}
