//! The security group of a builder: one of its own, which lets in the bastion alone and goes with it.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, all};
use common::converge::{Resource, Unique, converge_unique};
use common::fault::{is_code, is_missing};
use common::session::Session;
use common::tags::{ec2_specification, ec2_tags};
use common::wait::{while_missing, while_refused};

use crate::inventory::groups;
use crate::marks::{of_making, of_run};
use crate::names::Names;

/// How long the network interface of a terminated builder may still hold it.
const HELD: Duration = Duration::from_mins(10);

/// Who may reach the builder on port 22.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admitted {
    /// The members of a security group.
    Group(String),
    Addresses(String),
}

/// The group that is to be.
pub struct Wanted<'a> {
    pub names: &'a Names,
    pub vpc: String,
    pub admitted: Admitted,
    /// The run that makes it.
    pub owner: &'a str,
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "security group {}", self.names.builder)
    }
}

impl Resource for Wanted<'_> {
    type Found = ec2::SecurityGroup;

    fn id(found: &ec2::SecurityGroup) -> String {
        found.group_id().unwrap_or_default().to_owned()
    }

    async fn create(&self, session: &Session) -> Result<ec2::SecurityGroup> {
        let mut tags = of_making(&session.identity, self.names);
        tags.extend(of_run(self.owner));
        let made = while_missing(session, async || {
            let call = session.aws.ec2().create_security_group().group_name(&self.names.builder);
            call.description(format!("builder of {}, made by stackpipe", self.names.full))
                .vpc_id(&self.vpc)
                .tag_specifications(ec2_specification(ec2::ResourceType::SecurityGroup, &tags))
                .send()
                .await
                .cannot(format!("create the {self}"))
        })
        .await?;
        let id = made.group_id.context("EC2 named no security group")?;
        Ok(ec2::SecurityGroup::builder()
            .group_id(id)
            .vpc_id(&self.vpc)
            .set_tags(Some(ec2_tags(&tags)))
            .build())
    }
}

impl Unique for Wanted<'_> {
    const TAKEN: &'static [&'static str] = &["InvalidGroup.Duplicate"];

    async fn look(&self, session: &Session) -> Result<Vec<ec2::SecurityGroup>> {
        groups(session, Some(self.names)).await
    }
}

impl Wanted<'_> {
    /// Makes it, or takes the one that is there, and lets in who is to be let in. Answers its id.
    ///
    /// # Errors
    /// A conflict where the name is taken by a group that is not ours; AWS's refusal.
    pub async fn provide(&self, session: &Session, found: &[ec2::SecurityGroup]) -> Result<String> {
        let here: Vec<ec2::SecurityGroup> =
            found.iter().filter(|it| it.vpc_id() == Some(&self.vpc)).cloned().collect();
        let group =
            Box::pin(converge_unique(session, self, &here)).await?.context("the group is only planned")?;
        let id = Self::id(&group);
        if !self.is_admitted(&group) {
            while_missing(session, async || self.admit(session, &id).await).await?;
        }
        Ok(id)
    }

    fn is_admitted(&self, group: &ec2::SecurityGroup) -> bool {
        group.ip_permissions().iter().any(|it| {
            it.from_port() == Some(22)
                && match &self.admitted {
                    Admitted::Group(id) => {
                        it.user_id_group_pairs().iter().any(|pair| pair.group_id() == Some(id))
                    }
                    Admitted::Addresses(cidr) => it.ip_ranges().iter().any(|it| it.cidr_ip() == Some(cidr)),
                }
        })
    }

    async fn admit(&self, session: &Session, id: &str) -> Result<()> {
        let permission = ec2::IpPermission::builder().ip_protocol("tcp").from_port(22).to_port(22);
        let permission = match &self.admitted {
            Admitted::Group(group) => {
                permission.user_id_group_pairs(ec2::UserIdGroupPair::builder().group_id(group).build())
            }
            Admitted::Addresses(cidr) => permission.ip_ranges(ec2::IpRange::builder().cidr_ip(cidr).build()),
        };
        let call = session.aws.ec2().authorize_security_group_ingress().group_id(id);
        let answer = call.ip_permissions(permission.build()).send().await;
        match answer.cannot(format!("let SSH into the {self}")) {
            Err(error) if is_code(&error, &["InvalidPermission.Duplicate"]) => Ok(()),
            other => other.map(|_| ()),
        }
    }
}

/// Deletes groups, as soon as the network interfaces of their builders are gone.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn delete(session: &Session, found: &[ec2::SecurityGroup]) -> Result<()> {
    all(found.iter().map(async |group| {
        let (id, name) =
            (group.group_id().unwrap_or_default(), group.group_name().unwrap_or("of the builder"));
        let what = format!("security group {name} ({id})");
        let codes = ["DependencyViolation", "InvalidGroup.InUse"];
        let waiting = format!("the {what} to be free");
        let call = Box::pin(while_refused(session, &codes, &waiting, HELD, async || {
            let call = session.aws.ec2().delete_security_group().group_id(id);
            match call.send().await.cannot(format!("delete the {what}")) {
                Err(error) if is_missing(&error) => Ok(()),
                other => other.map(|_| ()),
            }
        }));
        session.delete(&what, call).await.map(|_| ())
    }))
    .await
    .map(|_| ())
}
