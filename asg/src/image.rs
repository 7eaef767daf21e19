//! The image that `bake` made for a component.

use anyhow::Result;
use common::fault::Fault;
use common::section::{Entry, Named};
use common::session::Session;
use serde::Deserialize;

use crate::flags;

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

/// The document's `.bake.NAME.image`; none where it has none.
///
/// # Errors
/// A document fault where it is no image.
pub fn baked(session: &Session, name: &str) -> Result<Option<String>> {
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
