//! `rds delete`: the instance, then what it stood on.

mod candidates;
mod rest;
mod take_down;

use anyhow::Result;
use aws_sdk_rds::types::DbInstance;
use common::fault::Fault;
use common::session::Session;

use crate::change::security_groups;
use crate::cli::Delete;
use crate::inventory::{self, Found};
use crate::names::Names;
use crate::ownership::{check_ours, is_ours};
use crate::{section, snapshot, state};

pub async fn delete(session: &Session, flags: &Delete) -> Result<()> {
    session.confirm(flags.confirm.as_deref())?;
    inventory::account(session).await?;
    let (names, found) = candidates::choose(session, flags.name.as_deref()).await?;
    if let Some(instance) = &found.instance {
        check(session, flags, &names, instance)?;
        take_down::unprotect(session, &names, instance).await?;
        take_down::take_down(session, flags, &names, instance).await?;
        if !session.is_planning() && !session.waits() {
            // What it stands on cannot go before it does, so the section stays.
            session.progress.line("the rest goes with `rds delete` once the database is gone");
            return session.write(|_| Ok(()));
        }
    }
    let kept = snapshot::kept(session, &names.identifier).await?;
    let is_password_needed = !kept.is_empty() || (session.is_planning() && !flags.skip_final_snapshot);
    rest::delete(session, &names, &found, is_password_needed).await?;
    tell(session, &kept, found.instance.as_ref()).await;
    session.write(|document| {
        document.remove_entry(section::SECTION, &names.name);
        Ok(())
    })
}

/// Everything that would stop the deletion half way.
fn check(session: &Session, flags: &Delete, names: &Names, found: &DbInstance) -> Result<()> {
    let what = format!("DB instance {}", names.identifier);
    check_ours(session, &what, found.tag_list())?;
    if state::is_deleting(found) {
        return Ok(());
    }
    let replicas =
        [found.read_replica_db_instance_identifiers(), found.read_replica_db_cluster_identifiers()].concat();
    if !replicas.is_empty() {
        return Err(Fault::conflict(format!("the {what} has the replicas {}", replicas.join(", ")))
            .hint("delete them first: they would become databases of their own and go on costing")
            .into());
    }
    if found.deletion_protection() == Some(true) && flags.confirm.is_none() {
        return Err(Fault::conflict(format!("the {what} is protected from deletion"))
            .hint(format!("add --confirm {} if you mean to delete it", session.identity.base()))
            .into());
    }
    if state::takes_no_snapshot(found) && !flags.skip_final_snapshot {
        let status = state::status(found);
        return Err(Fault::conflict(format!("the {what} is {status}: AWS takes no final snapshot of it"))
            .hint("add --skip-final-snapshot to delete it all the same")
            .into());
    }
    Ok(())
}

/// What stays, and what may hold the rest up for a while.
async fn tell(session: &Session, kept: &[String], found: Option<&DbInstance>) {
    if !kept.is_empty() {
        session.progress.line(&format!("kept the snapshots {}: they cost until deleted", kept.join(", ")));
    }
    let Some(found) = found.filter(|_| !session.is_planning()) else {
        return;
    };
    // Only a word to the person: where it cannot be found out the deletion is no less done.
    if let Ok(interfaces) = rest::interfaces(session, &security_groups(found)).await
        && !interfaces.is_empty()
    {
        session.progress.line(&format!(
            "RDS still has the network interfaces {}: they hold security group and subnets for some minutes",
            interfaces.join(", ")
        ));
    }
}

/// Whether anything of a database is there.
fn is_there(session: &Session, found: &Found) -> bool {
    let ours = |tags| is_ours(&session.identity, tags);
    found.instance.as_ref().is_some_and(|it| ours(it.tag_list()))
        || found.subnet_group.as_ref().is_some_and(|it| ours(&it.tags))
        || found.parameter_group.as_ref().is_some_and(|it| ours(&it.tags))
}
