//! Listing certificates.

use serde_json::{Value as Json, json};

use super::certificate::{Certificate, Status};
use super::error::constraint;
use super::users;
use crate::loopback::action::{Action, Call, Reply, View, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::page;
use crate::loopback::params::Params;

pub const ACTIONS: &[Action] = &[read(
    "ListCertificates",
    list,
    "CertificateStatuses.N Includes.keyTypes.N Includes.keyUsage.N Includes.extendedKeyUsage.N NextToken MaxItems \
     SortBy SortOrder",
)];

const STATUSES: [&str; 7] =
    ["PENDING_VALIDATION", "ISSUED", "INACTIVE", "EXPIRED", "VALIDATION_TIMED_OUT", "REVOKED", "FAILED"];
/// What is listed where no key types are asked for: certificates with other keys stay hidden.
const KEY_TYPES: [&str; 2] = ["RSA_1024", "RSA_2048"];
/// How many names a summary tells.
const NAMES: usize = 100;
const PAGE: usize = 1000;

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let statuses = call.params.texts("CertificateStatuses");
    if let Some(other) = statuses.iter().find(|status| !STATUSES.contains(status)) {
        let rule = format!("satisfy enum value set: [{}]", STATUSES.join(", "));
        return Err(constraint(other, "certificateStatuses", &rule));
    }
    let asked = call.params.texts("Includes.keyTypes");
    let key_types = if asked.is_empty() { KEY_TYPES.to_vec() } else { asked };
    let fits = |certificate: &&Certificate| {
        let status = certificate.status(call.now).to_string();
        (statuses.is_empty() || statuses.contains(&status.as_str()))
            && key_types.contains(&certificate.key_algorithm.as_str())
            && used(certificate, call.params, call.view())
    };
    let mut found: Vec<&Certificate> = call.region.acm.certificates.values().filter(fits).collect();
    if descending(call.params)? {
        found.reverse();
    }
    let size = call.params.parsed::<usize>("MaxItems")?.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&size) {
        return Err(constraint(&size.to_string(), "maxItems", "have value between 1 and 1000"));
    }
    let bad = || AwsError::new("ValidationException", "The NextToken value is invalid.");
    let page = page::cut(found, size, call.params.text("NextToken"), bad)?;
    let summaries: Vec<Json> = page.items.iter().map(|c| summary(c, call.view())).collect();
    let mut json = json!({ "CertificateSummaryList": summaries });
    if let Some(next) = page.next {
        json["NextToken"] = json!(next);
    }
    Ok(json.into())
}

/// Whether it can be used for what is asked: all that are issued here are for servers.
fn used(certificate: &Certificate, params: &Params, view: View<'_>) -> bool {
    let issued = certificate.status(view.now) == Status::Issued;
    let allows = |path: &str, usages: &[&str]| {
        let asked = params.texts(path);
        asked.is_empty() || issued && asked.iter().any(|usage| usages.contains(usage))
    };
    allows("Includes.keyUsage", &["DIGITAL_SIGNATURE", "KEY_ENCIPHERMENT", "ANY"])
        && allows("Includes.extendedKeyUsage", &["TLS_WEB_SERVER_AUTHENTICATION", "ANY"])
}

fn descending(params: &Params) -> Result<bool> {
    match (params.text("SortBy"), params.text("SortOrder")) {
        (None, None) | (Some("CREATED_AT"), Some("ASCENDING")) => Ok(false),
        (Some("CREATED_AT"), Some("DESCENDING")) => Ok(true),
        _ => Err(AwsError::new("InvalidArgsException", "Give both SortBy and SortOrder, or neither.")),
    }
}

fn summary(certificate: &Certificate, view: View<'_>) -> Json {
    let names: Vec<&str> = certificate.domains.iter().map(|d| d.name.as_str()).take(NAMES).collect();
    let status = certificate.status(view.now);
    let mut json = json!({
        "CertificateArn": certificate.arn,
        "DomainName": certificate.domain(),
        "SubjectAlternativeNameSummaries": names,
        "HasAdditionalSubjectAlternativeNames": certificate.domains.len() > NAMES,
        "Status": status.to_string(),
        "Type": "AMAZON_ISSUED",
        "KeyAlgorithm": certificate.key_algorithm.replace('_', "-"),
        "InUse": !users(view.region, &certificate.arn).is_empty(),
        "RenewalEligibility": "INELIGIBLE",
        "CreatedAt": certificate.made.seconds(),
    });
    if let (Status::Issued, Some(issued)) = (status, certificate.issued) {
        json["IssuedAt"] = json!(issued.seconds());
        json["NotBefore"] = json!(issued.seconds());
        json["NotAfter"] = json!(certificate.expires.unwrap_or(issued).seconds());
    }
    json
}
