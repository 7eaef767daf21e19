//! The certificates and policies that listeners may have.

use super::listener::Listener;
use super::noun::invalid;
use super::ssl_policy;
use crate::loopback::acm::Status;
use crate::loopback::action::Call;
use crate::loopback::error::{AwsError, Result};

/// The API's own, and old, default.
const POLICY: &str = "ELBSecurityPolicy-2016-08";

/// The certificates and the policy of a listener, from a call and from how it was.
///
/// # Errors
/// For an encrypted one without exactly one certificate, one in the clear with any, and those that are not there or not issued.
pub fn of_listener(
    call: &Call<'_>,
    protocol: &str,
    before: Option<&Listener>,
) -> Result<(Vec<String>, Option<String>)> {
    let given: Vec<&str> = call
        .params
        .items("Certificates")
        .into_iter()
        .filter_map(|item| item.text("CertificateArn"))
        .collect();
    let policy = call.params.text("SslPolicy");
    if protocol == "HTTPS" {
        let certificates = exchanged(call, &given, before)?;
        let policy = policy.or(before.and_then(|listener| listener.policy.as_deref())).unwrap_or(POLICY);
        ssl_policy::named(policy)?;
        return Ok((certificates, Some(policy.to_owned())));
    }
    if given.is_empty() && policy.is_none() {
        return Ok((Vec::new(), None));
    }
    Err(AwsError::new("InvalidConfigurationRequest", "HTTP listeners have no certificates and no policy"))
}

/// The certificates as they were, but with the default one exchanged where another is given.
fn exchanged(call: &Call<'_>, given: &[&str], before: Option<&Listener>) -> Result<Vec<String>> {
    let mut certificates = before.map(|listener| listener.certificates.clone()).unwrap_or_default();
    match given {
        [] if certificates.is_empty() => {
            return Err(invalid("A certificate must be specified for HTTPS listeners"));
        }
        [] => {}
        [arn] => {
            issued(call, arn)?;
            let others = certificates.into_iter().skip(1).filter(|known| known != arn);
            certificates = std::iter::once((*arn).to_owned()).chain(others).collect();
        }
        [..] => return Err(invalid("Exactly one default certificate can be specified")),
    }
    Ok(certificates)
}

/// Refuses a certificate that is not there, or not issued yet.
///
/// # Errors
/// `CertificateNotFound`, `UnsupportedCertificate`.
pub fn issued(call: &Call<'_>, arn: &str) -> Result<()> {
    let Some(certificate) = call.region.acm.certificates.get(arn) else {
        return Err(AwsError::new("CertificateNotFound", format!("Certificate '{arn}' not found")));
    };
    if certificate.status(call.now) == Status::Issued {
        return Ok(());
    }
    let message = format!(
        "The certificate '{arn}' must have a fully-qualified domain name, a supported signature, and a supported key size."
    );
    Err(AwsError::new("UnsupportedCertificate", message))
}
