//! The instance itself.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_rds::types::DbInstance;
use common::call::Call as _;
use common::converge::{Resource, Unique};
use common::fault::{Fault, Kind, is_missing};
use common::session::Session;
use common::tags::rds_tags;
use common::wait::{while_missing, while_refused};

use crate::change::{Change, Wanted};
use crate::names::{COMPONENT, Names};
use crate::ownership::is_ours;
use crate::secret::Password;
use crate::state;

/// How long until an instance is ready, or ready to be changed.
pub const CREATED_WITHIN: Duration = Duration::from_hours(1);

/// Keeps MySQL from being enrolled in paid support after its end of life.
const LIFECYCLE: &str = "open-source-rds-extended-support-disabled";

/// One database.
pub struct Instance<'a> {
    pub names: &'a Names,
    pub wanted: Wanted<'a>,
    /// The version it is made with.
    pub version: &'a str,
    /// Needed to make it, and to reset it.
    pub password: Option<&'a Password>,
    /// The password is to be set on the instance that is there.
    pub resets_password: bool,
}

impl fmt::Display for Instance<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DB instance {}", self.names.identifier)
    }
}

impl Resource for Instance<'_> {
    type Found = DbInstance;

    fn id(found: &DbInstance) -> String {
        found.db_instance_identifier().unwrap_or_default().to_owned()
    }

    fn amendments(&self, found: &DbInstance) -> Result<Vec<String>> {
        let changes = self.wanted.changes(found);
        let password = self.resets_password.then(|| "a new master password".to_owned());
        Ok(changes.iter().map(Change::words).chain(password).collect())
    }

    async fn create(&self, session: &Session) -> Result<DbInstance> {
        let flags = self.wanted.flags;
        let password = self.password.context("there is no master password to create the database with")?;
        let protect = flags.deletion_protection.unwrap_or(session.identity.is_production());
        // The groups were made a moment ago: RDS may not know them yet.
        let answer = while_missing(session, async || {
            let call = session.aws.rds().create_db_instance();
            call.db_instance_identifier(&self.names.identifier)
                .engine(flags.engine.name())
                .engine_version(self.version)
                .engine_lifecycle_support(LIFECYCLE)
                .db_instance_class(flags.class_or_default())
                .storage_type("gp3")
                .allocated_storage(flags.storage_or_default())
                .max_allocated_storage(flags.max_storage_or_default())
                .storage_encrypted(true)
                .publicly_accessible(false)
                .multi_az(flags.multi_az.unwrap_or_default())
                .db_subnet_group_name(&self.names.identifier)
                .db_parameter_group_name(self.wanted.parameter_group)
                .set_vpc_security_group_ids(self.wanted.security_group.map(|group| vec![group.to_owned()]))
                .backup_retention_period(flags.backup_days.unwrap_or(7))
                .set_preferred_backup_window(flags.backup_window.clone())
                .set_preferred_maintenance_window(flags.maintenance_window.clone())
                .copy_tags_to_snapshot(true)
                .auto_minor_version_upgrade(true)
                .deletion_protection(protect)
                .db_name(flags.db_name_or_default())
                .master_username(flags.username_or_default())
                .master_user_password(password.reveal())
                .set_tags(Some(rds_tags(&session.identity.tags_of(COMPONENT, &self.names.identifier))))
                .send()
                .await
                .cannot(format_args!("create the {self}"))
        })
        .await?;
        answer.db_instance.context("RDS named no instance")
    }

    async fn amend(&self, session: &Session, found: DbInstance) -> Result<DbInstance> {
        let changes = self.wanted.changes(&found);
        check_changeable(&found, &changes)?;
        let what = format!("{} to be changeable", self.names.identifier);
        let answer = while_refused(session, &["InvalidDBInstanceState"], &what, CREATED_WITHIN, async || {
            let call = session.aws.rds().modify_db_instance().db_instance_identifier(&self.names.identifier);
            let call = changes.iter().fold(call.apply_immediately(true), |call, change| change.add_to(call));
            let password = self.password.filter(|_| self.resets_password).map(|it| it.reveal().to_owned());
            call.set_master_user_password(password).send().await.cannot(format_args!("change the {self}"))
        })
        .await?;
        Ok(answer.db_instance.unwrap_or(found))
    }
}

impl Unique for Instance<'_> {
    const TAKEN: &'static [&'static str] = &["DBInstanceAlreadyExists"];

    async fn look(&self, session: &Session) -> Result<Vec<DbInstance>> {
        let found = look(session, &self.names.identifier).await?;
        Ok(found.filter(|found| is_ours(&session.identity, found.tag_list())).into_iter().collect())
    }
}

/// An instance that will not leave its state by itself refuses every change, except the one that helps it out.
fn check_changeable(found: &DbInstance, changes: &[Change]) -> Result<()> {
    let helps = state::status(found) == "storage-full" && changes.iter().any(Change::is_more_storage);
    if !state::is_stuck(found) || helps {
        return Ok(());
    }
    let id = found.db_instance_identifier().unwrap_or_default();
    Err(Fault::new(Kind::Failed, format!("{id} cannot be changed: AWS says {}", state::status(found)))
        .hint("see its events in the RDS console; `rds delete --skip-final-snapshot` takes it down")
        .into())
}

/// The instance of this name, whoever made it.
pub async fn look(session: &Session, identifier: &str) -> Result<Option<DbInstance>> {
    let answer = session.aws.rds().describe_db_instances().db_instance_identifier(identifier).send().await;
    match answer.cannot(format_args!("look up the DB instance {identifier}")) {
        Ok(answer) => Ok(answer.db_instances.and_then(|instances| instances.into_iter().next())),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// All instances of this environment.
pub async fn look_all(session: &Session) -> Result<Vec<DbInstance>> {
    let all = session.aws.rds().describe_db_instances().into_paginator().items().send().try_collect().await;
    let mut all = all.cannot("look up the databases")?;
    all.retain(|found| is_ours(&session.identity, found.tag_list()));
    Ok(all)
}
