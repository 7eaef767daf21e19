//! What an instance is set to: made new, copied from a source or a snapshot, and changed by a call's parameters.

use std::collections::BTreeSet;

use super::class::{self, GP3_STRIPED, StorageType};
use super::parameter_group;
use super::version::Version;
use super::{AUTHORITIES, option_group, window};
use crate::loopback::world::{Region, hash};

/// Whether AWS may bill for support after the end of a version's own: by default it may.
pub const LIFECYCLES: [&str; 2] =
    ["open-source-rds-extended-support", "open-source-rds-extended-support-disabled"];

/// Everything about an instance that a snapshot keeps and a replica inherits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a parameter of its own that AWS has as a flag")]
pub struct Settings {
    pub class: String,
    pub version: &'static Version,
    /// In GiB.
    pub allocated: u32,
    /// Up to where AWS lets the storage grow by itself.
    pub max_allocated: Option<u32>,
    pub storage: &'static StorageType,
    pub iops: Option<u32>,
    pub throughput: Option<u32>,
    /// The key that it is encrypted with, if it is.
    pub key: Option<String>,
    pub username: String,
    pub db_name: Option<String>,
    pub port: u16,
    pub multi_az: bool,
    pub public: bool,
    pub parameter_group: String,
    pub option_group: String,
    pub backup_days: u8,
    pub backup_window: String,
    pub maintenance_window: String,
    pub auto_minor: bool,
    pub copy_tags: bool,
    pub protected: bool,
    pub iam: bool,
    pub insights: bool,
    /// Seconds between measurements, 0 for none, and the role that takes them.
    pub monitoring: (u32, Option<String>),
    pub logs: BTreeSet<String>,
    pub lifecycle: String,
    pub authority: String,
}

impl Settings {
    /// What AWS sets where nothing is said.
    #[must_use]
    pub fn new(region: &Region, identifier: &str, version: &'static Version, class: &str) -> Self {
        let seed = hash(&format!("{} {identifier}", region.name));
        Self {
            class: class.to_owned(),
            version,
            allocated: 0,
            max_allocated: None,
            storage: &class::STORAGE[1],
            iops: None,
            throughput: None,
            key: None,
            username: String::new(),
            db_name: None,
            port: 3306,
            multi_az: false,
            public: false,
            parameter_group: parameter_group::default_name(version.family),
            option_group: option_group::default_name(version.major),
            backup_days: 1,
            backup_window: window::default_backup(seed),
            maintenance_window: window::default_maintenance(seed),
            auto_minor: true,
            copy_tags: false,
            protected: false,
            iam: false,
            insights: false,
            monitoring: (0, None),
            logs: BTreeSet::new(),
            lifecycle: LIFECYCLES[0].to_owned(),
            authority: AUTHORITIES[0].to_owned(),
        }
    }

    /// Whether it has one of the volumes that are fast by default and cannot be told how fast.
    #[must_use]
    pub fn striped(&self) -> bool {
        self.storage.name == "gp3" && self.allocated >= GP3_STRIPED
    }
}
