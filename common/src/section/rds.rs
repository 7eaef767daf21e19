//! The section of `rds`: databases by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::shape;

/// A managed database. Its master password is in Secrets Manager only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Database {
    /// The instance's identifier, e.g. `expense-dev-mysql`.
    pub id: Option<String>,
    #[serde(default, deserialize_with = "shape::arn")]
    pub arn: Option<String>,
    pub engine: Option<String>,
    pub engine_version: Option<String>,
    pub instance_class: Option<String>,
    /// GiB.
    pub allocated_storage: Option<i32>,
    /// GiB up to which storage grows by itself.
    pub max_allocated_storage: Option<i32>,
    pub multi_az: Option<bool>,
    /// Days.
    pub backup_retention_period: Option<i32>,
    /// UTC, e.g. `03:00-03:30`, every day.
    pub preferred_backup_window: Option<String>,
    /// UTC, e.g. `sun:04:00-sun:05:00`, every week.
    pub preferred_maintenance_window: Option<String>,
    pub deletion_protection: Option<bool>,
    /// The database made in it, e.g. `transactions`.
    pub db_name: Option<String>,
    pub master_username: Option<String>,
    /// Where the master password is kept; never the password.
    #[serde(default, deserialize_with = "shape::secret_arn")]
    #[schemars(regex(pattern = r"^arn:aws[a-z-]*:secretsmanager:"))]
    pub secret_arn: Option<String>,
    /// Known once the instance has one, some minutes after it is made.
    pub endpoint: Option<Endpoint>,
    pub subnet_group: Option<String>,
    pub parameter_group: Option<String>,
    #[serde(default, deserialize_with = "shape::security_group_id")]
    #[schemars(regex(pattern = r"^sg-[0-9a-f]{8,17}$"))]
    pub security_group_id: Option<String>,
    /// The name of the last snapshot that `rds snapshot` took.
    pub latest_snapshot: Option<String>,
}

/// Where clients connect.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoint {
    pub address: Option<String>,
    pub port: Option<u16>,
}

impl Entry for Database {
    fn is_made(&self) -> bool {
        self.id.is_some()
    }
}
