//! The document's section, from an image.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::section::{Baked, Named};
use common::session::Session;
use common::tags::ec2_value;

use crate::marks::{FINGERPRINT, REVISION, SOURCE_IMAGE, VERSION};

/// The name of the section.
pub const SECTION: &str = "bake";

/// What the document says of images.
///
/// # Errors
/// A document fault where the section is not well formed.
pub fn piped(session: &Session) -> Result<Named<Baked>> {
    Ok(session.section::<Named<Baked>>(SECTION)?.unwrap_or_default())
}

/// An image as the document shows it.
pub fn baked(image: &ec2::Image) -> Baked {
    let value = |key: &str| ec2_value(image.tags(), key).map(str::to_owned);
    Baked {
        image: image.image_id().map(str::to_owned),
        name: image.name().map(str::to_owned),
        version: value(VERSION),
        fingerprint: value(FINGERPRINT),
        source_image: value(SOURCE_IMAGE).filter(|id| common::flags::image(id).is_ok()),
        revision: value(REVISION),
    }
}

/// Writes the document with these components brought up to date.
///
/// # Errors
/// Stdout cannot be written.
pub fn write(session: &Session, all: impl IntoIterator<Item = (String, Baked)>) -> Result<()> {
    let all: Named<Baked> = all.into_iter().collect();
    session.write(|document| document.set_section(SECTION, &all))
}
