//! What has to change about an instance, and what cannot.

mod refused;
mod standing;

use aws_sdk_rds::operation::modify_db_instance::builders::ModifyDBInstanceFluentBuilder as Call;
use aws_sdk_rds::types::DbInstance;

use crate::cli::Create;
use crate::version;
pub use refused::{check_growth, refuse};
pub use standing::{Pending, Standing, security_groups};

/// From here on gp3 storage of MySQL has four times the IOPS, and growing past it needs the number spelled out.
const STRIPED_FROM: i32 = 400;
const STRIPED_IOPS: i32 = 12_000;

/// One thing to change with `ModifyDBInstance`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Class(String),
    Version(String),
    /// GiB, and the IOPS that go with them.
    Storage(i32, Option<i32>),
    MaxStorage(i32),
    MultiAz(bool),
    BackupDays(i32),
    BackupWindow(String),
    MaintenanceWindow(String),
    DeletionProtection(bool),
    SecurityGroups(Vec<String>),
    ParameterGroup(String),
    Private,
    TagSnapshots,
}

impl Change {
    /// In words, after "changed DB instance expense-dev-mysql: ".
    pub fn words(&self) -> String {
        let on_or_off = |on: &bool| if *on { "on" } else { "off" };
        match self {
            Self::Class(class) => format!("class {class} (it restarts)"),
            Self::Version(version) => format!("version {version} (it restarts)"),
            Self::Storage(size, _) => format!("storage {size} GiB"),
            Self::MaxStorage(size) => format!("storage limit {size} GiB"),
            Self::MultiAz(on) => format!("standby {}", on_or_off(on)),
            Self::BackupDays(days) => format!("backups kept {days} days"),
            Self::BackupWindow(window) => format!("backup window {window}"),
            Self::MaintenanceWindow(window) => format!("maintenance window {window}"),
            Self::DeletionProtection(on) => format!("deletion protection {}", on_or_off(on)),
            Self::SecurityGroups(groups) => format!("security groups {}", groups.join(" ")),
            Self::ParameterGroup(name) => format!("parameter group {name} (from the next reboot)"),
            Self::Private => "not publicly accessible".to_owned(),
            Self::TagSnapshots => "tags copied to snapshots".to_owned(),
        }
    }

    /// Whether AWS has to offer it first.
    pub fn is_an_order(&self) -> bool {
        matches!(self, Self::Class(_) | Self::Version(_) | Self::MultiAz(true))
    }

    /// Whether it takes an instance out of `storage-full`.
    pub fn is_more_storage(&self) -> bool {
        matches!(self, Self::Storage(..) | Self::MaxStorage(_))
    }

    /// Adds it to the call.
    pub fn add_to(&self, call: Call) -> Call {
        match self.clone() {
            Self::Class(class) => call.db_instance_class(class),
            Self::Version(version) => call.engine_version(version),
            Self::Storage(size, iops) => call.allocated_storage(size).set_iops(iops),
            Self::MaxStorage(size) => call.max_allocated_storage(size),
            Self::MultiAz(on) => call.multi_az(on),
            Self::BackupDays(days) => call.backup_retention_period(days),
            Self::BackupWindow(window) => call.preferred_backup_window(window),
            Self::MaintenanceWindow(window) => call.preferred_maintenance_window(window),
            Self::DeletionProtection(on) => call.deletion_protection(on),
            Self::SecurityGroups(groups) => call.set_vpc_security_group_ids(Some(groups)),
            Self::ParameterGroup(name) => call.db_parameter_group_name(name),
            Self::Private => call.publicly_accessible(false),
            Self::TagSnapshots => call.copy_tags_to_snapshot(true),
        }
    }
}

/// What an instance should be like: the flags, and what follows from the environment.
pub struct Wanted<'a> {
    pub flags: &'a Create,
    /// The version asked for, made definite by what AWS offers; none where none is asked for.
    pub version: Option<&'a str>,
    pub security_group: Option<&'a str>,
    pub parameter_group: &'a str,
}

impl Wanted<'_> {
    /// What is to be asked of AWS: changes that are on their way are not asked for again.
    pub fn changes(&self, found: &DbInstance) -> Vec<Change> {
        self.from(&Standing::of(found, Pending::Counted))
    }

    /// What has not come about yet.
    pub fn outstanding(&self, found: &DbInstance) -> Vec<Change> {
        self.from(&Standing::of(found, Pending::NotCounted))
    }

    fn from(&self, has: &Standing) -> Vec<Change> {
        let flags = self.flags;
        let mut changes = Vec::new();
        let differs = |asked: &Option<String>, has: &str| asked.clone().filter(|asked| asked != has);
        changes.extend(differs(&flags.class, &has.class).map(Change::Class));
        let older = self.version.filter(|wanted| !version::satisfies(&has.version, wanted));
        changes.extend(older.map(|version| Change::Version(version.to_owned())));
        changes.extend(self.storage(has));
        changes
            .extend(flags.max_storage.filter(|most| has.max_storage != Some(*most)).map(Change::MaxStorage));
        changes.extend(flags.multi_az.filter(|on| *on != has.multi_az).map(Change::MultiAz));
        changes.extend(flags.backup_days.filter(|days| *days != has.backup_days).map(Change::BackupDays));
        changes.extend(differs(&flags.backup_window, &has.backup_window).map(Change::BackupWindow));
        changes.extend(
            differs(&flags.maintenance_window, &has.maintenance_window).map(Change::MaintenanceWindow),
        );
        let protection = flags.deletion_protection.filter(|on| *on != has.deletion_protection);
        changes.extend(protection.map(Change::DeletionProtection));
        changes.extend(self.of_ours(has));
        changes
    }

    /// The asked size is a minimum: what storage has grown by itself is no drift.
    fn storage(&self, has: &Standing) -> Option<Change> {
        let asked = self.flags.storage.filter(|asked| *asked > has.storage)?;
        let iops = match (has.is_gp3, asked >= STRIPED_FROM, has.storage >= STRIPED_FROM) {
            (true, false, _) => None,
            (true, true, false) => Some(STRIPED_IOPS),
            _ => has.iops,
        };
        Some(Change::Storage(asked, iops))
    }

    /// What no flag says and every database of ours has.
    fn of_ours(&self, has: &Standing) -> Vec<Change> {
        let mut changes = Vec::new();
        if let Some(group) = self.security_group
            && !has.security_groups.iter().any(|it| it == group)
        {
            // Groups that others put there stay.
            let groups = has.security_groups.iter().cloned().chain([group.to_owned()]).collect();
            changes.push(Change::SecurityGroups(groups));
        }
        if has.parameter_group != self.parameter_group {
            changes.push(Change::ParameterGroup(self.parameter_group.to_owned()));
        }
        if has.is_public {
            changes.push(Change::Private);
        }
        if !has.tags_snapshots {
            changes.push(Change::TagSnapshots);
        }
        changes
    }
}

#[cfg(test)]
mod tests;
