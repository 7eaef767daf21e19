//! `alb create`: the order of things.

mod plan;

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_elasticloadbalancingv2::types::Listener;
use common::call::both;
use common::converge::converge_unique;
use common::network;
use common::section::{Named, SecurityGroup, Vpc};
use common::session::Session;
use common::tags::elb_tags;

use crate::certificate::Provided;
use crate::cli::Create;
use crate::domain::{self, Domain};
use crate::inventory::{self, Balancer};
use crate::listener::{self, Port, is_redirecting};
use crate::names::{Names, Scheme};
use crate::{attributes, flags, ownership, record, section, settle};
use plan::Plan;

/// Everything `create` decides on.
pub struct Inventory {
    vpc: Vpc,
    groups: Named<SecurityGroup>,
    balancer: Option<Balancer>,
    domain: Option<Domain>,
}

pub async fn create(session: &Session, wish: &Create) -> Result<()> {
    let names = Names::new(&session.identity, &wish.name);
    check_certificate(session, wish, &names)?;
    let inventory = Box::pin(read(session, wish, &names)).await?;
    let plan = Plan::decide(session, wish, &names, &inventory)?;
    let (ground, provided) = both(ground(session, &plan, &inventory), certificate(session, &plan)).await?;
    let (balancer, change) = ground;
    let balancer = https(session, &plan, balancer, &provided).await?;
    let Some(mut balancer) = balancer else {
        let host = plan.domain.map(|domain| domain.host.as_str());
        let group = plan.balancer.group;
        let entry = section::planned(&names, plan.balancer.scheme, group, wish.domain.as_deref(), host);
        return section::write(session, [(names.name.clone(), entry)]);
    };
    balancer.tags = elb_tags(&plan.balancer.tags);
    let entry = section::entry(&session.identity, &names, &balancer, provided.arn);
    section::write(session, [(names.name.clone(), entry)])?;
    if !session.waits() {
        return Ok(());
    }
    let change = plan.domain.map(|domain| domain.host.as_str()).zip(change);
    settle::until_routing(session, &[(&names, &balancer)], change).await
}

/// What can be told of the certificate from the flags alone.
fn check_certificate(session: &Session, wish: &Create, names: &Names) -> Result<()> {
    let scheme = wish.scheme().or(Scheme::of_name(&wish.name)).unwrap_or(Scheme::InternetFacing);
    match &wish.domain {
        Some(domain) if wish.https => {
            Ok(flags::fits_certificate(&names.host(&session.identity, scheme, domain))?)
        }
        _ => Ok(()),
    }
}

/// Network, load balancer and domain side by side. The domain's record depends on the scheme, which is known beforehand as a rule; where
/// it turns out to be another, the domain is read again.
async fn read(session: &Session, wish: &Create, names: &Names) -> Result<Inventory> {
    let piped = inventory::piped(session)?.get(&names.name).and_then(|piped| piped.scheme.clone());
    let expected = wish.scheme().or(piped.as_deref().and_then(Scheme::read)).or(Scheme::of_name(&names.name));
    let of_domain = async |scheme: Option<Scheme>| match (&wish.domain, scheme) {
        (Some(domain), Some(scheme)) => {
            domain::read(session, names, domain, scheme, wish.https).await.map(Some)
        }
        _ => Ok(None),
    };
    let network = both(network::vpc(session), network::security_groups(session));
    let own = both(inventory::own(session, names), of_domain(expected));
    let ((vpc, groups), (balancer, mut domain)) = session.inventory(both(network, own)).await?;
    let scheme = balancer.as_ref().and_then(Balancer::scheme);
    if scheme.is_some() && scheme != expected {
        domain = of_domain(scheme).await?;
    }
    Ok(Inventory { vpc, groups, balancer, domain })
}

/// The load balancer, and side by side what it needs but a certificate: attributes, the listener for HTTP, tags and the alias. Answers
/// it with the change to DNS; none where it is only planned.
async fn ground(
    session: &Session,
    plan: &Plan<'_>,
    inventory: &Inventory,
) -> Result<(Option<Balancer>, Option<String>)> {
    let known: Vec<Balancer> = inventory.balancer.iter().cloned().collect();
    let mut balancer = Box::pin(converge_unique(session, &plan.balancer, &known)).await?;
    let arn = balancer.as_ref().and_then(Balancer::arn);
    let has = balancer.as_ref().map_or_else(BTreeMap::new, |it| it.attributes.clone());
    let attributes = attributes::outstanding(plan.wish, session.identity.is_production(), &has);
    let redirects = plan.wish.https && balancer.as_ref().is_some_and(|it| it.listener(443).is_some());
    let beside = both(
        attributes::set(session, plan.names, arn, &attributes),
        listen(session, plan, balancer.as_ref(), Port::Http, None, redirects),
    );
    let (((), http), change) = both(beside, lead_here(session, plan, balancer.as_ref())).await?;
    put(balancer.as_mut(), http);
    Ok((balancer, change))
}

/// Tags first: by them a later run knows which record is this load balancer's.
async fn lead_here(
    session: &Session,
    plan: &Plan<'_>,
    balancer: Option<&Balancer>,
) -> Result<Option<String>> {
    if let Some(balancer) = balancer {
        ownership::retag(session, plan.names, balancer, &plan.balancer.tags).await?;
    }
    let Some(domain) = plan.domain else {
        return Ok(None);
    };
    let target = balancer.and_then(|it| {
        let dns_name = it.found.dns_name()?;
        Some(record::Target { dns_name, zone: it.found.canonical_hosted_zone_id()? })
    });
    Box::pin(record::put_alias(session, &domain.zone, &domain.host, target, &domain.records)).await
}

async fn certificate(session: &Session, plan: &Plan<'_>) -> Result<Provided> {
    match &plan.certificate {
        Some(wanted) => Box::pin(wanted.provide(session)).await,
        None => Ok(Provided::default()),
    }
}

/// The listener for HTTPS once there is a certificate, and then the redirect to it.
async fn https(
    session: &Session,
    plan: &Plan<'_>,
    mut balancer: Option<Balancer>,
    provided: &Provided,
) -> Result<Option<Balancer>> {
    if plan.certificate.is_none() {
        return Ok(balancer);
    }
    if !provided.is_issued && !session.is_planning() {
        session.progress.line(&format!(
            "the certificate is not issued yet: run `alb create {}` with --https again for the listener 443",
            plan.names.name
        ));
        return Ok(balancer);
    }
    let certificate = provided.arn.as_deref();
    let https = listen(session, plan, balancer.as_ref(), Port::Https, certificate, true).await?;
    put(balancer.as_mut(), https);
    let before = balancer.as_ref().and_then(|it| it.listener(80)).cloned();
    if session.is_planning() && before.is_none() {
        return Ok(balancer);
    }
    let http = listen(session, plan, balancer.as_ref(), Port::Http, None, true).await?;
    put(balancer.as_mut(), http);
    if let Some(before) = before.filter(|it| plan.is_there && !is_redirecting(it)) {
        tell_rules(session, plan, &before).await?;
    }
    Ok(balancer)
}

async fn listen(
    session: &Session,
    plan: &Plan<'_>,
    balancer: Option<&Balancer>,
    port: Port,
    certificate: Option<&str>,
    redirects: bool,
) -> Result<Option<Listener>> {
    let wanted = listener::Wanted {
        names: plan.names,
        port,
        arn: balancer.and_then(Balancer::arn),
        certificate,
        redirects: redirects && port == Port::Http,
        tags: &plan.balancer.tags,
    };
    let known: Vec<Listener> =
        balancer.and_then(|it| it.listener(port.number())).cloned().into_iter().collect();
    Box::pin(converge_unique(session, &wanted, &known)).await
}

fn put(balancer: Option<&mut Balancer>, listener: Option<Listener>) {
    if let (Some(balancer), Some(listener)) = (balancer, listener) {
        balancer.listeners.retain(|it| it.port() != listener.port());
        balancer.listeners.push(listener);
    }
}

/// Rules go before the redirect: those that components made when there was no HTTPS keep answering without it.
async fn tell_rules(session: &Session, plan: &Plan<'_>, http: &Listener) -> Result<()> {
    let rules = listener::rules(session, http.listener_arn().unwrap_or_default()).await?;
    let own = rules.iter().filter(|rule| rule.is_default() != Some(true)).count();
    if own > 0 {
        session.progress.warning(&format!(
            "{own} rules of listener 80 of {} still answer without HTTPS: run `asg create` again for each component to move them",
            plan.names.balancer
        ));
    }
    Ok(())
}
