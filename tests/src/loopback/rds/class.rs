//! Instance classes, and what kinds of storage there are.

use super::version::{ENGINE, LICENSE, Version};
use crate::loopback::error::{AwsError, Result};

const BURST: &[&str] = &["micro", "small", "medium", "large", "xlarge", "2xlarge"];
const STEADY: &[&str] = &["large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge"];

/// Families of classes, and the sizes of each.
const FAMILIES: &[(&str, &[&str])] = &[
    ("db.t3", BURST),
    ("db.t4g", BURST),
    ("db.m6g", STEADY),
    ("db.m6i", STEADY),
    ("db.m7g", STEADY),
    ("db.r6g", STEADY),
    ("db.r7g", STEADY),
];

/// Classes that exist, and with which no instance of these versions can be created.
const RETIRED: &[&str] = &["db.t2", "db.m3", "db.m4", "db.r3", "db.r4", "db.t1", "db.m1", "db.m2"];

/// Every class that can be ordered.
pub fn all() -> impl Iterator<Item = String> {
    FAMILIES.iter().flat_map(|(family, sizes)| sizes.iter().map(move |size| format!("{family}.{size}")))
}

/// Refuses a class that is none, or that a version does not run on.
///
/// # Errors
/// `InvalidParameterValue`, `InvalidParameterCombination`.
pub fn check(class: &str, version: &Version) -> Result<()> {
    if all().any(|known| known == class) {
        return Ok(());
    }
    if !RETIRED.iter().any(|family| class.starts_with(family)) {
        return Err(AwsError::invalid_value(format!("Invalid DB Instance class: {class}")));
    }
    Err(AwsError::new(
        "InvalidParameterCombination",
        format!(
            "RDS does not support creating a DB instance with the following combination: DBInstanceClass={class}, \
             Engine={ENGINE}, EngineVersion={}, LicenseModel={LICENSE}. For supported combinations of instance class and \
             database engine version, see the documentation.",
            version.number
        ),
    ))
}

/// Whether a class is so small that it has no memory to spare for Performance Insights.
#[must_use]
pub fn tiny(class: &str) -> bool {
    matches!(class.rsplit('.').next(), Some("micro" | "small"))
}

/// A kind of storage, and the bounds AWS sets it.
#[derive(Debug, PartialEq, Eq)]
pub struct StorageType {
    pub name: &'static str,
    /// In GiB.
    pub size: (u32, u32),
    /// I/O operations a second, where they can be chosen, and from which size on.
    pub iops: Option<(u32, u32)>,
    pub iops_from: u32,
    /// What an instance gets that is large enough to choose and does not.
    pub iops_default: Option<u32>,
    /// In MiB a second, where it can be chosen.
    pub throughput: Option<(u32, u32)>,
}

/// Below this size (GiB) a gp3 volume for MySQL has what it has and nothing can be chosen.
pub const GP3_STRIPED: u32 = 400;

pub const STORAGE: &[StorageType] = &[
    StorageType {
        name: "gp2",
        size: (20, 65_536),
        iops: None,
        iops_from: 0,
        iops_default: None,
        throughput: None,
    },
    StorageType {
        name: "gp3",
        size: (20, 65_536),
        iops: Some((12_000, 64_000)),
        iops_from: GP3_STRIPED,
        iops_default: Some(12_000),
        throughput: Some((500, 4_000)),
    },
    StorageType {
        name: "io1",
        size: (100, 65_536),
        iops: Some((1_000, 256_000)),
        iops_from: 0,
        iops_default: None,
        throughput: None,
    },
    StorageType {
        name: "io2",
        size: (100, 65_536),
        iops: Some((1_000, 256_000)),
        iops_from: 0,
        iops_default: None,
        throughput: None,
    },
];

/// The kind of storage with a name.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn storage(name: &str) -> Result<&'static StorageType> {
    let found = STORAGE.iter().find(|kind| kind.name == name);
    found.ok_or_else(|| AwsError::invalid_value(format!("Invalid storage type: {name}")))
}
