//! The image that a verb is about: one that is named, or the newest of its component that can be used.

use anyhow::Result;
use aws_sdk_ec2::types::{self as ec2, ImageState};
use common::fault::Fault;
use common::session::Session;

use crate::inventory::{id_of, images};
use crate::names::Names;

/// Finds it among a component's images.
///
/// # Errors
/// Not found; AWS's refusal.
pub async fn image(session: &Session, names: &Names, asked: Option<&str>) -> Result<ec2::Image> {
    let found = session.inventory(images(session, Some(names))).await?;
    let is_wanted = |it: &&ec2::Image| match asked {
        Some(id) => id_of(it) == id,
        None => is_usable(it),
    };
    found.iter().find(is_wanted).cloned().ok_or_else(|| {
        let what = match asked {
            Some(id) => format!("{id} is no image of {}", names.name),
            None => format!("there is no image of {}", names.name),
        };
        Fault::not_found(what)
            .hint(format!("run `bake create {0}` first, or see `bake list {0}`", names.name))
            .into()
    })
}

/// Whether it is available or on its way.
pub fn is_usable(image: &ec2::Image) -> bool {
    matches!(image.state(), None | Some(ImageState::Available | ImageState::Pending | ImageState::Transient))
}

/// Whether it can be launched now.
///
/// # Errors
/// A conflict that says what state it is in.
pub fn check_available(image: &ec2::Image) -> Result<()> {
    let state = common::server::image::state_of(image);
    if state == "available" {
        return Ok(());
    }
    Err(Fault::conflict(format!("the image {} is {state}", id_of(image)))
        .hint("run `bake show --wait` first")
        .into())
}
