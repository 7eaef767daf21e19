//! What is there has to be ours and changeable, all of it, before anything is made.

use anyhow::Result;
use aws_sdk_rds::types::DbInstance;
use common::converge::Resource as _;
use common::fault::Fault;
use common::session::Session;

use crate::change;
use crate::cli::Create;
use crate::inventory::{Found, Inventory};
use crate::names::Names;
use crate::ownership::check_ours;
use crate::subnet_group::SubnetGroup;
use crate::{parameter_group, secret};

/// # Errors
/// A conflict that names what is not ours or cannot be changed in place.
pub fn instance(
    session: &Session,
    flags: &Create,
    names: &Names,
    found: Option<&DbInstance>,
    vpc: Option<&str>,
) -> Result<()> {
    let Some(found) = found else {
        return Ok(());
    };
    check_ours(session, &format!("DB instance {}", names.identifier), found.tag_list())?;
    change::refuse(flags, found, vpc, &names.identifier)
}

/// # Errors
/// A conflict where something the instance stands on is not ours, or its password is lost.
pub fn surroundings(session: &Session, flags: &Create, names: &Names, inventory: &Inventory) -> Result<()> {
    let Found { subnet_group, parameter_group, secret, instance } = &inventory.found;
    if let Some(group) = subnet_group {
        check_ours(session, &format!("subnet group {}", names.identifier), &group.tags)?;
        SubnetGroup { names, vpc: &inventory.vpc }.amendments(group)?;
    }
    if let Some(group) = parameter_group {
        check_ours(session, &format!("parameter group {}", names.identifier), &group.tags)?;
    }
    match secret {
        Some(secret) => secret.check_ours(session, &names.secret),
        None if instance.is_some() && !flags.reset_password => Err(secret::lost(names)),
        None => Ok(()),
    }
}

/// # Errors
/// A conflict where the parameter group is of another family, which it is for good.
pub fn family(names: &Names, wanted: &str, group: Option<&parameter_group::Found>) -> Result<()> {
    let family = group.and_then(|found| found.group.db_parameter_group_family());
    match family.filter(|family| *family != wanted) {
        Some(family) => Err(Fault::conflict(format!(
            "the parameter group {} is of {family}, {wanted} is needed",
            names.identifier
        ))
        .hint(format!("take what is left of it down first: rds delete {}", names.name))
        .into()),
        None => Ok(()),
    }
}
