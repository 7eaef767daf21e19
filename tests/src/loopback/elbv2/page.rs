//! Pages: `PageSize` from 1 to 400, `Marker`.

use super::noun::invalid;
use crate::loopback::error::Result;
use crate::loopback::page::{Page, cut};
use crate::loopback::params::Params;

const MOST: usize = 400;

/// One page of things. Without a size as many as there can be.
///
/// # Errors
/// `ValidationError` for a size out of bounds or a marker not handed out here.
pub fn page<T>(params: &Params, items: Vec<T>) -> Result<Page<T>> {
    let size = params.parsed::<usize>("PageSize")?.unwrap_or(MOST);
    if !(1..=MOST).contains(&size) {
        return Err(invalid(format!("Page size '{size}' is not between 1 and {MOST}")));
    }
    cut(items, size, params.text("Marker"), || invalid("The marker is not valid"))
}
