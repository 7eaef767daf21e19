//! The document's section, from what was found.

use anyhow::Result;
use aws_sdk_elasticloadbalancingv2::types::Listener;
use common::identity::Identity;
use common::section::{Listeners, LoadBalancer, Named};
use common::session::Session;

use crate::inventory::Balancer;
use crate::listener::Port;
use crate::names::{Names, Scheme};

/// The name of the section.
pub const SECTION: &str = "alb";

/// A load balancer as the document shows it. `certificate` is one that no listener has yet.
pub fn entry(
    identity: &Identity,
    names: &Names,
    balancer: &Balancer,
    certificate: Option<String>,
) -> LoadBalancer {
    let found = &balancer.found;
    let arn = |port: Port| balancer.listener(port.number())?.listener_arn().map(str::to_owned);
    let domain = balancer.domain();
    let host = domain.zip(balancer.scheme()).map(|(domain, scheme)| names.host(identity, scheme, domain));
    LoadBalancer {
        arn: balancer.arn().map(str::to_owned),
        name: found.load_balancer_name().map(str::to_owned),
        scheme: balancer.scheme().map(|scheme| scheme.name().to_owned()),
        dns_name: found.dns_name().map(str::to_owned),
        canonical_hosted_zone_id: found.canonical_hosted_zone_id().map(str::to_owned),
        vpc_id: found.vpc_id().map(str::to_owned),
        security_group_id: found.security_groups().first().cloned(),
        listeners: Listeners { http: arn(Port::Http), https: arn(Port::Https) },
        domain: domain.map(str::to_owned),
        host,
        certificate_arn: certificate_of(balancer).or(certificate),
    }
}

/// The certificate with which it answers HTTPS.
pub fn certificate_of(balancer: &Balancer) -> Option<String> {
    let certificates = balancer.listener(Port::Https.number()).map(Listener::certificates)?;
    certificates.first()?.certificate_arn().map(str::to_owned)
}

/// A load balancer that a dry run would make: everything that is known beforehand, and no ARNs.
pub fn planned(
    names: &Names,
    scheme: Scheme,
    group: Option<&str>,
    domain: Option<&str>,
    host: Option<&str>,
) -> LoadBalancer {
    LoadBalancer {
        name: Some(names.balancer.clone()),
        scheme: Some(scheme.name().to_owned()),
        security_group_id: group.map(str::to_owned),
        domain: domain.map(str::to_owned),
        host: host.map(str::to_owned),
        ..LoadBalancer::default()
    }
}

/// Writes the document with these load balancers brought up to date, beside those of other runs.
///
/// # Errors
/// Stdout cannot be written.
pub fn write(session: &Session, entries: impl IntoIterator<Item = (String, LoadBalancer)>) -> Result<()> {
    let entries: Named<LoadBalancer> = entries.into_iter().collect();
    session.write(|document| document.set_section(SECTION, &entries))
}
