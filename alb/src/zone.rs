//! Hosted zones of Route 53: found by name, never made.

use anyhow::Result;
use common::call::Call as _;
use common::fault::Fault;
use common::session::Session;

use crate::names::Scheme;
use crate::record::canonical;

/// A hosted zone of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    pub id: String,
    /// Seen from its VPCs only.
    pub is_private: bool,
}

impl Zone {
    fn kind(&self) -> &'static str {
        if self.is_private { "private" } else { "public" }
    }
}

/// Every hosted zone of exactly this name.
///
/// # Errors
/// AWS's refusal.
pub async fn named(session: &Session, domain: &str) -> Result<Vec<Zone>> {
    let call = session.aws.route53().list_hosted_zones_by_name().dns_name(domain);
    let answer = call.send().await.cannot(format_args!("look up the hosted zone {domain}"))?;
    // The list only begins with the name that was asked for: others follow.
    let of_name = answer.hosted_zones().iter().take_while(|zone| canonical(zone.name()) == domain);
    Ok(of_name
        .map(|zone| Zone {
            id: zone.id().trim_start_matches("/hostedzone/").to_owned(),
            is_private: zone.config().is_some_and(aws_sdk_route53::types::HostedZoneConfig::private_zone),
        })
        .collect())
}

/// The zone that the alias record belongs in: where there are both, the private one for what is internal and the public one for what
/// faces the internet.
///
/// # Errors
/// Not found; a conflict where there are two of the same kind.
pub fn for_alias(zones: &[Zone], domain: &str, scheme: Scheme) -> Result<Zone> {
    let prefers_private = scheme == Scheme::Internal;
    match only(zones, domain, prefers_private)? {
        Some(zone) => Ok(zone),
        None => only(zones, domain, !prefers_private)?.ok_or_else(|| {
            Fault::not_found(format!("there is no hosted zone {domain} in Route 53"))
                .hint(format!(
                    "make one with `aws route53 create-hosted-zone --name {domain} --caller-reference 1`"
                ))
                .into()
        }),
    }
}

/// The zone that the record of a certificate belongs in: the public one, because ACM asks from outside.
///
/// # Errors
/// Not found; a conflict where there are two of them.
pub fn for_certificate(zones: &[Zone], domain: &str) -> Result<Zone> {
    only(zones, domain, false)?.ok_or_else(|| {
        Fault::not_found(format!("there is no public hosted zone {domain} in Route 53"))
            .hint("ACM proves the domain by a record that can be seen from the internet: leave out --https")
            .into()
    })
}

fn only(zones: &[Zone], domain: &str, is_private: bool) -> Result<Option<Zone>> {
    let of_kind: Vec<&Zone> = zones.iter().filter(|zone| zone.is_private == is_private).collect();
    match of_kind.as_slice() {
        [] => Ok(None),
        [zone] => Ok(Some((*zone).clone())),
        [first, ..] => {
            let ids: Vec<&str> = of_kind.iter().map(|zone| zone.id.as_str()).collect();
            let kind = first.kind();
            Err(Fault::conflict(format!(
                "there are several {kind} hosted zones {domain}: {}",
                ids.join(", ")
            ))
            .hint("delete the ones that are not in use, then run the same command again")
            .into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(id: &str, is_private: bool) -> Zone {
        Zone { id: id.to_owned(), is_private }
    }

    #[test]
    fn what_is_internal_goes_into_the_private_zone_and_the_rest_into_the_public_one() {
        let both = [zone("Z1", false), zone("Z2", true)];
        let id = |zones: &[Zone], scheme| for_alias(zones, "example.com", scheme).map(|zone| zone.id).ok();
        assert_eq!(id(&both, Scheme::Internal).as_deref(), Some("Z2"));
        assert_eq!(id(&both, Scheme::InternetFacing).as_deref(), Some("Z1"));
        assert_eq!(id(&both[..1], Scheme::Internal).as_deref(), Some("Z1"));
        assert_eq!(id(&[], Scheme::Internal), None);
        assert_eq!(id(&[zone("Z1", false), zone("Z3", false)], Scheme::InternetFacing), None);
        assert!(for_certificate(&both[1..], "example.com").is_err());
    }
}
