//! What Route 53 refuses, in its own codes.

use crate::loopback::error::AwsError;

pub fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("InvalidInput", message)
}

pub fn no_zone(id: &str) -> AwsError {
    AwsError::new("NoSuchHostedZone", format!("No hosted zone found with ID: {id}")).status(404)
}

/// All that is wrong with a batch, in one refusal.
pub fn batch(problems: &[String]) -> AwsError {
    AwsError::new("InvalidChangeBatch", format!("[{}]", problems.join(", ")))
}

/// What is wrong with a text in the words of the parser behind Route 53.
pub fn fatal(problem: &str, text: &str) -> String {
    format!("FATAL problem: {problem} encountered with '{text}'")
}
