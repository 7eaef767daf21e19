//! The engine there is, MySQL, its versions, and which of them an instance gets.

use crate::loopback::error::{AwsError, Result};

pub const ENGINE: &str = "mysql";
pub const LICENSE: &str = "general-public-license";
pub const FAMILIES: [&str; 2] = ["mysql8.0", "mysql8.4"];

/// A version of MySQL.
#[derive(Debug, PartialEq, Eq)]
pub struct Version {
    pub number: &'static str,
    pub major: &'static str,
    pub family: &'static str,
    /// Whether it is the one that an instance gets which asks for its major version only.
    pub default: bool,
    /// Whether an instance can still be created with it.
    pub offered: bool,
}

const V80: Version = Version { number: "", major: "8.0", family: FAMILIES[0], default: false, offered: true };
const V84: Version = Version { major: "8.4", family: FAMILIES[1], ..V80 };

/// From the oldest to the newest.
pub const ALL: &[Version] = &[
    Version { number: "8.0.28", offered: false, ..V80 },
    Version { number: "8.0.32", ..V80 },
    Version { number: "8.0.33", ..V80 },
    Version { number: "8.0.34", ..V80 },
    Version { number: "8.0.35", ..V80 },
    Version { number: "8.0.36", ..V80 },
    Version { number: "8.0.37", ..V80 },
    Version { number: "8.0.39", ..V80 },
    Version { number: "8.0.40", ..V80 },
    Version { number: "8.0.41", ..V80 },
    Version { number: "8.0.42", ..V80 },
    Version { number: "8.0.43", ..V80 },
    Version { number: "8.0.44", default: true, ..V80 },
    Version { number: "8.4.3", ..V84 },
    Version { number: "8.4.4", ..V84 },
    Version { number: "8.4.5", ..V84 },
    Version { number: "8.4.6", ..V84 },
    Version { number: "8.4.7", default: true, ..V84 },
];

/// The major version of which an instance gets the default that asks for none.
pub const DEFAULT_MAJOR: &str = "8.4";

impl Version {
    /// Whether it is still offered, as RDS says it.
    #[must_use]
    pub fn status(&self) -> &'static str {
        if self.offered { "available" } else { "deprecated" }
    }

    /// Its place among all versions.
    fn age(&self) -> usize {
        ALL.iter().position(|other| other == self).unwrap_or_default()
    }

    /// The versions that an instance with this one can be upgraded to.
    pub fn targets(&self) -> impl Iterator<Item = &'static Version> {
        ALL.iter().skip(self.age() + 1).filter(|other| other.offered)
    }
}

/// The major versions there are.
pub fn majors() -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(|version| version.default).map(|version| version.major)
}

/// Refuses engines that RDS has and this has not.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn check_engine(engine: &str) -> Result<()> {
    if engine == ENGINE {
        return Ok(());
    }
    Err(AwsError::invalid_value(format!("Unrecognized engine name: {engine}")))
}

/// The version that a new instance gets: the one asked for, the default one of a major version, or the default.
///
/// # Errors
/// `InvalidParameterCombination`.
pub fn resolve(asked: Option<&str>) -> Result<&'static Version> {
    let asked = asked.unwrap_or(DEFAULT_MAJOR);
    let fits = |version: &&Version| version.number == asked || version.default && version.major == asked;
    ALL.iter().find(|version| version.offered && fits(version)).ok_or_else(|| unknown(asked))
}

fn unknown(number: &str) -> AwsError {
    AwsError::new("InvalidParameterCombination", format!("Cannot find version {number} for {ENGINE}"))
}

/// A version to which an instance can be upgraded.
///
/// # Errors
/// `InvalidParameterCombination` for one that is none, cannot be reached, or is a major upgrade that was not allowed.
pub fn upgrade(from: &'static Version, to: &str, major_allowed: bool) -> Result<&'static Version> {
    let version = resolve(Some(to))?;
    let refuse = |message: String| Err(AwsError::new("InvalidParameterCombination", message));
    if version == from || version.major == from.major && to == from.major {
        return Ok(from);
    }
    if !from.targets().any(|target| target == version) {
        return refuse(format!("Cannot upgrade {ENGINE} from {} to {}", from.number, version.number));
    }
    if version.major != from.major && !major_allowed {
        return refuse(
            "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version."
                .to_owned(),
        );
    }
    Ok(version)
}

/// A family of parameter groups.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn family(name: &str) -> Result<&'static str> {
    FAMILIES.iter().copied().find(|known| *known == name).ok_or_else(|| {
        AwsError::invalid_value(format!("ParameterGroupFamily {name} is not a valid parameter group family"))
    })
}
