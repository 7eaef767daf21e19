//! What ACM refuses, in its own codes.

use crate::loopback::error::AwsError;

/// A value outside of what the API's model allows.
pub fn constraint(value: &str, at: &str, rule: &str) -> AwsError {
    AwsError::new(
        "ValidationException",
        format!(
            "1 validation error detected: Value '{value}' at '{at}' failed to satisfy constraint: Member must {rule}"
        ),
    )
}

pub fn not_found(arn: &str) -> AwsError {
    AwsError::new("ResourceNotFoundException", format!("Could not find certificate {arn}."))
}

pub fn invalid_arn(arn: &str) -> AwsError {
    AwsError::new("InvalidArnException", format!("The certificate ARN {arn} is invalid."))
}
