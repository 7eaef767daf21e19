//! What there is under a domain: its zones, the record of a load balancer, and the certificates for it.

use anyhow::Result;
use aws_sdk_route53::types::ResourceRecordSet;
use common::call::both;
use common::session::Session;

use crate::certificate::{self, Certificate};
use crate::names::{Names, Scheme};
use crate::{record, zone};

/// A domain, seen from one load balancer.
#[derive(Debug)]
pub struct Domain {
    /// The record that leads, or is to lead, to the load balancer.
    pub host: String,
    /// The id of the hosted zone that the record belongs in.
    pub zone: String,
    /// What stands under the record's name.
    pub records: Vec<ResourceRecordSet>,
    /// The id of the zone that the certificate's record belongs in, and the certificates for the host; none unless asked for.
    pub certificates: Option<(String, Vec<Certificate>)>,
}

/// Reads it in two round trips: what is in the zone can be asked once the zone is known.
///
/// # Errors
/// Not found where there is no such zone; AWS's refusal.
pub async fn read(
    session: &Session,
    names: &Names,
    domain: &str,
    scheme: Scheme,
    https: bool,
) -> Result<Domain> {
    let host = names.host(&session.identity, scheme, domain);
    let records = async {
        let zones = zone::named(session, domain).await?;
        let zone = zone::for_alias(&zones, domain, scheme)?.id;
        let public = if https { Some(zone::for_certificate(&zones, domain)?.id) } else { None };
        let records = record::of_name(session, &zone, &host).await?;
        Ok((zone, public, records))
    };
    let certificates =
        async { if https { certificate::of_host(session, &host).await } else { Ok(Vec::new()) } };
    let ((zone, public, records), certificates) = both(records, certificates).await?;
    Ok(Domain { host, zone, records, certificates: public.map(|public| (public, certificates)) })
}
