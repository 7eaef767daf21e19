//! What is there: the VPC and the groups with their rules, in one round trip.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, both};
use common::session::Session;
use common::tags::{ec2_own, ec2_value};
use sg::rules::Rule;

use crate::permission::{self, Mark};
use crate::tags::{COMPONENT, OWN_TABLE};

/// What a verb decides from.
pub struct Inventory {
    /// Absent only in a plan, where the VPC is planned too.
    pub vpc_id: Option<String>,
    /// Ours in that VPC.
    pub groups: Vec<Group>,
    /// Ours in another VPC, such as one that lost its tags.
    pub elsewhere: Vec<Group>,
}

/// A security group of this environment.
#[derive(Debug, Clone)]
pub struct Group {
    pub id: String,
    /// `expense-dev-mysql`.
    pub name: String,
    /// `mysql`.
    pub role: String,
    pub vpc_id: String,
    /// The account it is in.
    pub account: String,
    pub tags: Vec<ec2::Tag>,
    pub ingress: Vec<ec2::IpPermission>,
    pub egress: Vec<ec2::IpPermission>,
}

/// The roles of our groups by their ids, to read rules in AWS by.
pub type RolesById = BTreeMap<String, String>;

impl Inventory {
    pub fn group(&self, role: &str) -> Option<&Group> {
        self.groups.iter().find(|group| group.role == role)
    }

    /// Whether a file of the person's own made them, rather than the default table.
    pub fn is_of_own_table(&self) -> bool {
        self.groups.iter().any(|group| ec2_value(&group.tags, OWN_TABLE.0) == Some(OWN_TABLE.1))
    }

    pub fn by_id(&self) -> RolesById {
        by_id(&self.groups)
    }
}

impl Group {
    /// From AWS's answer, where it is one of this environment's groups by its name.
    pub fn read(session: &Session, group: &ec2::SecurityGroup) -> Option<Self> {
        let name = group.group_name()?;
        let prefix = session.identity.base() + "-";
        // Another command may make groups for a moment, under its own component: not ours to change.
        let is_ours = ec2_value(group.tags(), "Component").is_none_or(|component| component == COMPONENT);
        Some(Self {
            id: group.group_id()?.to_owned(),
            name: name.to_owned(),
            role: name.strip_prefix(&prefix).filter(|_| is_ours)?.to_owned(),
            vpc_id: group.vpc_id().unwrap_or_default().to_owned(),
            account: group.owner_id().unwrap_or_default().to_owned(),
            tags: group.tags().to_vec(),
            ingress: group.ip_permissions().to_vec(),
            egress: group.ip_permissions_egress().to_vec(),
        })
    }

    /// The rules in.
    pub fn rules(&self, by_id: &RolesById) -> BTreeMap<Rule, Mark> {
        permission::rules_in(&self.ingress, &self.account, by_id)
    }
}

/// The roles of these groups by their ids.
pub fn by_id<'a>(groups: impl IntoIterator<Item = &'a Group>) -> RolesById {
    groups.into_iter().map(|group| (group.id.clone(), group.role.clone())).collect()
}

/// The VPC, from the document or else from AWS, and the groups.
///
/// # Errors
/// Not found where there is no VPC; AWS's refusal.
pub async fn read(session: &Session) -> Result<Inventory> {
    let (vpc, groups) = both(common::network::vpc(session), own(session)).await?;
    if vpc.id.is_none() && !session.is_planning() {
        return Err(common::fault::Fault::document("the document's vpc has no id")
            .hint("run `vpc show`, or leave vpc out to have it looked up")
            .into());
    }
    let is_here = |group: &Group| vpc.id.as_deref() == Some(group.vpc_id.as_str());
    let (groups, elsewhere) = groups.into_iter().partition(is_here);
    Ok(Inventory { vpc_id: vpc.id, groups, elsewhere })
}

/// All groups that carry our tags, in whichever VPC, by name.
///
/// # Errors
/// AWS's refusal.
pub async fn own(session: &Session) -> Result<Vec<Group>> {
    let found = session
        .aws
        .ec2()
        .describe_security_groups()
        .set_filters(Some(ec2_own(&session.identity)))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the security groups")?;
    let mut groups: Vec<Group> = found.iter().filter_map(|group| Group::read(session, group)).collect();
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(groups)
}
