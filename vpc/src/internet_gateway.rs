//! The internet gateway. `CreateInternetGateway` is protected by no token and no name; a VPC takes one.

use std::fmt;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::converge::{Resource, Unprotected};
use common::fault::{Fault, is_code, is_missing};
use common::session::Session;
use common::tags::{ec2_filter, ec2_name, ec2_own, ec2_specification};
use common::wait::while_missing;

/// The internet gateway that is to be there.
pub struct Gateway {
    pub name: String,
}

impl fmt::Display for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "internet gateway {}", self.name)
    }
}

impl Resource for Gateway {
    type Found = ec2::InternetGateway;

    fn id(found: &ec2::InternetGateway) -> String {
        found.internet_gateway_id().unwrap_or_default().to_owned()
    }

    async fn create(&self, session: &Session) -> Result<ec2::InternetGateway> {
        let tags = session.identity.tags_of("vpc", &self.name);
        let made = session
            .aws
            .ec2_once()
            .create_internet_gateway()
            .tag_specifications(ec2_specification(ec2::ResourceType::InternetGateway, &tags))
            .send()
            .await
            .cannot(format!("create the {self}"))?;
        made.internet_gateway.context("EC2 answered no internet gateway")
    }
}

impl Unprotected for Gateway {
    async fn look(&self, session: &Session) -> Result<Vec<ec2::InternetGateway>> {
        let mut filters = ec2_own(&session.identity);
        filters.push(ec2_filter("tag:Name", [self.name.as_str()]));
        list(session, filters).await
    }

    fn is_in_use(found: &ec2::InternetGateway) -> bool {
        attached_to(found).is_some()
    }

    async fn discard(&self, session: &Session, found: &ec2::InternetGateway) -> Result<()> {
        delete(session, &Self::id(found)).await
    }
}

/// All internet gateways that fit the filters.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::InternetGateway>> {
    session
        .aws
        .ec2()
        .describe_internet_gateways()
        .set_filters(Some(filters))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the internet gateway")
}

/// The VPC it is attached to.
pub fn attached_to(gateway: &ec2::InternetGateway) -> Option<&str> {
    gateway.attachments().first()?.vpc_id()
}

/// Attaches it to the VPC, and answers the id of the one that is attached then: another run's where that was first, and ours is gone.
///
/// # Errors
/// A conflict where it is attached elsewhere, or the VPC has one that is not ours; AWS's refusal.
pub async fn attach(
    session: &Session,
    resource: &Gateway,
    found: Option<&ec2::InternetGateway>,
    vpc: Option<&str>,
) -> Result<Option<String>> {
    let id = found.map(Gateway::id);
    match found.and_then(attached_to) {
        Some(there) if Some(there) == vpc => return Ok(id),
        Some(there) => {
            return Err(Fault::conflict(format!("{resource} is attached to {there}"))
                .hint("detach it there, or run `vpc delete` first")
                .into());
        }
        None => {}
    }
    let what = format!("{resource}: attach to {}", vpc.unwrap_or("the VPC"));
    let attached = session.change(what, async {
        let call = async || {
            let call = session.aws.ec2().attach_internet_gateway().set_internet_gateway_id(id.clone());
            call.set_vpc_id(vpc.map(str::to_owned)).send().await.cannot(format!("attach the {resource}"))
        };
        match while_missing(session, call).await {
            Ok(_) => Ok(id.clone()),
            Err(error) if is_code(&error, &["Resource.AlreadyAssociated"]) => {
                adopt(session, resource, id.clone(), vpc, error).await.map(Some)
            }
            Err(error) => Err(error),
        }
    });
    Ok(attached.await?.flatten().or(id))
}

/// Attached already: by a call whose answer was lost, or by another run with another gateway.
async fn adopt(
    session: &Session,
    resource: &Gateway,
    own: Option<String>,
    vpc: Option<&str>,
    refused: anyhow::Error,
) -> Result<String> {
    let attached = list(session, vec![ec2_filter("attachment.vpc-id", vpc)]).await?;
    let Some(there) = attached.first() else { return Err(refused) };
    let id = Gateway::id(there);
    if Some(&id) == own.as_ref() {
        return Ok(id);
    }
    let ours = session.identity.own_tags();
    let is_ours = ours.iter().all(|(key, value)| common::tags::ec2_value(there.tags(), key) == Some(*value));
    if !is_ours || ec2_name(there.tags()) != resource.name {
        let conflict = Fault::conflict(format!("the VPC has an internet gateway {id} that is not ours"));
        return Err(refused.context(conflict.hint("detach it, then run the same command again")));
    }
    if let Some(own) = own {
        delete(session, &own).await?;
    }
    Ok(id)
}

/// Detaches it; one that is not attached any more is as good.
///
/// # Errors
/// AWS's refusal, `DependencyViolation` while a public address is mapped in the VPC.
pub async fn detach(session: &Session, id: &str, vpc: &str) -> Result<()> {
    let call = session.aws.ec2().detach_internet_gateway().internet_gateway_id(id).vpc_id(vpc);
    match call.send().await.cannot(format!("detach the internet gateway {id}")) {
        Err(error) if !is_missing(&error) && !is_code(&error, &["Gateway.NotAttached"]) => Err(error),
        _ => Ok(()),
    }
}

/// Deletes it; one that is gone already is as good.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, id: &str) -> Result<()> {
    let deleted = session.aws.ec2().delete_internet_gateway().internet_gateway_id(id).send().await;
    match deleted.cannot(format!("delete the internet gateway {id}")) {
        Err(error) if !is_missing(&error) => Err(error),
        _ => Ok(()),
    }
}
