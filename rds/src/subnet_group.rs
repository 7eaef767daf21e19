//! The subnet group of one database: the database subnets of the VPC.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_rds::types::{DbSubnetGroup, Tag};
use common::call::Call as _;
use common::converge::{Resource, Unique, converge_unique};
use common::fault::{Fault, is_missing};
use common::section::{Subnet, Vpc};
use common::session::Session;
use common::tags::rds_tags;
use common::wait::while_refused;

use crate::names::{COMPONENT, Names};
use crate::ownership::{is_ours, retag, tags_of};

/// How long RDS may not know a subnet that was made a moment ago.
const PROPAGATION: Duration = Duration::from_mins(1);

/// A subnet group with its tags, which its own description leaves out.
#[derive(Debug, Clone)]
pub struct Found {
    pub group: DbSubnetGroup,
    pub tags: Vec<Tag>,
}

impl Found {
    fn subnet_ids(&self) -> Vec<String> {
        self.group.subnets().iter().filter_map(|it| it.subnet_identifier().map(str::to_owned)).collect()
    }
}

/// The group of one database in one VPC.
pub struct SubnetGroup<'a> {
    pub names: &'a Names,
    pub vpc: &'a Vpc,
}

impl SubnetGroup<'_> {
    /// The ids of the database subnets; none in a planned document.
    fn wanted(&self) -> Vec<String> {
        self.vpc.subnets.database.iter().filter_map(|subnet| subnet.id.clone()).collect()
    }

    /// Those AWS has of the group and then those it lacks: subnets that others put there stay.
    fn with_missing(&self, found: &Found) -> Vec<String> {
        let mut ids = found.subnet_ids();
        let missing: Vec<String> = self.wanted().into_iter().filter(|id| !ids.contains(id)).collect();
        ids.extend(missing);
        ids
    }
}

impl fmt::Display for SubnetGroup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "subnet group {}", self.names.identifier)
    }
}

impl Resource for SubnetGroup<'_> {
    type Found = Found;

    fn id(found: &Found) -> String {
        found.group.db_subnet_group_name().unwrap_or_default().to_owned()
    }

    fn amendments(&self, found: &Found) -> Result<Vec<String>> {
        let of = found.group.vpc_id();
        if let (Some(of), Some(wanted)) = (of, self.vpc.id.as_deref())
            && of != wanted
        {
            return Err(Fault::conflict(format!("{self} is of {of}, the vpc is {wanted}"))
                .hint("a database cannot be moved to another VPC in place: delete it with `rds delete` first")
                .into());
        }
        let has = found.subnet_ids();
        Ok(self.wanted().into_iter().filter(|id| !has.contains(id)).map(|id| format!("add {id}")).collect())
    }

    async fn create(&self, session: &Session) -> Result<Found> {
        let tags = rds_tags(&session.identity.tags_of(COMPONENT, &self.names.identifier));
        let what = "RDS to know the subnets";
        let answer = while_refused(session, &["InvalidSubnet"], what, PROPAGATION, async || {
            let call = session.aws.rds().create_db_subnet_group();
            call.db_subnet_group_name(&self.names.identifier)
                .db_subnet_group_description(format!("Database subnets for {}", self.names.identifier))
                .set_subnet_ids(Some(self.wanted()))
                .set_tags(Some(tags.clone()))
                .send()
                .await
                .cannot(format_args!("create the {self}"))
        })
        .await?;
        Ok(Found { group: answer.db_subnet_group.context("RDS named no subnet group")?, tags })
    }

    async fn amend(&self, session: &Session, found: Found) -> Result<Found> {
        let call = session.aws.rds().modify_db_subnet_group().db_subnet_group_name(&self.names.identifier);
        let answer = call
            .set_subnet_ids(Some(self.with_missing(&found)))
            .send()
            .await
            .cannot(format_args!("change the {self}"))?;
        Ok(Found { group: answer.db_subnet_group.unwrap_or(found.group), tags: found.tags })
    }
}

impl Unique for SubnetGroup<'_> {
    const TAKEN: &'static [&'static str] = &["DBSubnetGroupAlreadyExists", "DBSubnetGroupAlreadyExistsFault"];

    async fn look(&self, session: &Session) -> Result<Vec<Found>> {
        let Some(group) = look(session, &self.names.identifier).await? else {
            return Ok(Vec::new());
        };
        let tags = tags_of(session, group.db_subnet_group_arn().unwrap_or_default()).await?;
        Ok(is_ours(&session.identity, &tags).then_some(Found { group, tags }).into_iter().collect())
    }
}

/// The group of this name, whoever made it.
pub async fn look(session: &Session, name: &str) -> Result<Option<DbSubnetGroup>> {
    let answer = session.aws.rds().describe_db_subnet_groups().db_subnet_group_name(name).send().await;
    match answer.cannot(format_args!("look up the subnet group {name}")) {
        Ok(answer) => Ok(answer.db_subnet_groups.and_then(|groups| groups.into_iter().next())),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the group or brings it in line. What was found is ours.
///
/// # Errors
/// A conflict where the name is somebody else's by now or the group is of another VPC; AWS's refusal.
pub async fn converge(session: &Session, group: &SubnetGroup<'_>, found: Option<&Found>) -> Result<()> {
    let known: Vec<Found> = found.cloned().into_iter().collect();
    let Some(converged) = Box::pin(converge_unique(session, group, &known)).await? else {
        return Ok(());
    };
    let arn = converged.group.db_subnet_group_arn();
    retag(session, &group.to_string(), &group.names.identifier, arn, &converged.tags).await
}

/// The AZs of the database subnets.
///
/// # Errors
/// Not found where there are fewer than the two that RDS asks for.
pub fn zones(vpc: &Vpc) -> Result<Vec<String>> {
    let zone = |subnet: &Subnet| subnet.availability_zone.clone();
    let mut zones: Vec<String> = vpc.subnets.database.iter().filter_map(zone).collect();
    zones.sort();
    zones.dedup();
    if zones.len() < 2 {
        return Err(Fault::not_found(format!(
            "a database needs database subnets in two AZs, the vpc has them in {}",
            zones.len()
        ))
        .hint("run `vpc create --azs 2` first")
        .into());
    }
    Ok(zones)
}
