//! The section of `sg`: security groups by role.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::shape;

/// A security group and the rules in, in the text that `sg allow` takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecurityGroup {
    #[serde(default, deserialize_with = "shape::security_group_id")]
    #[schemars(regex(pattern = r"^sg-[0-9a-f]{8,17}$"))]
    pub id: Option<String>,
    /// Its name in AWS, e.g. `expense-dev-mysql`.
    pub name: Option<String>,
    /// The rules in, e.g. `3306/tcp from backend`, sorted.
    #[serde(default)]
    pub rules: Vec<String>,
}

impl Entry for SecurityGroup {
    fn is_made(&self) -> bool {
        self.id.is_some() || self.name.is_some()
    }
}
