//! Certificates and the records that prove their domains: they go once no load balancer uses them any more.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_acm::types::CertificateSummary;
use common::call::{Call as _, all};
use common::fault::{is_code, is_missing};
use common::session::Session;
use common::wait::while_refused;

use crate::certificate::{self, Certificate};
use crate::names::Names;
use crate::{record, zone};

/// How long a certificate may count as in use after its load balancer is gone.
const RELEASED_WITHIN: Duration = Duration::from_mins(15);

/// The certificates made here for one load balancer, or for all of the environment. Their hosts tell which of the account's are worth a
/// look, their tags whose they are.
///
/// # Errors
/// AWS's refusal.
pub async fn own(
    session: &Session,
    name: Option<&str>,
    listed: &[CertificateSummary],
) -> Result<Vec<Certificate>> {
    let environment = &session.identity.environment;
    let might_be = |it: &&CertificateSummary| it.domain_name().is_some_and(|host| is_of(host, environment));
    let mut read = certificate::read(session, listed.iter().filter(might_be)).await?;
    read.retain(|it| {
        let names = it.value("Name").and_then(|tag| Names::of_tag(&session.identity, tag));
        it.is_ours(&session.identity) && names.is_some_and(|names| name.is_none_or(|name| name == names.name))
    });
    Ok(read)
}

/// `web-dev.example.com` and `*.app-dev.example.com` are of `dev`.
fn is_of(host: &str, environment: &str) -> bool {
    let label = base(host).split('.').next().unwrap_or_default();
    label.strip_suffix(environment).is_some_and(|rest| rest.ends_with('-'))
}

/// ACM proves a name and the wildcard below it by the same record.
fn base(host: &str) -> &str {
    host.strip_prefix("*.").unwrap_or(host)
}

/// Deletes them. False where one is still in use and this run does not wait.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn certificates(
    session: &Session,
    own: &[Certificate],
    listed: &[CertificateSummary],
) -> Result<bool> {
    let deleted = all(own.iter().map(async |it| {
        if !is_shared(it, own, listed) {
            proof(session, it).await?;
        }
        delete(session, it).await
    }))
    .await?;
    Ok(deleted.into_iter().all(|is_deleted| is_deleted))
}

/// Whether a certificate that stays, of whoever, needs the same record to be renewed.
fn is_shared(certificate: &Certificate, own: &[Certificate], listed: &[CertificateSummary]) -> bool {
    let others = listed.iter().filter(|it| own.iter().all(|own| Some(own.arn()) != it.certificate_arn()));
    let mut hosts = others.flat_map(|it| {
        let alternatives = it.subject_alternative_name_summaries().iter().map(String::as_str);
        it.domain_name().into_iter().chain(alternatives)
    });
    hosts.any(|host| base(host) == base(certificate.host()))
}

/// Takes away the record that proves the domain, where it stands exactly so.
async fn proof(session: &Session, certificate: &Certificate) -> Result<()> {
    let domain = base(certificate.host()).split_once('.').map(|(_, domain)| domain);
    let (Some(proof), Some(domain)) = (certificate.proof(), domain) else {
        return Ok(());
    };
    let zones = zone::named(session, domain).await?;
    all(zones.iter().filter(|zone| !zone.is_private).map(async |zone| {
        let records = record::of_name(session, &zone.id, proof.name()).await?;
        let own = records.iter().filter(|record| record::proves(record, proof.value()));
        all(own.map(|record| record::delete(session, &zone.id, record))).await
    }))
    .await?;
    Ok(())
}

async fn delete(session: &Session, certificate: &Certificate) -> Result<bool> {
    let what = format!("certificate {}", certificate.host());
    let call = async || {
        let call = session.aws.acm().delete_certificate().certificate_arn(certificate.arn());
        match call.send().await.cannot(format_args!("delete the {what}")) {
            Err(error) if is_missing(&error) => Ok(()),
            other => other.map(|_| ()),
        }
    };
    let in_use = ["ResourceInUseException", "ConflictException"];
    if session.waits() || session.is_planning() {
        let waiting = format!("the {what} to be free");
        let delete = while_refused(session, &in_use, &waiting, RELEASED_WITHIN, call);
        session.delete(&what, delete).await?;
        return Ok(true);
    }
    match session.delete(&what, call()).await {
        Err(error) if is_code(&error, &in_use) => {
            session
                .progress
                .line(&format!("the {what} is still in use: run `alb delete` again for it to go"));
            Ok(false)
        }
        other => other.map(|_| true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_acm::types::CertificateDetail;

    #[test]
    fn a_host_is_of_its_environment() {
        assert!(is_of("web-dev.example.com", "dev") && is_of("*.app-dev.example.com", "dev"));
        for other in ["web-prod.example.com", "webdev.example.com", "dev.example.com", "*.example.com"] {
            assert!(!is_of(other, "dev"), "{other}");
        }
    }

    #[test]
    fn a_record_that_another_certificate_needs_stays() {
        let listed = |arn: &str, host: &str| {
            CertificateSummary::builder().certificate_arn(arn).domain_name(host).build()
        };
        let detail =
            CertificateDetail::builder().certificate_arn("1").domain_name("web-dev.example.com").build();
        let own = [Certificate { detail, tags: Vec::new() }];
        let alone = [listed("1", "web-dev.example.com"), listed("2", "example.com")];
        assert!(!is_shared(&own[0], &own, &alone));
        assert!(is_shared(&own[0], &own, &[listed("3", "*.web-dev.example.com")]));
    }
}
