//! What there is, read in one round trip once the account is known.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_rds::types::DbInstance;
use common::call::both;
use common::network;
use common::section::{Named, SecurityGroup, Vpc};
use common::session::Session;

use crate::names::{Names, arn};
use crate::secret::{self, Secret};
use crate::{instance, ownership, parameter_group, subnet_group};

/// What of one database there is.
pub struct Found {
    pub instance: Option<DbInstance>,
    pub subnet_group: Option<subnet_group::Found>,
    pub parameter_group: Option<parameter_group::Found>,
    pub secret: Option<Secret>,
}

/// The same, with what a database is made on.
pub struct Inventory {
    pub vpc: Vpc,
    pub groups: Named<SecurityGroup>,
    pub found: Found,
    /// The versions AWS offers, where they were asked for.
    pub versions: Option<Vec<String>>,
}

/// Learns the account where it is not known, because the ARNs by which RDS tells tags are made from it.
pub async fn account(session: &Session) -> Result<()> {
    session.inventory(async { Ok(()) }).await
}

/// Everything `create` decides on.
pub async fn read(
    session: &Session,
    names: &Names,
    versions: impl Future<Output = Result<Option<Vec<String>>>>,
) -> Result<Inventory> {
    account(session).await?;
    let network = both(network::vpc(session), network::security_groups(session));
    let read = both(network, both(found(session, names), versions));
    let ((vpc, groups), (found, versions)) = session.inventory(read).await?;
    Ok(Inventory { vpc, groups, found, versions })
}

/// Everything of one database, whoever made it. The account is known.
pub async fn found(session: &Session, names: &Names) -> Result<Found> {
    let name = &names.identifier;
    let of_database = both(instance::look(session, name), secret::look(session, names));
    let of_groups = both(subnet_group(session, name), parameter_group(session, name));
    let ((instance, secret), (subnet_group, parameter_group)) = both(of_database, of_groups).await?;
    Ok(Found { instance, subnet_group, parameter_group, secret })
}

async fn subnet_group(session: &Session, name: &str) -> Result<Option<subnet_group::Found>> {
    let arn = arn(session.aws.region(), session.account()?, "subgrp", name);
    let (group, tags) = both(subnet_group::look(session, name), ownership::tags_of(session, &arn)).await?;
    Ok(group.map(|group| subnet_group::Found { group, tags }))
}

async fn parameter_group(session: &Session, name: &str) -> Result<Option<parameter_group::Found>> {
    let arn = arn(session.aws.region(), session.account()?, "pg", name);
    let look = both(parameter_group::look(session, name), parameter_group::set(session, name));
    let ((group, set), tags): ((_, BTreeMap<_, _>), _) =
        both(look, ownership::tags_of(session, &arn)).await?;
    Ok(group.map(|group| parameter_group::Found { group, tags, set }))
}
