//! The section of `bake`: images by component.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::shape;

/// An image that a component's servers are launched from. Whether it is available yet is not in the document: `bake show --wait` waits
/// for that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Baked {
    /// The id of the image; absent in a planned document.
    #[serde(default, deserialize_with = "shape::image_id")]
    #[schemars(regex(pattern = r"^ami-[0-9a-f]{8,17}$"))]
    pub image: Option<String>,
    /// Its name in AWS, e.g. `expense-dev-backend-1.4.2-0123456789ab`.
    pub name: Option<String>,
    pub version: Option<String>,
    /// SHA-256 of all that went into it.
    pub fingerprint: Option<String>,
    /// The image it was made from.
    #[serde(default, deserialize_with = "shape::image_id")]
    #[schemars(regex(pattern = r"^ami-[0-9a-f]{8,17}$"))]
    pub source_image: Option<String>,
    /// The git revision of what configured it, with `-dirty` where that was changed.
    pub revision: Option<String>,
}

impl Entry for Baked {
    fn is_made(&self) -> bool {
        self.image.is_some() || self.fingerprint.is_some()
    }
}
