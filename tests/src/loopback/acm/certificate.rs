//! Certificates: what they are, and how they come to be issued.

use std::fmt;

use super::domain::Domain;
use super::error::{invalid_arn, not_found};
use crate::loopback::action::Call;
use crate::loopback::clock::{Clock, Time};
use crate::loopback::error::Result;
use crate::loopback::tag::Tags;
use crate::loopback::world::Region;

/// How long AWS waits for the proof.
const PATIENCE_SECONDS: f64 = 72.0 * 3600.0;
/// How long it takes at least until the records to make are known: a call right after the request does not tell them.
const RECORD_SECONDS: f64 = 0.25;
/// Thirteen months, in microseconds that no scale divides: clients compare the end with their own clocks.
const VALID: u64 = 395 * 86_400 * 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    PendingValidation,
    Issued,
    ValidationTimedOut,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PendingValidation => "PENDING_VALIDATION",
            Self::Issued => "ISSUED",
            Self::ValidationTimedOut => "VALIDATION_TIMED_OUT",
        })
    }
}

#[derive(Clone, Debug)]
pub struct Certificate {
    pub arn: String,
    /// The first is the certificate's own, the others are its alternatives.
    pub domains: Vec<Domain>,
    /// `DNS` or `EMAIL`.
    pub method: String,
    /// `RSA_2048`, as it is asked for.
    pub key_algorithm: String,
    pub transparency: bool,
    pub serial: String,
    pub token: Option<String>,
    pub tags: Tags,
    pub made: Time,
    /// When the records to make are known.
    pub records: Time,
    /// When it is given up.
    pub deadline: Time,
    pub issued: Option<Time>,
    /// When it runs out, once it is issued.
    pub expires: Option<Time>,
}

impl Certificate {
    /// One that has just been requested.
    pub fn new(call: &mut Call<'_>, domains: Vec<Domain>, tags: Tags) -> Self {
        let id = crate::loopback::id::uuid(&mut call.region.rng);
        let serial: Vec<String> = (0..16).map(|_| format!("{:02x}", call.region.rng.u8(..))).collect();
        Self {
            arn: call.region.arn("acm", &format!("certificate/{id}")),
            domains,
            method: "EMAIL".to_owned(),
            key_algorithm: "RSA_2048".to_owned(),
            transparency: true,
            serial: serial.join(":"),
            token: None,
            tags,
            made: call.now,
            records: call.after(RECORD_SECONDS + call.conditions.propagation),
            deadline: call.after(PATIENCE_SECONDS),
            issued: None,
            expires: None,
        }
    }

    #[must_use]
    pub fn status(&self, now: Time) -> Status {
        match self.issued {
            Some(issued) if issued <= now => Status::Issued,
            _ if self.deadline <= now => Status::ValidationTimedOut,
            _ => Status::PendingValidation,
        }
    }

    /// The name that it is called by.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.domains.first().map_or("", |domain| &domain.name)
    }
}

/// Proves the domains whose records stand long enough, and issues what is proven.
pub fn settle(region: &mut Region, clock: &Clock, now: Time) {
    let mut certificates = std::mem::take(&mut region.acm.certificates);
    for certificate in certificates.values_mut() {
        let pending = certificate.status(now) == Status::PendingValidation && certificate.method == "DNS";
        let since = certificate.made;
        for domain in certificate.domains.iter_mut().filter(|domain| pending && domain.proven.is_none()) {
            domain.proven = domain.proof(region, clock, since).filter(|at| *at <= now);
        }
        if pending && certificate.domains.iter().all(|domain| domain.proven.is_some()) {
            certificate.issued = certificate.domains.iter().filter_map(|domain| domain.proven).max();
            certificate.expires = certificate.issued.map(|at| Time(at.0 + VALID));
        }
    }
    region.acm.certificates = certificates;
}

/// The certificate that a call names.
///
/// # Errors
/// `InvalidArnException`, `ResourceNotFoundException`.
pub fn named<'a>(call: &'a Call<'_>) -> Result<&'a Certificate> {
    let arn = arn(call)?;
    call.region.acm.certificates.get(arn).ok_or_else(|| not_found(arn))
}

/// The same, to change it.
///
/// # Errors
/// `InvalidArnException`, `ResourceNotFoundException`.
pub fn named_mut<'a>(call: &'a mut Call<'_>) -> Result<&'a mut Certificate> {
    let arn = arn(call)?.to_owned();
    call.region.acm.certificates.get_mut(&arn).ok_or_else(|| not_found(&arn))
}

fn arn<'a>(call: &'a Call<'_>) -> Result<&'a str> {
    let arn = call.params.required("CertificateArn")?;
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", "aws", "acm", _, _, rest] if rest.starts_with("certificate/") => Ok(arn),
        _ => Err(invalid_arn(arn)),
    }
}
