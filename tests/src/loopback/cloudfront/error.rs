//! What `CloudFront` refuses, in its own codes.

use crate::loopback::error::AwsError;

pub fn not_found() -> AwsError {
    AwsError::new("NoSuchDistribution", "The specified distribution does not exist.").status(404)
}

pub fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidArgument", message)
}

/// A version that is not the current one, or none.
pub fn version(given: Option<&str>) -> AwsError {
    match given {
        Some(_) => {
            let message = "The request failed because it didn't meet the preconditions in one or more request-header fields.";
            AwsError::new("PreconditionFailed", message).status(412)
        }
        None => AwsError::new(
            "InvalidIfMatchVersion",
            "The If-Match version is missing or not valid for the resource.",
        ),
    }
}
