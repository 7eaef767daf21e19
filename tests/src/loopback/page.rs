//! Answers in pages, each way that AWS has for it.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;

use super::error::{AwsError, Result};
use super::params::Params;

/// Some of the things asked for, and where the rest begins.
#[derive(Debug)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

/// EC2's way: `MaxResults` within bounds, `NextToken`. Without `MaxResults` all come at once.
///
/// # Errors
/// `InvalidParameterValue` for a size out of bounds, `InvalidNextToken` for a token not handed out here.
pub fn ec2<T>(params: &Params, items: Vec<T>, bounds: RangeInclusive<usize>) -> Result<Page<T>> {
    let size = params.parsed::<usize>("MaxResults")?;
    if let Some(size) = size.filter(|size| !bounds.contains(size)) {
        let (low, high) = (bounds.start(), bounds.end());
        return Err(AwsError::invalid_value(format!(
            "Value ( {size} ) for parameter maxResults is invalid. Expecting a value between {low} and {high}."
        )));
    }
    let bad = || AwsError::new("InvalidNextToken", "The specified next token is not valid.");
    cut(items, size.unwrap_or(usize::MAX), params.text("NextToken"), bad)
}

/// The way of RDS: `MaxRecords` from 20 to 100, 100 where it is absent, `Marker`.
///
/// # Errors
/// `InvalidParameterValue` for a size out of bounds or a marker not handed out here.
pub fn marker<T>(params: &Params, items: Vec<T>) -> Result<Page<T>> {
    let size = params.parsed::<usize>("MaxRecords")?.unwrap_or(100);
    if !(20..=100).contains(&size) {
        return Err(AwsError::invalid_value(format!(
            "Invalid value {size} for MaxRecords. Must be between 20 and 100"
        )));
    }
    cut(items, size, params.text("Marker"), || AwsError::invalid_value("The specified marker is invalid."))
}

/// The way of the JSON services: `MaxResults` within bounds, `NextToken`, a default size.
///
/// # Errors
/// `ValidationException` for a size out of bounds, `InvalidNextToken` for a token not handed out here.
pub fn json<T>(
    params: &Params,
    items: Vec<T>,
    bounds: RangeInclusive<usize>,
    default: usize,
) -> Result<Page<T>> {
    let size = params.parsed::<usize>("MaxResults")?.unwrap_or(default);
    if !bounds.contains(&size) {
        return Err(AwsError::new(
            "ValidationException",
            format!("Value '{size}' at 'maxResults' failed to satisfy constraint"),
        ));
    }
    let bad = || AwsError::new("InvalidNextToken", "The specified token is not valid.");
    cut(items, size, params.text("NextToken"), bad)
}

/// Cuts one page of `size` out, from where `token` says.
///
/// # Errors
/// Whatever `bad` makes, for a token that is none.
pub fn cut<T>(
    mut items: Vec<T>,
    size: usize,
    token: Option<&str>,
    bad: impl Fn() -> AwsError,
) -> Result<Page<T>> {
    let start = match token.filter(|token| !token.is_empty()) {
        Some(token) => decode(token).ok_or_else(bad)?,
        None => 0,
    };
    let mut items = items.split_off(start.min(items.len()));
    let next = (items.len() > size).then(|| BASE64.encode(format!("from:{}", start + size)));
    items.truncate(size);
    Ok(Page { items, next })
}

fn decode(token: &str) -> Option<usize> {
    let bytes = BASE64.decode(token).ok()?;
    std::str::from_utf8(&bytes).ok()?.strip_prefix("from:")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Params, ec2};

    fn page(body: &str) -> Result<(usize, Option<String>), String> {
        let params = Params::from_form(body.as_bytes(), false).unwrap();
        ec2(&params, (0..6).collect(), 5..=1000).map(|p| (p.items.len(), p.next)).map_err(|e| e.code)
    }

    #[test]
    fn pages_join_to_the_whole() {
        let (first, next) = page("MaxResults=5").unwrap();
        assert_eq!(first, 5);
        assert_eq!(page(&format!("MaxResults=5&NextToken={}", next.unwrap())).unwrap(), (1, None));
        assert_eq!(page("").unwrap(), (6, None));
    }

    #[test]
    fn sizes_out_of_bounds_and_foreign_tokens_are_refused() {
        assert_eq!(page("MaxResults=4").unwrap_err(), "InvalidParameterValue");
        assert_eq!(page("NextToken=nonsense").unwrap_err(), "InvalidNextToken");
    }
}
