//! What AWS refuses, and how each protocol names the refusals that all services share.

use std::fmt;

use super::action::Protocol;

/// A refusal, with the code that goes on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    pub code: String,
    pub message: String,
    /// The HTTP status.
    pub status: u16,
}

pub type Result<T, E = AwsError> = std::result::Result<T, E>;

impl AwsError {
    /// A refusal with status 400, the commonest.
    #[must_use]
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), status: 400 }
    }

    #[must_use]
    pub fn status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// `InvalidParameterValue`, which EC2, RDS and others share.
    #[must_use]
    pub fn invalid_value(message: impl Into<String>) -> Self {
        Self::new("InvalidParameterValue", message)
    }

    /// EC2's refusal of something that others still hold.
    #[must_use]
    pub fn dependency(message: impl Into<String>) -> Self {
        Self::new("DependencyViolation", message)
    }
}

impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for AwsError {}

/// Refusals that every service has, under a name that goes by its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Common {
    Throttled,
    Internal,
    NoCredentials,
    UnknownKey,
    Expired,
    Denied,
    UnknownAction,
}

impl Common {
    /// The refusal as `protocol` words it. `about` is the action, where the message names it.
    #[must_use]
    pub fn error(self, protocol: Protocol, about: &str) -> AwsError {
        use Protocol::{Ec2, Json, Query, RestXml};
        let (code, message, status) = match (self, protocol) {
            (Self::Throttled, Ec2) => ("RequestLimitExceeded", "Request limit exceeded.", 503),
            (Self::Throttled, Query { .. } | RestXml) => ("Throttling", "Rate exceeded", 400),
            (Self::Throttled, Json { .. }) => ("ThrottlingException", "Rate exceeded", 400),
            (Self::Internal, Ec2) => ("InternalError", "An internal error has occurred", 500),
            (Self::Internal, Query { .. } | RestXml) => {
                ("InternalFailure", "An internal error has occurred", 500)
            }
            (Self::Internal, Json { .. }) => ("InternalServerError", "An internal error has occurred", 500),
            (Self::NoCredentials | Self::UnknownKey, Ec2) => {
                ("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
            }
            (Self::NoCredentials, Query { .. } | RestXml) => {
                ("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
            }
            (Self::NoCredentials, Json { .. }) => {
                ("MissingAuthenticationTokenException", "Request is missing Authentication Token", 400)
            }
            (Self::UnknownKey, Query { .. } | RestXml) => {
                ("InvalidClientTokenId", "The security token included in the request is invalid.", 403)
            }
            (Self::UnknownKey, Json { .. }) => {
                ("UnrecognizedClientException", "The security token included in the request is invalid.", 400)
            }
            (Self::Expired, Ec2) => ("RequestExpired", "Request has expired.", 400),
            (Self::Expired, Query { .. } | RestXml) => {
                ("ExpiredToken", "The security token included in the request is expired", 403)
            }
            (Self::Expired, Json { .. }) => {
                ("ExpiredTokenException", "The security token included in the request is expired", 400)
            }
            (Self::Denied, Ec2) => {
                ("UnauthorizedOperation", "You are not authorized to perform this operation.", 403)
            }
            (Self::Denied, Query { .. } | RestXml) => {
                ("AccessDenied", "User is not authorized to perform this operation", 403)
            }
            (Self::Denied, Json { .. }) => {
                ("AccessDeniedException", "User is not authorized to perform this operation", 400)
            }
            (Self::UnknownAction, Ec2 | Query { .. } | RestXml) => {
                let message = format!("The action {about} is not valid for this web service.");
                return AwsError::new("InvalidAction", message);
            }
            (Self::UnknownAction, Json { .. }) => {
                return AwsError::new(
                    "UnknownOperationException",
                    format!("The operation {about} is not known."),
                );
            }
        };
        AwsError::new(code, message).status(status)
    }
}
