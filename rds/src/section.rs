//! The document's section, from what was found.

use anyhow::Result;
use aws_sdk_rds::types::DbInstance;
use common::section::{Database, Endpoint, Named};
use common::session::Session;

use crate::change::{Pending, Standing};
use crate::cli::Create;
use crate::names::Names;

/// The name of the section.
pub const SECTION: &str = "rds";

/// An instance as the document shows it, with changes that are on their way as made.
pub fn database(found: &DbInstance, secret_arn: Option<String>, before: Option<&Database>) -> Database {
    let has = Standing::of(found, Pending::Counted);
    let text = |text: String| Some(text).filter(|it| !it.is_empty());
    Database {
        id: found.db_instance_identifier().map(str::to_owned),
        arn: found.db_instance_arn().map(str::to_owned),
        engine: found.engine().map(str::to_owned),
        engine_version: text(has.version),
        instance_class: text(has.class),
        allocated_storage: Some(has.storage),
        max_allocated_storage: has.max_storage,
        multi_az: Some(has.multi_az),
        backup_retention_period: Some(has.backup_days),
        preferred_backup_window: text(has.backup_window),
        preferred_maintenance_window: text(has.maintenance_window),
        deletion_protection: Some(has.deletion_protection),
        db_name: found.db_name().map(str::to_owned),
        master_username: found.master_username().map(str::to_owned),
        secret_arn: secret_arn.or_else(|| before?.secret_arn.clone()),
        endpoint: endpoint(found),
        subnet_group: found
            .db_subnet_group()
            .and_then(|group| group.db_subnet_group_name())
            .map(str::to_owned),
        parameter_group: text(has.parameter_group),
        security_group_id: has.security_groups.into_iter().next_back(),
        latest_snapshot: before.and_then(|before| before.latest_snapshot.clone()),
    }
}

fn endpoint(found: &DbInstance) -> Option<Endpoint> {
    let endpoint = found.endpoint()?;
    Some(Endpoint {
        address: Some(endpoint.address()?.to_owned()),
        port: endpoint.port().and_then(|port| u16::try_from(port).ok()),
    })
}

/// A database that a dry run would make: everything that is known beforehand, and no ids.
pub fn planned(names: &Names, flags: &Create, version: &str, is_production: bool) -> Database {
    Database {
        engine: Some(flags.engine.name().to_owned()),
        engine_version: Some(version.to_owned()),
        instance_class: Some(flags.class_or_default().to_owned()),
        allocated_storage: Some(flags.storage_or_default()),
        max_allocated_storage: Some(flags.max_storage_or_default()),
        multi_az: Some(flags.multi_az.unwrap_or_default()),
        backup_retention_period: Some(flags.backup_days.unwrap_or(7)),
        preferred_backup_window: flags.backup_window.clone(),
        preferred_maintenance_window: flags.maintenance_window.clone(),
        deletion_protection: Some(flags.deletion_protection.unwrap_or(is_production)),
        db_name: Some(flags.db_name_or_default().to_owned()),
        master_username: Some(flags.username_or_default().to_owned()),
        subnet_group: Some(names.identifier.clone()),
        parameter_group: Some(names.identifier.clone()),
        ..Database::default()
    }
}

/// What the document says of a database, or nothing.
///
/// # Errors
/// A document fault where the section is not well formed.
pub fn before(session: &Session, name: &str) -> Result<Option<Database>> {
    let databases = session.section::<Named<Database>>(SECTION)?.unwrap_or_default();
    Ok(databases.get(name).cloned())
}

/// Writes the document with these databases brought up to date.
///
/// # Errors
/// Stdout cannot be written.
pub fn write(session: &Session, databases: impl IntoIterator<Item = (String, Database)>) -> Result<()> {
    let databases: Named<Database> = databases.into_iter().collect();
    session.write(|document| document.set_section(SECTION, &databases))
}
