//! What Auto Scaling refuses, in its own codes, and how it reads numbers and flags.

use std::str::FromStr;

use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;

/// The refusal of nearly everything, things that are not there included.
pub fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", message)
}

pub fn no_group(name: &str) -> AwsError {
    invalid(format!("AutoScalingGroup name not found - AutoScalingGroup '{name}' not found"))
}

/// A text that a call must have.
pub fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str> {
    params.text(name).filter(|text| !text.is_empty()).ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
            lower(name)
        ))
    })
}

/// A number or flag, if it is there.
pub fn parsed<T: FromStr>(params: &Params, name: &str) -> Result<Option<T>> {
    params.parsed(name).map_err(|error| invalid(error.message))
}

/// A number within bounds, if it is there.
pub fn bounded(params: &Params, name: &str, low: i64, high: i64) -> Result<Option<i64>> {
    let Some(value) = parsed::<i64>(params, name)? else { return Ok(None) };
    let (which, bound) = match value {
        value if value < low => ("greater", low),
        value if value > high => ("less", high),
        value => return Ok(Some(value)),
    };
    let at = lower(name.rsplit('.').next().unwrap_or(name));
    Err(invalid(format!(
        "1 validation error detected: Value '{value}' at '{at}' failed to satisfy constraint: Member must have value \
         {which} than or equal to {bound}"
    )))
}

/// A name as messages have it, its first letter small.
fn lower(name: &str) -> String {
    let (first, rest) = name.split_at(1.min(name.len()));
    format!("{}{rest}", first.to_ascii_lowercase())
}
