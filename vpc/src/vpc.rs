//! The VPC itself. `CreateVpc` is protected by no token and no name: see `common::converge`.

use std::fmt;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, both};
use common::converge::{Resource, Unprotected};
use common::fault::is_missing;
use common::session::Session;
use common::tags::{ec2_name, ec2_own, ec2_specification, ec2_tags};
use ipnet::Ipv4Net;

use crate::wish::{TAG, Wish};
use crate::{internet_gateway, subnet};

/// The VPC that is to be there.
pub struct Vpc {
    pub name: String,
    pub cidr: Ipv4Net,
    pub wish: Wish,
}

/// One that is there.
#[derive(Debug, Clone)]
pub struct FoundVpc {
    pub id: String,
    pub cidr: Option<Ipv4Net>,
    pub wish: Option<Wish>,
    pub tags: Vec<ec2::Tag>,
    /// Whether a subnet or an internet gateway of ours is in it.
    pub in_use: bool,
}

impl FoundVpc {
    pub fn new(vpc: ec2::Vpc, subnets: &[ec2::Subnet], gateways: &[ec2::InternetGateway]) -> Self {
        let id = vpc.vpc_id.unwrap_or_default();
        let in_use = subnets.iter().any(|subnet| subnet.vpc_id() == Some(&id))
            || gateways.iter().any(|gateway| internet_gateway::attached_to(gateway) == Some(&id));
        let tags = vpc.tags.unwrap_or_default();
        Self {
            cidr: vpc.cidr_block.and_then(|cidr| cidr.parse().ok()),
            wish: Wish::from_tags(&tags),
            id,
            tags,
            in_use,
        }
    }
}

impl fmt::Display for Vpc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VPC {}", self.name)
    }
}

impl Vpc {
    fn tags(&self, session: &Session) -> Vec<(String, String)> {
        let mut tags = session.identity.tags_of("vpc", &self.name);
        tags.retain(|(key, _)| key != TAG);
        tags.push((TAG.to_owned(), self.wish.to_string()));
        tags
    }
}

impl Resource for Vpc {
    type Found = FoundVpc;

    fn id(found: &FoundVpc) -> String {
        found.id.clone()
    }

    fn amendments(&self, found: &FoundVpc) -> Result<Vec<String>> {
        let is_known = found.wish == Some(self.wish);
        Ok(if is_known { Vec::new() } else { vec![format!("note what is wanted: {}", self.wish)] })
    }

    async fn create(&self, session: &Session) -> Result<FoundVpc> {
        let made = session
            .aws
            .ec2_once()
            .create_vpc()
            .cidr_block(self.cidr.to_string())
            .tag_specifications(ec2_specification(ec2::ResourceType::Vpc, &self.tags(session)))
            .send()
            .await
            .cannot(format!("create the {self}"))?;
        Ok(FoundVpc::new(made.vpc.context("EC2 answered no VPC")?, &[], &[]))
    }

    async fn amend(&self, session: &Session, found: FoundVpc) -> Result<FoundVpc> {
        let tag = (TAG.to_owned(), self.wish.to_string());
        session
            .aws
            .ec2()
            .create_tags()
            .resources(&found.id)
            .set_tags(Some(ec2_tags(&[tag])))
            .send()
            .await
            .cannot(format!("tag the {self}"))?;
        Ok(FoundVpc { wish: Some(self.wish), ..found })
    }
}

impl Unprotected for Vpc {
    async fn look(&self, session: &Session) -> Result<Vec<FoundVpc>> {
        let own = || ec2_own(&session.identity);
        let (vpcs, (subnets, gateways)) = both(
            list(session, own()),
            both(subnet::list(session, own()), internet_gateway::list(session, own())),
        )
        .await?;
        Ok(vpcs
            .into_iter()
            .filter(|vpc| ec2_name(vpc.tags()) == self.name)
            .map(|vpc| FoundVpc::new(vpc, &subnets, &gateways))
            .collect())
    }

    fn is_in_use(found: &FoundVpc) -> bool {
        found.in_use
    }

    async fn discard(&self, session: &Session, found: &FoundVpc) -> Result<()> {
        delete(session, &found.id).await
    }
}

/// All VPCs that fit the filters.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::Vpc>> {
    session
        .aws
        .ec2()
        .describe_vpcs()
        .set_filters(Some(filters))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the VPC")
}

/// Deletes it; one that is gone already is as good.
///
/// # Errors
/// AWS's refusal, `DependencyViolation` while anything is left in it.
pub async fn delete(session: &Session, id: &str) -> Result<()> {
    let deleted = session.aws.ec2().delete_vpc().vpc_id(id).send().await;
    match deleted.cannot(format!("delete the VPC {id}")) {
        Err(error) if !is_missing(&error) => Err(error),
        _ => Ok(()),
    }
}
