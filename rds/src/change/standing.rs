//! How an instance stands.

use aws_sdk_rds::types::DbInstance;

/// Whether changes that AWS has taken on, and not yet carried out, count as carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pending {
    Counted,
    NotCounted,
}

/// The settings of an instance that can be changed in place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own in RDS")]
pub struct Standing {
    pub class: String,
    pub version: String,
    /// GiB.
    pub storage: i32,
    /// GiB.
    pub max_storage: Option<i32>,
    pub is_gp3: bool,
    pub iops: Option<i32>,
    pub multi_az: bool,
    pub backup_days: i32,
    pub backup_window: String,
    pub maintenance_window: String,
    pub deletion_protection: bool,
    pub security_groups: Vec<String>,
    pub parameter_group: String,
    pub is_public: bool,
    pub tags_snapshots: bool,
}

impl Standing {
    pub fn of(found: &DbInstance, pending: Pending) -> Self {
        let later = found.pending_modified_values().filter(|_| pending == Pending::Counted);
        let text = |later: Option<&str>, now: Option<&str>| later.or(now).unwrap_or_default().to_owned();
        Self {
            class: text(later.and_then(|it| it.db_instance_class()), found.db_instance_class()),
            version: text(later.and_then(|it| it.engine_version()), found.engine_version()),
            storage: later
                .and_then(aws_sdk_rds::types::PendingModifiedValues::allocated_storage)
                .or(found.allocated_storage())
                .unwrap_or_default(),
            max_storage: found.max_allocated_storage(),
            is_gp3: found.storage_type() == Some("gp3"),
            iops: later.and_then(aws_sdk_rds::types::PendingModifiedValues::iops).or(found.iops()),
            multi_az: later
                .and_then(aws_sdk_rds::types::PendingModifiedValues::multi_az)
                .or(found.multi_az())
                .unwrap_or_default(),
            backup_days: later
                .and_then(aws_sdk_rds::types::PendingModifiedValues::backup_retention_period)
                .or(found.backup_retention_period())
                .unwrap_or_default(),
            backup_window: text(None, found.preferred_backup_window()),
            maintenance_window: text(None, found.preferred_maintenance_window()),
            deletion_protection: found.deletion_protection().unwrap_or_default(),
            security_groups: security_groups(found),
            parameter_group: found
                .db_parameter_groups()
                .first()
                .and_then(|group| group.db_parameter_group_name())
                .unwrap_or_default()
                .to_owned(),
            is_public: found.publicly_accessible().unwrap_or_default(),
            tags_snapshots: found.copy_tags_to_snapshot().unwrap_or_default(),
        }
    }
}

/// The groups an instance has, without those being taken away.
pub fn security_groups(found: &DbInstance) -> Vec<String> {
    found
        .vpc_security_groups()
        .iter()
        .filter(|group| group.status() != Some("removing"))
        .filter_map(|group| group.vpc_security_group_id().map(str::to_owned))
        .collect()
}
