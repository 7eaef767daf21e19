//! Which database is meant where none is named: the one there is.

use std::collections::BTreeSet;

use anyhow::Result;
use common::call::{Call as _, all, both};
use common::fault::Fault;
use common::section::{Database, Named};
use common::session::Session;

use super::is_there;
use crate::inventory::{self, Found};
use crate::names::Names;
use crate::{instance, section};

/// What is made where nothing else is said.
const DEFAULT: &str = "mysql";

/// The database to delete, with what there is of it.
///
/// # Errors
/// A usage fault where there are several and none is named; AWS's refusal.
pub async fn choose(session: &Session, name: Option<&str>) -> Result<(Names, Found)> {
    if let Some(name) = name {
        return named(session, name).await;
    }
    let mut there = remnants(session).await?;
    if there.len() > 1 {
        let names: Vec<&str> = there.iter().map(|(names, _)| names.name.as_str()).collect();
        return Err(Fault::usage(format!("there are several databases: {}", names.join(", ")))
            .hint(format!("name one: rds delete {}", names.first().copied().unwrap_or(DEFAULT)))
            .into());
    }
    match there.pop() {
        Some(found) => Ok(found),
        None => named(session, &from_document(session)?).await,
    }
}

async fn named(session: &Session, name: &str) -> Result<(Names, Found)> {
    let names = Names::new(&session.identity, name);
    let found = inventory::found(session, &names).await?;
    Ok((names, found))
}

/// Nothing is left in AWS: the name by which the document shows it, so that it goes from there too.
fn from_document(session: &Session) -> Result<String> {
    let databases = session.section::<Named<Database>>(section::SECTION)?.unwrap_or_default();
    let name = databases.keys().find(|_| databases.len() == 1);
    Ok(name.cloned().unwrap_or_else(|| DEFAULT.to_owned()))
}

/// Every database of this environment of which something is there, with what that is. A run that was killed may have left a group
/// behind without its instance.
async fn remnants(session: &Session) -> Result<Vec<(Names, Found)>> {
    let (instances, groups) = both(instance::look_all(session), group_names(session)).await?;
    let of_instances = instances.iter().filter_map(|it| it.db_instance_identifier().map(str::to_owned));
    let prefix = session.identity.name("");
    let names: BTreeSet<String> = of_instances
        .chain(groups)
        .chain([format!("{prefix}{DEFAULT}")])
        .filter_map(|identifier| identifier.strip_prefix(&prefix).map(str::to_owned))
        .collect();
    let found = all(names.iter().map(|name| named(session, name))).await?;
    Ok(found.into_iter().filter(|(_, found)| is_there(session, found)).collect())
}

/// The names of all subnet and parameter groups: RDS has no filter for them.
async fn group_names(session: &Session) -> Result<Vec<String>> {
    let rds = session.aws.rds();
    let subnet_groups = async {
        let pages = rds.describe_db_subnet_groups().into_paginator().items().send().try_collect().await;
        pages.cannot("look up the subnet groups")
    };
    let parameter_groups = async {
        let pages = rds.describe_db_parameter_groups().into_paginator().items().send().try_collect().await;
        pages.cannot("look up the parameter groups")
    };
    let (subnet_groups, parameter_groups) = both(subnet_groups, parameter_groups).await?;
    let subnet_groups = subnet_groups.into_iter().filter_map(|group| group.db_subnet_group_name);
    Ok(subnet_groups
        .chain(parameter_groups.into_iter().filter_map(|it| it.db_parameter_group_name))
        .collect())
}
