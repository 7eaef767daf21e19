//! What there is of load balancers.
//!
//! ELB has no filter for tags: a load balancer is found by its unique name, and its tags, listeners and attributes by the ARN that is
//! known then, which is a second round trip. Where the document carries the ARN it is one: both are asked for at once, and what was
//! told by ARN counts only where the name leads to the same ARN.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_elasticloadbalancingv2::types::{Listener, LoadBalancer, Tag};
use common::call::{self, Call as _, both};
use common::fault::is_missing;
use common::identity::Identity;
use common::section::{LoadBalancer as Section, Named};
use common::session::Session;

use crate::names::{Names, Scheme, prefix};
use crate::ownership::{DOMAIN, is_ours, not_ours, value};
use crate::section::SECTION;

/// A load balancer and what belongs to it.
#[derive(Debug, Clone)]
pub struct Balancer {
    pub found: LoadBalancer,
    pub tags: Vec<Tag>,
    pub listeners: Vec<Listener>,
    pub attributes: BTreeMap<String, String>,
}

impl Balancer {
    pub fn arn(&self) -> Option<&str> {
        self.found.load_balancer_arn()
    }

    pub fn scheme(&self) -> Option<Scheme> {
        Scheme::read(self.found.scheme()?.as_str())
    }

    pub fn domain(&self) -> Option<&str> {
        value(&self.tags, DOMAIN)
    }

    pub fn is_ours(&self, identity: &Identity) -> bool {
        is_ours(identity, &self.tags)
    }

    /// The listener of a port.
    pub fn listener(&self, port: i32) -> Option<&Listener> {
        self.listeners.iter().find(|listener| listener.port() == Some(port))
    }
}

/// What is told by ARN.
struct Details {
    tags: Vec<Tag>,
    listeners: Vec<Listener>,
    attributes: BTreeMap<String, String>,
}

impl Details {
    fn of(self, found: LoadBalancer) -> Balancer {
        Balancer { found, tags: self.tags, listeners: self.listeners, attributes: self.attributes }
    }
}

/// What the document says of the load balancers.
///
/// # Errors
/// A document fault where the section is not well formed.
pub fn piped(session: &Session) -> Result<Named<Section>> {
    Ok(session.section::<Named<Section>>(SECTION)?.unwrap_or_default())
}

/// The load balancer of this name, whoever made it.
///
/// # Errors
/// AWS's refusal.
pub async fn look(session: &Session, names: &Names) -> Result<Option<LoadBalancer>> {
    let call = session.aws.elasticloadbalancingv2().describe_load_balancers().names(&names.balancer);
    match call.send().await.cannot(format_args!("look up the {names}")) {
        Ok(answer) => Ok(answer.load_balancers.and_then(|found| found.into_iter().next())),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The same with all that belongs to it. `arn` is where the document says that it is.
///
/// # Errors
/// AWS's refusal.
pub async fn one(session: &Session, names: &Names, arn: Option<&str>) -> Result<Option<Balancer>> {
    let by_arn = async {
        match arn {
            Some(arn) => details(session, arn).await,
            None => Ok(None),
        }
    };
    let (found, by_arn) = both(look(session, names), by_arn).await?;
    let Some(found) = found else {
        return Ok(None);
    };
    let known = by_arn.filter(|_| found.load_balancer_arn() == arn);
    let told = match (known, found.load_balancer_arn()) {
        (Some(known), _) => Some(known),
        (None, Some(arn)) => details(session, arn).await?,
        (None, None) => None,
    };
    Ok(told.map(|told| told.of(found)))
}

/// One of ours by its name.
///
/// # Errors
/// A conflict where the name is somebody else's; AWS's refusal.
pub async fn own(session: &Session, names: &Names) -> Result<Option<Balancer>> {
    let arn = piped(session)?.get(&names.name).and_then(|piped| piped.arn.clone());
    let found = one(session, names, arn.as_deref()).await?;
    if found.as_ref().is_some_and(|found| !found.is_ours(&session.identity)) {
        return Err(not_ours(names).into());
    }
    Ok(found)
}

/// One of ours where a name is given, or else all of them.
///
/// # Errors
/// As [`own`].
pub async fn chosen(session: &Session, name: Option<&str>) -> Result<Vec<(Names, Balancer)>> {
    let Some(name) = name else {
        return all(session).await;
    };
    let names = Names::new(&session.identity, name);
    Ok(own(session, &names).await?.map(|found| (names, found)).into_iter().collect())
}

/// All load balancers of this environment.
async fn all(session: &Session) -> Result<Vec<(Names, Balancer)>> {
    let begin = prefix(&session.identity);
    let call = session.aws.elasticloadbalancingv2().describe_load_balancers();
    let found =
        call.into_paginator().items().send().try_collect().await.cannot("look up the load balancers")?;
    let named =
        found.into_iter().filter(|it| it.load_balancer_name().is_some_and(|name| name.starts_with(&begin)));
    let told = named.map(async |found| match found.load_balancer_arn() {
        Some(arn) => Ok(details(session, arn).await?.map(|told| told.of(found))),
        None => Ok(None),
    });
    let told = call::all(told).await?;
    let mut own: Vec<(Names, Balancer)> =
        told.into_iter().flatten().filter_map(|it| Some((of(session, &it)?, it))).collect();
    own.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(own)
}

/// Its names, where it is one of ours.
fn of(session: &Session, balancer: &Balancer) -> Option<Names> {
    let names = Names::of_tag(&session.identity, value(&balancer.tags, "Name")?)?;
    let is_named = balancer.found.load_balancer_name() == Some(&names.balancer);
    (is_named && balancer.is_ours(&session.identity)).then_some(names)
}

/// None where there is no load balancer of this ARN.
async fn details(session: &Session, arn: &str) -> Result<Option<Details>> {
    let told = both(tags(session, arn), both(listeners(session, arn), attributes(session, arn)));
    match told.await {
        Ok((tags, (listeners, attributes))) => Ok(Some(Details { tags, listeners, attributes })),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether all that failed did so because the load balancer is not there.
fn is_gone(error: &anyhow::Error) -> bool {
    match error.downcast_ref::<common::fault::Several>() {
        Some(several) => several.0.iter().all(is_gone),
        None => is_missing(error),
    }
}

async fn tags(session: &Session, arn: &str) -> Result<Vec<Tag>> {
    let answer = session.aws.elasticloadbalancingv2().describe_tags().resource_arns(arn).send().await;
    let described =
        answer.cannot(format_args!("read the tags of {arn}"))?.tag_descriptions.unwrap_or_default();
    Ok(described.into_iter().flat_map(|it| it.tags.unwrap_or_default()).collect())
}

/// The listeners of a load balancer.
///
/// # Errors
/// AWS's refusal.
pub async fn listeners(session: &Session, arn: &str) -> Result<Vec<Listener>> {
    let call = session.aws.elasticloadbalancingv2().describe_listeners().load_balancer_arn(arn);
    let pages = call.into_paginator().items().send().try_collect().await;
    pages.cannot(format_args!("look up the listeners of {arn}"))
}

async fn attributes(session: &Session, arn: &str) -> Result<BTreeMap<String, String>> {
    let call =
        session.aws.elasticloadbalancingv2().describe_load_balancer_attributes().load_balancer_arn(arn);
    let answer = call.send().await.cannot(format_args!("read the attributes of {arn}"))?;
    let attributes = answer.attributes.unwrap_or_default();
    Ok(attributes.into_iter().filter_map(|it| Some((it.key?, it.value.unwrap_or_default()))).collect())
}
