//! Subnets. No token protects `CreateSubnet`, but AWS refuses the same addresses twice in one VPC.

use std::fmt;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types::{self as ec2, AttributeBooleanValue};
use common::call::{Call as _, all};
use common::converge::{Resource, Unique};
use common::fault::is_missing;
use common::session::Session;
use common::tags::{ec2_filter, ec2_name, ec2_own, ec2_specification};
use common::wait::while_missing;

use crate::plan::Place;
use crate::tier::Tier;

/// A subnet that is to be there.
pub struct Subnet<'a> {
    pub name: String,
    pub place: &'a Place,
    pub vpc: Option<&'a str>,
}

impl fmt::Display for Subnet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "subnet {}", self.name)
    }
}

impl Resource for Subnet<'_> {
    type Found = ec2::Subnet;

    fn id(found: &ec2::Subnet) -> String {
        found.subnet_id().unwrap_or_default().to_owned()
    }

    async fn create(&self, session: &Session) -> Result<ec2::Subnet> {
        let tags = session.identity.tags_of("vpc", &self.name);
        let made = while_missing(session, async || {
            session
                .aws
                .ec2()
                .create_subnet()
                .set_vpc_id(self.vpc.map(str::to_owned))
                .cidr_block(self.place.cidr.to_string())
                .availability_zone(&self.place.zone)
                .tag_specifications(ec2_specification(ec2::ResourceType::Subnet, &tags))
                .send()
                .await
                .cannot(format!("create the {self}"))
        })
        .await?;
        made.subnet.context("EC2 answered no subnet")
    }
}

impl Unique for Subnet<'_> {
    const TAKEN: &'static [&'static str] = &["InvalidSubnet.Conflict"];

    async fn look(&self, session: &Session) -> Result<Vec<ec2::Subnet>> {
        let mut filters = ec2_own(&session.identity);
        filters.push(ec2_filter("vpc-id", self.vpc));
        filters.push(ec2_filter("tag:Name", [self.name.as_str()]));
        list(session, filters).await
    }
}

/// All subnets that fit the filters.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::Subnet>> {
    session
        .aws
        .ec2()
        .describe_subnets()
        .set_filters(Some(filters))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the subnets")
}

/// The tier that its name says, or none where it is no name of ours.
pub fn tier_of(session: &Session, subnet: &ec2::Subnet) -> Option<Tier> {
    let zone = subnet.availability_zone()?;
    Tier::ALL
        .into_iter()
        .find(|tier| ec2_name(subnet.tags()) == session.identity.name(&format!("{tier}-{zone}")))
}

/// Gives instances in these subnets a public address at launch.
///
/// # Errors
/// AWS's refusal.
pub async fn map_public_addresses(session: &Session, subnets: &[(String, Option<String>)]) -> Result<()> {
    all(subnets.iter().map(|(name, id)| {
        let call = async move || {
            session
                .aws
                .ec2()
                .modify_subnet_attribute()
                .set_subnet_id(id.clone())
                .map_public_ip_on_launch(AttributeBooleanValue::builder().value(true).build())
                .send()
                .await
                .cannot(format!("map public addresses in the subnet {name}"))
        };
        session.change(format!("subnet {name}: map public addresses at launch"), while_missing(session, call))
    }))
    .await
    .map(|_| ())
}

/// Deletes it; one that is gone already is as good.
///
/// # Errors
/// AWS's refusal, `DependencyViolation` while a network interface is in it.
pub async fn delete(session: &Session, id: &str, name: &str) -> Result<()> {
    let deleted = session.aws.ec2().delete_subnet().subnet_id(id).send().await;
    match deleted.cannot(format!("delete the subnet {name}")) {
        Err(error) if !is_missing(&error) => Err(error),
        _ => Ok(()),
    }
}
