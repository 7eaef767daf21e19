//! Route tables.

use std::fmt;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::converge::Resource;
use common::fault::{is_code, is_missing};
use common::session::Session;
use common::tags::{ec2_filter, ec2_specification};
use common::token;
use common::wait::while_missing;

use crate::living;

/// A route table that is to be there.
pub struct RouteTable<'a> {
    pub name: String,
    pub vpc: Option<&'a str>,
    /// What distinguishes it from one of the same name that was deleted before: the elastic IP that its default route leads to.
    pub purpose: String,
    /// Whether the VPC was made by this run, so that no token can stand for a table that is dead.
    pub is_new: bool,
}

impl fmt::Display for RouteTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "route table {}", self.name)
    }
}

impl RouteTable<'_> {
    async fn create_under(
        &self,
        session: &Session,
        tags: &[(String, String)],
        generation: usize,
    ) -> Result<ec2::RouteTable> {
        let specification = [self.vpc.unwrap_or_default(), &self.purpose, &format!("{tags:?}")];
        let role = format!("route table {}", self.name);
        let token = token::derived(&session.identity, &role, &specification, generation);
        let made = while_missing(session, async || {
            session
                .aws
                .ec2()
                .create_route_table()
                .set_vpc_id(self.vpc.map(str::to_owned))
                .client_token(&token)
                .tag_specifications(ec2_specification(ec2::ResourceType::RouteTable, tags))
                .send()
                .await
                .cannot(format!("create the {self}"))
        })
        .await?;
        made.route_table.context("EC2 answered no route table")
    }
}

impl Resource for RouteTable<'_> {
    type Found = ec2::RouteTable;

    fn id(found: &ec2::RouteTable) -> String {
        found.route_table_id().unwrap_or_default().to_owned()
    }

    async fn create(&self, session: &Session) -> Result<ec2::RouteTable> {
        let tags = session.identity.tags_of("vpc", &self.name);
        living::create(
            0,
            "route table",
            async |generation| self.create_under(session, &tags, generation).await,
            async |made| {
                let id = Self::id(made);
                Ok(self.is_new || living::is_known(async || read(session, &id).await.map(|_| true)).await?)
            },
        )
        .await
    }
}

/// All route tables that fit the filters.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::RouteTable>> {
    session
        .aws
        .ec2()
        .describe_route_tables()
        .set_filters(Some(filters))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the route tables")
}

/// One by its id.
///
/// # Errors
/// AWS's refusal, `InvalidRouteTableID.NotFound` where it is not there.
pub async fn read(session: &Session, id: &str) -> Result<ec2::RouteTable> {
    let answer = session.aws.ec2().describe_route_tables().route_table_ids(id).send().await;
    let mut tables = answer.cannot(format!("look up the route table {id}"))?.route_tables.unwrap_or_default();
    tables.pop().with_context(|| format!("EC2 answered no route table {id}"))
}

/// The tables that a VPC's subnets use: its main one, and those that are associated by name.
///
/// # Errors
/// AWS's refusal.
pub async fn in_use_of(session: &Session, vpc: Option<String>) -> Result<Vec<ec2::RouteTable>> {
    let Some(vpc) = vpc else { return Ok(Vec::new()) };
    let mut tables = list(session, vec![ec2_filter("vpc-id", [vpc])]).await?;
    tables.retain(|table| {
        table.associations().iter().any(|it| it.main() == Some(true) || it.subnet_id().is_some())
    });
    Ok(tables)
}

/// Whether it is its VPC's main table, which goes with the VPC.
pub fn is_main(table: &ec2::RouteTable) -> bool {
    table.associations().iter().any(|association| association.main() == Some(true))
}

/// Deletes it; one that is gone already is as good.
///
/// # Errors
/// AWS's refusal, `DependencyViolation` while a subnet uses it.
pub async fn delete(session: &Session, id: &str, name: &str) -> Result<()> {
    let deleted = session.aws.ec2().delete_route_table().route_table_id(id).send().await;
    match deleted.cannot(format!("delete the route table {name}")) {
        Err(error) if !is_missing(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Makes a subnet fall back to the main table; where it has done so already that is as good.
///
/// # Errors
/// AWS's refusal.
pub async fn disassociate(session: &Session, association: &str) -> Result<()> {
    let call = session.aws.ec2().disassociate_route_table().association_id(association);
    match call.send().await.cannot("disassociate a route table") {
        Err(error) if !is_missing(&error) && !is_code(&error, &["InvalidAssociationID.NotFound"]) => {
            Err(error)
        }
        _ => Ok(()),
    }
}
