//! What Secrets Manager refuses, in its own codes.

use crate::loopback::error::AwsError;

pub fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidParameterException", message)
}

pub fn refused(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidRequestException", message)
}

pub fn exists(message: impl Into<String>) -> AwsError {
    AwsError::new("ResourceExistsException", message)
}

pub fn not_found() -> AwsError {
    AwsError::new("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

pub fn marked() -> AwsError {
    refused("You can't perform this operation on the secret because it was marked for deletion.")
}

/// A secret that another service keeps can be read and tagged, and changed only through that service.
pub fn managed(service: &str) -> AwsError {
    refused(format!("You can't perform this operation on the secret because it is managed by {service}."))
}
