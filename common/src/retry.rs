//! Which failed calls the SDK may repeat by itself.
//!
//! The SDK repeats a call whose answer was lost and one that ended in a server error. AWS may have acted on either, and where neither
//! a token nor a unique name protects the create, repeating it makes two.

use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};

use crate::fault::is_throttled;

/// Leaves throttling to the SDK and forbids repeating anything whose outcome is not known.
#[derive(Debug)]
pub struct NeverRepeatUncertain;

impl ClassifyRetry for NeverRepeatUncertain {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let is_certain = context.response().is_some_and(|response| {
            let body = response.body().bytes().unwrap_or_default();
            response.status().as_u16() < 500 || code_in(body).is_some_and(is_throttled)
        });
        if is_certain { RetryAction::NoActionIndicated } else { RetryAction::RetryForbidden }
    }

    fn name(&self) -> &'static str {
        "never repeat what is uncertain"
    }

    /// After all of the SDK's own, so that this has the last word.
    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// The code in an EC2 error, `<Code>RequestLimitExceeded</Code>`. The typed error is out of reach here.
fn code_in(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0)
}
