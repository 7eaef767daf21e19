//! Requesting certificates.

use serde_json::json;

use super::certificate::Certificate;
use super::domain::{self, Domain};
use super::error::constraint;
use super::tag;
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;

pub const ACTIONS: &[Action] = &[write(
    "RequestCertificate",
    request,
    "DomainName! ValidationMethod SubjectAlternativeNames.N IdempotencyToken DomainValidationOptions.N.DomainName \
     DomainValidationOptions.N.ValidationDomain Options.CertificateTransparencyLoggingPreference Tags.N.Key \
     Tags.N.Value KeyAlgorithm",
)];

/// How long a token is remembered.
const TOKEN_SECONDS: f64 = 3600.0;
/// Names a certificate, the first included.
const NAMES: usize = 10;
/// Certificates an account and Region.
const QUOTA: usize = 2500;
/// Those that can be requested, of all there are.
const KEY_ALGORITHMS: [&str; 4] = ["RSA_2048", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

fn request(call: &mut Call<'_>) -> Result<Reply> {
    let domains = domains(call.params)?;
    let token = token(call.params)?;
    if let Some(before) = token.as_ref().and_then(|token| earlier(call, token, &domains)) {
        return Ok(json!({ "CertificateArn": before }).into());
    }
    if call.region.acm.certificates.len() >= call.conditions.quota("certificate", QUOTA) {
        return Err(limit("Error: you have reached your limit of certificates."));
    }
    let tags = tag::given(call.params)?;
    let method = one_of(call.params, "ValidationMethod", &["EMAIL", "DNS"], "EMAIL")?;
    let key_algorithm = one_of(call.params, "KeyAlgorithm", &KEY_ALGORITHMS, "RSA_2048")?;
    let preference = "Options.CertificateTransparencyLoggingPreference";
    let transparency = one_of(call.params, preference, &["ENABLED", "DISABLED"], "ENABLED")? == "ENABLED";
    let new = Certificate::new(call, domains, tags);
    let certificate = Certificate { method, key_algorithm, transparency, token, ..new };
    let arn = certificate.arn.clone();
    call.region.acm.certificates.insert(arn.clone(), certificate);
    Ok(json!({ "CertificateArn": arn }).into())
}

/// All that the certificate is for, each once.
fn domains(params: &Params) -> Result<Vec<Domain>> {
    let mut names = vec![domain::name(params.required("DomainName")?, "domainName")?];
    for text in params.texts("SubjectAlternativeNames") {
        let name = domain::name(text, "subjectAlternativeNames")?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.len() > NAMES {
        return Err(limit("The number of domain names exceeds the limit."));
    }
    let options = params.items("DomainValidationOptions");
    let made = |name: String| {
        let option = options.iter().find(|option| option.text("DomainName") == Some(name.as_str()));
        let asked = option.and_then(|option| option.text("ValidationDomain"));
        let base = name.trim_start_matches("*.").to_owned();
        let validation = asked.map_or(base.clone(), str::to_ascii_lowercase);
        if base != validation && !base.ends_with(&format!(".{validation}")) {
            let message = format!("The validation domain {validation} is not a superdomain of {name}.");
            return Err(AwsError::new("InvalidDomainValidationOptionsException", message));
        }
        Ok(Domain { name, validation, proven: None })
    };
    names.into_iter().map(made).collect()
}

fn limit(message: &str) -> AwsError {
    AwsError::new("LimitExceededException", message)
}

fn token(params: &Params) -> Result<Option<String>> {
    let Some(token) = params.text("IdempotencyToken") else { return Ok(None) };
    if !(1..=32).contains(&token.len()) || !token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
        return Err(constraint(token, "idempotencyToken", "satisfy regular expression pattern: \\w+"));
    }
    Ok(Some(token.to_owned()))
}

/// The certificate requested under the same token for the same names within the hour. Neither tags nor anything else
/// that differs makes it another.
fn earlier(call: &Call<'_>, token: &str, domains: &[Domain]) -> Option<String> {
    let names = |domains: &[Domain]| domains.iter().map(|domain| domain.name.clone()).collect::<Vec<_>>();
    let before = call.region.acm.certificates.values().find(|before| {
        let fresh = call.now < call.clock.after(before.made, TOKEN_SECONDS);
        fresh && before.token.as_deref() == Some(token) && names(&before.domains) == names(domains)
    });
    before.map(|before| before.arn.clone())
}

fn one_of(params: &Params, path: &str, allowed: &[&str], usual: &str) -> Result<String> {
    let text = params.text(path).unwrap_or(usual);
    if allowed.contains(&text) {
        return Ok(text.to_owned());
    }
    let name = path.rsplit('.').next().unwrap_or(path);
    let at = name[..1].to_ascii_lowercase() + &name[1..];
    Err(constraint(text, &at, &format!("satisfy enum value set: [{}]", allowed.join(", "))))
}
