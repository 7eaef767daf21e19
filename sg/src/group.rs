//! A security group: made tagged, found by its tags, kept unique in its VPC by AWS.

use std::fmt;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::converge::{Resource, Unique};
use common::session::Session;
use common::tags::{ec2_filter, ec2_own, ec2_specification, ec2_tags};
use common::wait::while_missing;

use crate::inventory::Group;

/// The group that there is to be.
pub struct Wanted {
    pub role: String,
    /// `expense-dev-mysql`.
    pub name: String,
    /// Absent only in a plan.
    pub vpc_id: Option<String>,
    pub tags: Vec<(String, String)>,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "security group {}", self.name)
    }
}

impl Resource for Wanted {
    type Found = Group;

    fn id(found: &Group) -> String {
        found.id.clone()
    }

    async fn create(&self, session: &Session) -> Result<Group> {
        // The VPC may have been made a moment ago by the command before this one in the pipe.
        let made = while_missing(session, async || {
            session
                .aws
                .ec2()
                .create_security_group()
                .group_name(&self.name)
                .description(format!("{} of {}, made by stackpipe", self.role, session.identity.base()))
                .set_vpc_id(self.vpc_id.clone())
                .tag_specifications(ec2_specification(ec2::ResourceType::SecurityGroup, &self.tags))
                .send()
                .await
                .cannot(format!("create the {self}"))
        })
        .await?;
        Ok(Group {
            id: made.group_id.context("AWS named no id for the security group")?,
            name: self.name.clone(),
            role: self.role.clone(),
            vpc_id: self.vpc_id.clone().unwrap_or_default(),
            account: session.account()?.to_owned(),
            tags: ec2_tags(&self.tags),
            ingress: Vec::new(),
            egress: vec![crate::egress::to_anywhere()],
        })
    }
}

impl Unique for Wanted {
    const TAKEN: &'static [&'static str] = &["InvalidGroup.Duplicate"];

    async fn look(&self, session: &Session) -> Result<Vec<Group>> {
        let mut filters = ec2_own(&session.identity);
        filters.push(ec2_filter("group-name", [self.name.as_str()]));
        filters.extend(self.vpc_id.as_ref().map(|id| ec2_filter("vpc-id", [id.as_str()])));
        let found = session
            .aws
            .ec2()
            .describe_security_groups()
            .set_filters(Some(filters))
            .send()
            .await
            .cannot(format!("look up the {self}"))?;
        Ok(found.security_groups().iter().filter_map(|group| Group::read(session, group)).collect())
    }
}

/// The group as it is now, by its id.
///
/// # Errors
/// AWS's refusal.
pub async fn again(session: &Session, group: &Group) -> Result<Group> {
    let found = while_missing(session, async || {
        session
            .aws
            .ec2()
            .describe_security_groups()
            .group_ids(&group.id)
            .send()
            .await
            .cannot(format!("look up the security group {}", group.name))
    })
    .await?;
    let group = found.security_groups().first().and_then(|found| Group::read(session, found));
    group.context("AWS answered no security group for its id")
}
