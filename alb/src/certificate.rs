//! Certificates of ACM: requested for one host, proved by a record in its zone, issued some minutes later.

mod wanted;

use anyhow::Result;
use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, CertificateSummary, ResourceRecord, Tag};
use common::call::{Call as _, all, both};
use common::fault::is_missing;
use common::identity::Identity;
use common::session::Session;

pub use wanted::{Provided, Wanted};

/// A certificate with its tags.
#[derive(Debug, Clone)]
pub struct Certificate {
    pub detail: CertificateDetail,
    pub tags: Vec<Tag>,
}

impl Certificate {
    pub fn arn(&self) -> &str {
        self.detail.certificate_arn().unwrap_or_default()
    }

    pub fn host(&self) -> &str {
        self.detail.domain_name().unwrap_or_default()
    }

    pub fn is_issued(&self) -> bool {
        self.detail.status() == Some(&CertificateStatus::Issued)
    }

    fn is_living(&self) -> bool {
        self.is_issued() || self.detail.status() == Some(&CertificateStatus::PendingValidation)
    }

    pub fn value(&self, key: &str) -> Option<&str> {
        self.tags.iter().find(|tag| tag.key() == key)?.value()
    }

    pub fn is_ours(&self, identity: &Identity) -> bool {
        identity.own_tags().iter().all(|(key, wanted)| self.value(key) == Some(wanted))
    }

    /// The record that proves its domain, once ACM has made it up.
    pub fn proof(&self) -> Option<&ResourceRecord> {
        proof_of(&self.detail)
    }
}

/// All certificates of the account in this Region, in short.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session) -> Result<Vec<CertificateSummary>> {
    let pages = session.aws.acm().list_certificates().into_paginator().items().send().try_collect().await;
    pages.cannot("look up the certificates")
}

/// Those for exactly this host, whoever made them.
///
/// # Errors
/// AWS's refusal.
pub async fn of_host(session: &Session, host: &str) -> Result<Vec<Certificate>> {
    let listed = list(session).await?;
    read(session, listed.iter().filter(|it| it.domain_name() == Some(host))).await
}

/// Reads listed certificates whole. One that is gone by now is left out.
///
/// # Errors
/// AWS's refusal.
pub async fn read<'a>(
    session: &Session,
    listed: impl IntoIterator<Item = &'a CertificateSummary>,
) -> Result<Vec<Certificate>> {
    let arns = listed.into_iter().filter_map(CertificateSummary::certificate_arn);
    let read = all(arns.map(|arn| look(session, arn))).await?;
    Ok(read.into_iter().flatten().collect())
}

async fn look(session: &Session, arn: &str) -> Result<Option<Certificate>> {
    let (detail, tags) = both(describe(session, arn), tags(session, arn)).await?;
    Ok(detail.map(|detail| Certificate { detail, tags }))
}

async fn describe(session: &Session, arn: &str) -> Result<Option<CertificateDetail>> {
    let answer = session.aws.acm().describe_certificate().certificate_arn(arn).send().await;
    match answer.cannot(format_args!("look up the certificate {arn}")) {
        Ok(answer) => Ok(answer.certificate),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn tags(session: &Session, arn: &str) -> Result<Vec<Tag>> {
    let answer = session.aws.acm().list_tags_for_certificate().certificate_arn(arn).send().await;
    match answer.cannot(format_args!("read the tags of the certificate {arn}")) {
        Ok(answer) => Ok(answer.tags.unwrap_or_default()),
        Err(error) if is_missing(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Our certificate among those of the host: the one in use, or else one that is issued, or else the first by ARN, because every run
/// can tell that without asking another.
pub fn choose<'a>(
    identity: &Identity,
    certificates: &'a [Certificate],
    in_use: Option<&str>,
) -> Option<&'a Certificate> {
    let own = certificates.iter().filter(|it| it.is_ours(identity) && it.is_living());
    own.min_by_key(|it| (Some(it.arn()) != in_use, !it.is_issued(), it.arn()))
}

fn proof_of(detail: &CertificateDetail) -> Option<&ResourceRecord> {
    detail.domain_validation_options().iter().find_map(|it| it.resource_record())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(id: &str, status: CertificateStatus, owner: &str) -> Certificate {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
        let tags = vec![tag("Project", "expense"), tag("Environment", "dev"), tag("ManagedBy", owner)];
        Certificate { detail: CertificateDetail::builder().certificate_arn(id).status(status).build(), tags }
    }

    #[test]
    fn the_certificate_in_use_stays_and_dead_or_foreign_ones_do_not_count() {
        use CertificateStatus::{Issued, PendingValidation, ValidationTimedOut};
        let identity = Identity::new("expense", "dev", std::collections::BTreeMap::new()).unwrap();
        let all = [
            certificate("0", Issued, "terraform"),
            certificate("1", ValidationTimedOut, "stackpipe"),
            certificate("2", PendingValidation, "stackpipe"),
            certificate("3", Issued, "stackpipe"),
            certificate("4", Issued, "stackpipe"),
        ];
        let chosen = |in_use| choose(&identity, &all, in_use).map(Certificate::arn);
        assert_eq!(chosen(None), Some("3"));
        assert_eq!(chosen(Some("4")), Some("4"));
        assert_eq!(choose(&identity, &all[..2], None).map(Certificate::arn), None);
        assert_eq!(choose(&identity, &all[..3], None).map(Certificate::arn), Some("2"));
    }
}
