//! What went wrong, in the terms a script must tell apart.
//!
//! A [`Fault`] carries a kind (which decides the exit status), one line of what happened and a hint of what to do next. Everything
//! else is an ordinary `anyhow` error and counts as [`Kind::Failed`]. AWS's own refusals are [`Refusal`]s: matched by the code on
//! the wire, never by type name, because RDS and Auto Scaling name the same error differently from call to call.

use std::fmt;

/// What a script must tell apart, and the exit status of each. The statuses are those of `sysexits.h` where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// AWS refused or failed.
    Failed,
    /// The flags do not fit together or are not well formed.
    Usage,
    /// The document is not acceptable.
    Document,
    /// What was named, or what this command builds on, is not there.
    NotFound,
    /// It exists and cannot be changed in place, or it is not ours.
    Conflict,
    /// It was not finished in time; running it again carries on.
    NotInTime,
    /// There are no credentials, they have expired, or they may not do this.
    Denied,
    /// Interrupted by a signal.
    Interrupted,
}

/// The exit statuses as the help of every command shows them.
pub const EXIT_STATUSES: &str = "Exit status:
   0  done
   1  AWS refused or failed
   2  usage
  65  the document is not acceptable
  69  not found
  73  conflict: it exists and cannot be changed in place, or is not ours
  75  not finished in time: run it again
  77  no credentials, or denied
 130  interrupted";

impl Kind {
    /// The process's exit status.
    pub fn status(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Document => 65,
            Self::NotFound => 69,
            Self::Conflict => 73,
            Self::NotInTime => 75,
            Self::Denied => 77,
            Self::Interrupted => 130,
        }
    }
}

/// An error that knows its kind and what to do next.
#[derive(Debug)]
pub struct Fault {
    pub kind: Kind,
    message: String,
    hint: Option<String>,
}

impl Fault {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub fn document(message: impl Into<String>) -> Self {
        Self::new(Kind::Document, message)
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, message)
    }

    /// What to do next, one sentence with no full stop.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

/// AWS's answer to a call it did not carry out, or why it was not reached.
#[derive(Debug)]
pub struct Refusal {
    /// AWS's own code; none where the request never got an answer.
    pub code: Option<String>,
    message: String,
    kind: Kind,
    /// Whether AWS may have acted all the same: an answer that was lost, or a server error.
    pub uncertain: bool,
}

impl Refusal {
    pub(crate) fn new(code: Option<String>, message: String, unauthenticated: bool, uncertain: bool) -> Self {
        let kind = if unauthenticated || code.as_deref().is_some_and(is_denied) {
            Kind::Denied
        } else {
            Kind::Failed
        };
        Self { code, message, kind, uncertain }
    }

    fn hint(&self) -> Option<String> {
        let Some(code) = self.code.as_deref() else {
            return (self.kind == Kind::Denied).then(|| {
                "run `aws sts get-caller-identity` to see what the AWS CLI finds, or choose a --profile"
                    .into()
            });
        };
        if is_expired(code) {
            Some(
                "the credentials have expired: sign in again (`aws sso login`) and run the same command"
                    .into(),
            )
        } else if self.kind == Kind::Denied {
            Some(
                "these credentials may not do this: ask for the permission, then run the same command".into(),
            )
        } else if is_quota(code) {
            Some(format!(
                "this is a quota of the account ({code}): raise it in Service Quotas or free some, then run the same command"
            ))
        } else {
            None
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) if self.message.is_empty() => f.write_str(code),
            Some(code) => write!(f, "{code}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for Refusal {}

/// Several things failed at once; each is told.
#[derive(Debug)]
pub struct Several(pub Vec<anyhow::Error>);

impl fmt::Display for Several {
    /// Each failure, and a reason that several have in common once.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told: Vec<(Vec<String>, String)> = Vec::new();
        for error in leaves(&self.0) {
            let text = format!("{error:#}");
            let reason = refusal_of(error).map(ToString::to_string).unwrap_or_default();
            let what = text.strip_suffix(&reason).and_then(|what| what.strip_suffix(": "));
            match what.zip(told.iter_mut().find(|(_, known)| *known == reason)) {
                Some((what, (failed, _))) => failed.push(what.to_owned()),
                None if what.is_some() => told.push((what.map(str::to_owned).into_iter().collect(), reason)),
                None => told.push((Vec::new(), text)),
            }
        }
        for (index, (failed, reason)) in told.iter().enumerate() {
            let end = if index > 0 { "; " } else { "" };
            match failed.as_slice() {
                [] => write!(f, "{end}{reason}")?,
                failed => write!(f, "{end}{}: {reason}", failed.join(", "))?,
            }
        }
        Ok(())
    }
}

/// The failures of which failures consist, as far as nothing was added to the whole.
fn leaves(errors: &[anyhow::Error]) -> Vec<&anyhow::Error> {
    let several = |error: &anyhow::Error| error.chain().count() == 1 && error.is::<Several>();
    errors
        .iter()
        .flat_map(|error| match error.downcast_ref::<Several>() {
            Some(Several(inner)) if several(error) => leaves(inner),
            _ => vec![error],
        })
        .collect()
}

impl std::error::Error for Several {}

/// The kind of an error: that of its outermost [`Fault`], or else of the first [`Refusal`] along its chain.
pub fn kind_of(error: &anyhow::Error) -> Kind {
    // A fault that was put around another error as its context is no link of the chain: only anyhow's own downcast sees it.
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return fault.kind;
    }
    for cause in error.chain() {
        if let Some(fault) = cause.downcast_ref::<Fault>() {
            return fault.kind;
        }
        if let Some(refusal) = cause.downcast_ref::<Refusal>() {
            return refusal.kind;
        }
        if let Some(several) = cause.downcast_ref::<Several>() {
            return several.0.iter().map(kind_of).max().unwrap_or(Kind::Failed);
        }
    }
    Kind::Failed
}

/// What to do next, where the error says so.
pub fn hint_of(error: &anyhow::Error) -> Option<String> {
    if let Some(hint) = error.downcast_ref::<Fault>().and_then(|fault| fault.hint.clone()) {
        return Some(hint);
    }
    error.chain().find_map(|cause| {
        if let Some(fault) = cause.downcast_ref::<Fault>() {
            return fault.hint.clone();
        }
        if let Some(several) = cause.downcast_ref::<Several>() {
            return several.0.iter().find_map(hint_of);
        }
        cause.downcast_ref::<Refusal>().and_then(Refusal::hint)
    })
}

/// The refusal along an error's chain, if AWS answered or was not reached.
pub fn refusal_of(error: &anyhow::Error) -> Option<&Refusal> {
    error.chain().find_map(|cause| cause.downcast_ref())
}

/// AWS's code along an error's chain.
pub fn code_of(error: &anyhow::Error) -> Option<&str> {
    refusal_of(error)?.code.as_deref()
}

/// Whether AWS answered one of these codes. A code ending in `*` matches what begins so.
pub fn is_code(error: &anyhow::Error, codes: &[&str]) -> bool {
    code_of(error).is_some_and(|code| {
        codes.iter().any(|wanted| match wanted.strip_suffix('*') {
            Some(prefix) => code.starts_with(prefix),
            None => code == *wanted,
        })
    })
}

/// Whether AWS says that what was named is not there. EC2 spells it unevenly, RDS with and without a suffix.
pub fn is_missing(error: &anyhow::Error) -> bool {
    code_of(error).is_some_and(|code| {
        code.ends_with(".NotFound")
            || code.ends_with(".NotFoundException")
            || code.ends_with("NotFoundFault")
            || code.ends_with("NotFound")
            || code == "ResourceNotFoundException"
    })
}

fn is_expired(code: &str) -> bool {
    matches!(code, "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired")
}

fn is_denied(code: &str) -> bool {
    is_expired(code)
        || matches!(
            code,
            "UnauthorizedOperation"
                | "AccessDenied"
                | "AccessDeniedException"
                | "AuthFailure"
                | "InvalidClientTokenId"
                | "UnrecognizedClientException"
                | "SignatureDoesNotMatch"
                | "InvalidSignatureException"
                | "IncompleteSignature"
                | "MissingAuthenticationToken"
                | "MissingAuthenticationTokenException"
                | "NotAuthorized"
                | "OptInRequired"
                | "Blocked"
                | "PendingVerification"
        )
}

/// Throttling is certain: AWS has not acted. EC2 answers it with 503, so the status alone does not tell.
pub(crate) fn is_throttled(code: &str) -> bool {
    matches!(
        code,
        "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "EC2ThrottledException"
            | "BandwidthLimitExceeded"
            | "SlowDown"
            | "PriorRequestNotComplete"
    )
}

fn is_quota(code: &str) -> bool {
    matches!(
        code,
        "LimitExceeded"
            | "InstanceQuotaExceeded"
            | "StorageQuotaExceeded"
            | "SnapshotQuotaExceeded"
            | "TooManyLoadBalancers"
            | "TooManyTargetGroups"
            | "TooManyRules"
    ) || (code.ends_with("LimitExceeded") && code != "RequestLimitExceeded")
        || code.ends_with("QuotaExceeded")
        || code.ends_with("QuotaExceededFault")
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    fn refused(code: &str) -> anyhow::Error {
        anyhow::Error::new(Refusal::new(Some(code.into()), "no".into(), false, false))
    }

    #[test]
    fn the_kind_is_found_below_any_context() {
        let error =
            Err::<(), _>(refused("UnauthorizedOperation")).context("cannot create the vpc").unwrap_err();
        assert_eq!(kind_of(&error).status(), 77);
        assert_eq!(code_of(&error), Some("UnauthorizedOperation"));
    }

    #[test]
    fn a_fault_around_a_refusal_decides_the_kind_and_the_hint() {
        let conflict = Fault::conflict("it is not ours").hint("choose another name");
        let error = refused("InvalidGroup.Duplicate").context(conflict).context("while creating");
        assert_eq!(kind_of(&error), Kind::Conflict);
        assert_eq!(hint_of(&error).as_deref(), Some("choose another name"));
        assert_eq!(code_of(&error), Some("InvalidGroup.Duplicate"));
    }

    #[test]
    fn a_quota_is_told_as_one_and_throttling_is_not() {
        assert!(hint_of(&refused("VpcLimitExceeded")).is_some_and(|hint| hint.contains("quota")));
        assert_eq!(hint_of(&refused("RequestLimitExceeded")), None);
    }

    #[test]
    fn a_reason_that_several_failures_share_is_told_once() {
        let at = |what: &'static str, code| refused(code).context(what);
        let inner = Several(vec![at("cannot look up b", "Throttled"), at("cannot look up c", "Other")]);
        let outer = Several(vec![at("cannot look up a", "Throttled"), inner.into(), anyhow::anyhow!("x")]);
        let told = "cannot look up a, cannot look up b: Throttled: no; cannot look up c: Other: no; x";
        assert_eq!(outer.to_string(), told);
    }

    #[test]
    fn of_several_failures_the_gravest_decides_the_status() {
        let both =
            anyhow::Error::new(Several(vec![refused("InternalError"), Fault::conflict("not ours").into()]));
        assert_eq!(kind_of(&both), Kind::Conflict);
    }
}
