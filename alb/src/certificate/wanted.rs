//! Requesting a certificate, proving its domain, and waiting until it is issued.

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_acm::types::{CertificateDetail, CertificateStatus, Tag, ValidationMethod};
use common::call::Call as _;
use common::fault::{Fault, Kind, kind_of};
use common::session::Session;
use common::tags::missing;
use common::token;
use common::wait::{State, until_ready};

use super::{Certificate, choose, describe, proof_of};
use crate::names::{COMPONENT, Names};
use crate::record;

/// AWS says 30 minutes at most once the record stands; most take less than five.
const ISSUED_WITHIN: Duration = Duration::from_mins(30);

/// The longest token of ACM (its API reference).
const TOKEN: usize = 32;

/// Looks in a row that may miss a certificate requested a moment ago. After them the token has led to one that is deleted.
const MISSES: u32 = 10;

/// What a run works with. The ARN is absent in a dry run that would request it.
#[derive(Debug, Default)]
pub struct Provided {
    pub arn: Option<String>,
    pub is_issued: bool,
}

/// A certificate as it is to be.
pub struct Wanted<'a> {
    pub names: &'a Names,
    pub host: &'a str,
    /// The public zone.
    pub zone: &'a str,
    /// Those of the host that are there.
    pub certificates: &'a [Certificate],
    /// The certificate with which HTTPS is answered now.
    pub in_use: Option<String>,
}

impl Wanted<'_> {
    fn label(&self) -> String {
        format!("certificate {}", self.host)
    }

    /// Requests it unless it is there, proves its domain, and waits until it is issued. Without waiting it is over once the record is made.
    ///
    /// # Errors
    /// A certificate that ACM refuses, with its reason; not in time; AWS's refusal.
    pub async fn provide(&self, session: &Session) -> Result<Provided> {
        if let Some(found) = choose(&session.identity, self.certificates, self.in_use.as_deref()) {
            self.retag(session, found).await?;
            let provided = Provided { arn: Some(found.arn().to_owned()), is_issued: found.is_issued() };
            if found.is_issued() || session.is_planning() {
                return Ok(provided);
            }
            return Box::pin(self.prove(session, found.arn().to_owned(), None)).await;
        }
        let dead = self.certificates.iter().filter(|it| it.is_ours(&session.identity)).count();
        let mut made = None;
        let request = Box::pin(async {
            let arn = self.request(session, dead).await?;
            let id = arn.rsplit('/').next().unwrap_or_default().to_owned();
            made = Some(arn);
            Ok(id)
        });
        session.make(self.label(), request).await?;
        match made {
            Some(arn) => Box::pin(self.prove(session, arn, Some(dead))).await,
            None => Ok(Provided::default()),
        }
    }

    /// ACM knows a token for an hour; `generation` makes it another one than that of a certificate which failed or was deleted.
    async fn request(&self, session: &Session, generation: usize) -> Result<String> {
        let token = token::derived(&session.identity, "certificate", &[self.host], generation);
        let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
        let tags: Result<Vec<Tag>, _> =
            session.identity.tags_of(COMPONENT, &self.names.full).iter().map(tag).collect();
        let call = session.aws.acm().request_certificate().domain_name(self.host);
        let answer = call
            .validation_method(ValidationMethod::Dns)
            .idempotency_token(&token[..TOKEN])
            .set_tags(Some(tags?))
            .send()
            .await
            .cannot(format_args!("request the {}", self.label()))?;
        answer.certificate_arn.context("ACM named no certificate")
    }

    /// Makes the record as soon as ACM says which, and waits. `requested` is the generation, where this run has requested it.
    async fn prove(
        &self,
        session: &Session,
        mut arn: String,
        mut requested: Option<usize>,
    ) -> Result<Provided> {
        let (mut is_proved, mut is_issued, mut misses) = (false, false, 0);
        let issued = until_ready(session, ISSUED_WITHIN, async || {
            let found = describe(session, &arn).await?;
            misses = if found.is_some() { 0 } else { misses + 1 };
            if let Some(generation) = requested.filter(|_| misses > MISSES) {
                arn = self.request(session, generation + 1).await?;
                (requested, misses) = (Some(generation + 1), 0);
            }
            let proof = found.as_ref().and_then(proof_of);
            if let Some(proof) = proof.filter(|_| !is_proved) {
                let put = record::put_proof(session, self.zone, proof.name(), proof.value());
                Box::pin(put).await?;
                is_proved = true;
            }
            let state = state(session, found.as_ref(), is_proved);
            is_issued = found.is_some_and(|it| it.status() == Some(&CertificateStatus::Issued));
            Ok(vec![(self.label(), state)])
        });
        Box::pin(issued).await.map_err(|error| self.with_hint(error))?;
        Ok(Provided { arn: Some(arn), is_issued })
    }

    /// ACM waits in silence for a record that it cannot see.
    fn with_hint(&self, error: anyhow::Error) -> anyhow::Error {
        if kind_of(&error) != Kind::NotInTime {
            return error;
        }
        let domain = self.host.trim_start_matches("*.").split_once('.').map_or(self.host, |it| it.1);
        error.context(Fault::new(Kind::NotInTime, format!("the {} is not issued", self.label())).hint(format!(
            "see that {domain} is delegated to the name servers of its hosted zone {}, then run the same command again",
            self.zone
        )))
    }

    async fn retag(&self, session: &Session, found: &Certificate) -> Result<()> {
        let wanted = session.identity.tags_of(COMPONENT, &self.names.full);
        let absent = missing(&wanted, |key| found.value(key).map(str::to_owned));
        if absent.is_empty() {
            return Ok(());
        }
        let keys: Vec<&str> = absent.iter().map(|(key, _)| key.as_str()).collect();
        let add = async {
            let tag = |(key, value): &(String, String)| Tag::builder().key(key).value(value).build();
            let tags: Result<Vec<Tag>, _> = absent.iter().map(tag).collect();
            let call = session.aws.acm().add_tags_to_certificate().certificate_arn(found.arn());
            call.set_tags(Some(tags?)).send().await.cannot(format_args!("tag the {}", self.label()))
        };
        session.change(format_args!("{}: tags {}", self.label(), keys.join(", ")), add).await?;
        Ok(())
    }
}

/// Where a certificate stands. Without waiting it is far enough once the record that proves its domain is made.
fn state(session: &Session, found: Option<&CertificateDetail>, is_proved: bool) -> State {
    let Some(found) = found else {
        return State::Pending("not seen yet".to_owned());
    };
    match found.status() {
        Some(CertificateStatus::Issued) => State::Ready,
        Some(CertificateStatus::PendingValidation) if is_proved && !session.waits() => State::Ready,
        Some(CertificateStatus::PendingValidation) | None => State::Pending("pending validation".to_owned()),
        Some(dead) => {
            let reason = found.failure_reason().map_or("no reason given", |reason| reason.as_str());
            State::Failed(format!("{}: {reason}", dead.as_str()))
        }
    }
}
