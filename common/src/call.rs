//! From an SDK result to an error a person can read: `cannot create the NAT gateway x: CODE: message`.

use std::error::Error as StdError;
use std::fmt::Display;
use std::future::Future;

use anyhow::Context as _;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::fault::{Refusal, Several, is_throttled};

/// Adds what was being done to a call's error, and keeps AWS's code and message.
pub trait Call<T> {
    /// `what` completes "cannot …", e.g. `create the subnet expense-dev-public-us-east-1a`.
    ///
    /// # Errors
    /// AWS's refusal, as a [`Refusal`] under that context.
    fn cannot(self, what: impl Display) -> anyhow::Result<T>;
}

impl<T, E> Call<T> for Result<T, SdkError<E, Response>>
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    fn cannot(self, what: impl Display) -> anyhow::Result<T> {
        self.map_err(|error| anyhow::Error::new(refusal(&error))).with_context(|| format!("cannot {what}"))
    }
}

fn refusal<E>(error: &SdkError<E, Response>) -> Refusal
where
    E: ProvideErrorMetadata + StdError + 'static,
{
    match error {
        SdkError::ServiceError(answer) => {
            let status = answer.raw().status().as_u16();
            let message = answer.err().message().unwrap_or_default().trim();
            let code = answer.err().code().unwrap_or("UnknownError");
            let uncertain = status >= 500 && !is_throttled(code);
            let message = message.trim_end_matches('.').to_owned();
            Refusal::new(Some(code.to_owned()), message, false, uncertain)
        }
        SdkError::ResponseError(answer) => Refusal::new(
            None,
            format!("AWS answered {} with something that cannot be read", answer.raw().status().as_u16()),
            false,
            true,
        ),
        SdkError::TimeoutError(_) => Refusal::new(None, "AWS did not answer in time".into(), false, true),
        SdkError::DispatchFailure(failure) => {
            let causes = causes(failure.as_connector_error().map(|error| error as _));
            let credentials = mentions_credentials(&causes);
            let message = if credentials {
                format!("no usable credentials: {}", last(&causes))
            } else {
                format!("AWS cannot be reached: {}", last(&causes))
            };
            Refusal::new(None, message, credentials, !credentials)
        }
        other => {
            let causes = causes(other.source());
            let credentials = mentions_credentials(&causes);
            Refusal::new(None, last(&causes), credentials, false)
        }
    }
}

fn causes(first: Option<&(dyn StdError + 'static)>) -> Vec<String> {
    let mut causes = Vec::new();
    let mut next = first;
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    causes
}

/// Credential errors reach the caller wrapped as connector errors: only their words tell them apart.
fn mentions_credentials(causes: &[String]) -> bool {
    causes.iter().any(|cause| cause.contains("credentials") || cause.contains("identity"))
}

fn last(causes: &[String]) -> String {
    causes.last().map_or_else(|| "unknown reason".to_owned(), Clone::clone)
}

/// Waits for all of them, then reports every failure: a create in flight is never dropped half way.
///
/// # Errors
/// The one failure, or all of them as [`Several`].
pub async fn all<T, F>(calls: impl IntoIterator<Item = F>) -> anyhow::Result<Vec<T>>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let mut done = Vec::new();
    let mut failed = Vec::new();
    for result in futures_util::future::join_all(calls).await {
        match result {
            Ok(value) => done.push(value),
            Err(error) => failed.push(error),
        }
    }
    failures(failed).map(|()| done)
}

/// Ok where nothing failed, the one failure, or all of them.
///
/// # Errors
/// What is in `failed`.
pub fn failures(mut failed: Vec<anyhow::Error>) -> anyhow::Result<()> {
    match failed.len() {
        0 => Ok(()),
        1 => Err(failed.remove(0)),
        _ => Err(Several(failed).into()),
    }
}

/// Waits for two different things side by side, then reports every failure.
///
/// Both are boxed before anything is awaited: an SDK call is a future of some ten kilobytes, and nested pairs of unboxed ones grow to
/// megabytes of stack.
///
/// # Errors
/// The one failure, or both as [`Several`].
pub fn both<A, B>(
    a: impl Future<Output = anyhow::Result<A>>,
    b: impl Future<Output = anyhow::Result<B>>,
) -> impl Future<Output = anyhow::Result<(A, B)>> {
    let both = futures_util::future::join(Box::pin(a), Box::pin(b));
    async {
        match both.await {
            (Ok(a), Ok(b)) => Ok((a, b)),
            (a, b) => {
                let failed = [a.err(), b.err()].into_iter().flatten().collect();
                failures(failed)?;
                unreachable_both()
            }
        }
    }
}

fn unreachable_both<A, B>() -> anyhow::Result<(A, B)> {
    Err(anyhow::anyhow!("nothing failed and nothing succeeded"))
}
