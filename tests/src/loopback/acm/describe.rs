//! Describing and deleting certificates.

use serde_json::{Map, Value as Json, json};

use super::certificate::{Certificate, Status, named};
use super::domain::Domain;
use super::{tag, users};
use crate::loopback::action::{Action, Call, Reply, Resource, View, read, write};
use crate::loopback::error::{AwsError, Result};

pub const ACTIONS: &[Action] = &[
    read("DescribeCertificate", describe, "CertificateArn!"),
    write("DeleteCertificate", delete, "CertificateArn!"),
];

/// Whom AWS writes to about a domain.
const CONTACTS: [&str; 5] = ["admin", "administrator", "hostmaster", "postmaster", "webmaster"];

fn describe(call: &mut Call<'_>) -> Result<Reply> {
    let certificate = named(call)?;
    Ok(json!({ "Certificate": show(certificate, call.view()) }).into())
}

/// A certificate as it is described.
#[must_use]
pub fn show(certificate: &Certificate, view: View<'_>) -> Json {
    let status = certificate.status(view.now);
    let names: Vec<&str> = certificate.domains.iter().map(|domain| domain.name.as_str()).collect();
    let validation: Vec<Json> =
        certificate.domains.iter().map(|domain| show_domain(certificate, domain, view)).collect();
    let transparency = if certificate.transparency { "ENABLED" } else { "DISABLED" };
    let mut json = json!({
        "CertificateArn": certificate.arn,
        "DomainName": certificate.domain(),
        "SubjectAlternativeNames": names,
        "DomainValidationOptions": validation,
        "Subject": format!("CN={}", certificate.domain()),
        "Issuer": "Amazon",
        "CreatedAt": certificate.made.seconds(),
        "Status": status.to_string(),
        "KeyAlgorithm": certificate.key_algorithm.replace('_', "-"),
        "SignatureAlgorithm": signature(&certificate.key_algorithm),
        "InUseBy": users(view.region, &certificate.arn),
        "Type": "AMAZON_ISSUED",
        "KeyUsages": [],
        "ExtendedKeyUsages": [],
        "RenewalEligibility": "INELIGIBLE",
        "Options": { "CertificateTransparencyLoggingPreference": transparency },
    });
    if let (Status::Issued, Some(issued), Json::Object(map)) = (status, certificate.issued, &mut json) {
        let not_after = certificate.expires.unwrap_or(issued);
        let usages = json!([{ "Name": "DIGITAL_SIGNATURE" }, { "Name": "KEY_ENCIPHERMENT" }]);
        let extended = json!([{ "Name": "TLS_WEB_SERVER_AUTHENTICATION", "OID": "1.3.6.1.5.5.7.3.1" }]);
        map.extend([
            ("Serial".to_owned(), json!(certificate.serial)),
            ("IssuedAt".to_owned(), json!(issued.seconds())),
            ("NotBefore".to_owned(), json!(issued.seconds())),
            ("NotAfter".to_owned(), json!(not_after.seconds())),
            ("KeyUsages".to_owned(), usages),
            ("ExtendedKeyUsages".to_owned(), extended),
        ]);
    }
    json
}

fn signature(key_algorithm: &str) -> &'static str {
    if key_algorithm.starts_with("EC") { "SHA256WITHECDSA" } else { "SHA256WITHRSA" }
}

fn show_domain(certificate: &Certificate, domain: &Domain, view: View<'_>) -> Json {
    let status = match (domain.proven, certificate.status(view.now)) {
        (Some(_), _) => "SUCCESS",
        (None, Status::ValidationTimedOut) => "FAILED",
        (None, _) => "PENDING_VALIDATION",
    };
    let mut json = json!({
        "DomainName": domain.name,
        "ValidationDomain": if certificate.method == "DNS" { &domain.name } else { &domain.validation },
        "ValidationStatus": status,
        "ValidationMethod": certificate.method,
    });
    if certificate.method == "EMAIL" {
        let emails = CONTACTS.map(|contact| format!("{contact}@{}", domain.validation));
        json["ValidationEmails"] = json!(emails);
    } else if certificate.records <= view.now {
        let (name, value) = domain.record(&view.region.account);
        json["ResourceRecord"] = json!({ "Name": name, "Type": "CNAME", "Value": value });
    }
    json
}

/// As a dump has it.
#[must_use]
pub fn resource(certificate: &Certificate, view: View<'_>) -> Resource {
    let mut body = show(certificate, view);
    if let Json::Object(map) = &mut body {
        let tags: Map<String, Json> =
            certificate.tags.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
        map.remove("Serial");
        map.insert("Tags".to_owned(), Json::Object(tags));
    }
    Resource {
        kind: "certificate",
        id: certificate.arn.clone(),
        name: Some(certificate.tags.get("Name").map_or(certificate.domain(), String::as_str).to_owned()),
        aliases: Vec::new(),
        body,
    }
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let arn = named(call)?.arn.clone();
    if !users(call.region, &arn).is_empty() {
        let message = format!("Certificate {arn} in account {} is in use.", call.region.account);
        return Err(AwsError::new("ResourceInUseException", message));
    }
    call.region.acm.certificates.shift_remove(&arn);
    Ok(tag::nothing())
}
