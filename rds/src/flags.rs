//! What a flag may hold, refused before AWS is asked anything. The rules are those of the RDS API reference.

use common::fault::Fault;
use common::identity::quoted;

/// Names that the engine keeps for itself.
const RESERVED_USERS: [&str; 4] = ["rdsadmin", "rdsrepladmin", "mysql.sys", "rdstopmgr"];

/// The longest NAME: `<project>-<environment>-NAME` then fits the 63 characters of an RDS identifier, whatever the other two are.
const LONGEST_NAME: usize = 25;

/// A database's NAME: the end of an RDS identifier.
///
/// # Errors
/// Anything AWS would refuse in an identifier.
pub fn name(text: &str) -> Result<String, String> {
    let well_formed = is_identifier(text, LONGEST_NAME) && !text.bytes().any(|b| b.is_ascii_uppercase());
    if well_formed {
        return Ok(text.to_owned());
    }
    Err(format!("use 1 to {LONGEST_NAME} of a-z, 0-9 and single hyphens, a letter first"))
}

/// A snapshot's name, which AWS keeps in lower case.
///
/// # Errors
/// Anything AWS would refuse.
pub fn snapshot(text: &str) -> Result<String, String> {
    if is_identifier(text, 255) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("use 1 to 255 letters, digits and single hyphens, a letter first".to_owned())
}

fn is_identifier(text: &str, longest: usize) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.ends_with('-')
        && !text.contains("--")
        && text.len() <= longest
}

/// `8.4` or `8.4.8`, and `5.7.44-rds.20240408`.
///
/// # Errors
/// Anything else.
pub fn version(text: &str) -> Result<String, String> {
    let (numbers, patch) = text.split_once("-rds.").map_or((text, None), |(a, b)| (a, Some(b)));
    let is_number = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    let count = numbers.split('.').count();
    if numbers.split('.').all(is_number)
        && (2..=3).contains(&count)
        && patch.is_none_or(|patch| is_number(patch) && count == 3)
    {
        return Ok(text.to_owned());
    }
    Err("expected a version like 8.4 or 8.4.8".to_owned())
}

/// `db.t4g.micro`.
///
/// # Errors
/// Anything else.
pub fn class(text: &str) -> Result<String, String> {
    let is_part = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
    };
    let parts: Vec<&str> = text.split('.').collect();
    if (3..=5).contains(&parts.len())
        && parts[0] == "db"
        && parts.iter().all(|part| is_part(part))
        && text.len() <= 60
    {
        return Ok(text.to_owned());
    }
    Err("expected an instance class like db.t4g.micro".to_owned())
}

/// 1 to 64 letters, digits and underscores, a letter first.
///
/// # Errors
/// Anything else.
pub fn db_name(text: &str) -> Result<String, String> {
    word(text, 64)
}

/// 1 to 16 letters, digits and underscores, a letter first, and none the engine keeps for itself.
///
/// # Errors
/// Anything else.
pub fn username(text: &str) -> Result<String, String> {
    if RESERVED_USERS.contains(&text.to_ascii_lowercase().as_str()) {
        return Err("the engine keeps this name for itself".to_owned());
    }
    word(text, 16)
}

fn word(text: &str, longest: usize) -> Result<String, String> {
    let well_formed = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && text.len() <= longest;
    if well_formed {
        return Ok(text.to_owned());
    }
    Err(format!("use 1 to {longest} letters, digits and underscores, a letter first"))
}

/// The least AWS takes as a limit of growth: 110 % of what there is.
pub fn least_limit(storage: i32) -> i32 {
    (storage * 11 + 9) / 10
}

/// What AWS advises as a limit of growth: 126 % of what there is.
pub fn room_to_grow(storage: i32) -> i32 {
    (storage * 126 + 99) / 100
}

/// Whether storage may grow from `storage` up to `most` GiB.
///
/// # Errors
/// A usage fault where that is less than AWS takes.
pub fn check_growth(storage: i32, most: i32) -> Result<(), Fault> {
    let least = least_limit(storage);
    if most >= least {
        return Ok(());
    }
    Err(Fault::usage(format!("storage of {storage} GiB cannot have a limit of {most} GiB"))
        .hint(format!("AWS takes 110 % or more: --max-storage {least}, better {}", room_to_grow(storage))))
}

/// The name of an engine parameter, e.g. `max_connections`.
///
/// # Errors
/// A usage fault where it is not one.
pub fn check_parameter(key: &str) -> Result<(), Fault> {
    let well_formed = key.len() <= 128
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-.".contains(&b));
    if well_formed {
        return Ok(());
    }
    Err(Fault::usage(format!("{} is not the name of a parameter", quoted(key)))
        .hint("a parameter is named like max_connections"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_an_identifier_of_aws_may_end_with() {
        for bad in ["", "-a", "a-", "a--b", "1a", "A", "a_b", "a.b", "ä", &"a".repeat(26)] {
            assert!(name(bad).is_err(), "{bad}");
        }
        assert_eq!(name("mysql-2"), Ok("mysql-2".to_owned()));
    }

    #[test]
    fn a_version_has_two_or_three_numbers() {
        for good in ["8.4", "8.0.40", "5.7.44-rds.20240408"] {
            assert!(version(good).is_ok(), "{good}");
        }
        for bad in ["", "8", "8.4.", "8.4.1.2", "latest", "8.4-rds.1", "8.4.8-rds.", "8.4.8; drop"] {
            assert!(version(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_class_is_named_as_aws_names_them() {
        for good in ["db.t4g.micro", "db.r6i.2xlarge", "db.r5.6xlarge.tpc2.mem4x"] {
            assert!(class(good).is_ok(), "{good}");
        }
        for bad in ["", "t4g.micro", "db.t4g", "db..micro", "DB.T4G.MICRO", "db.t4g.micro "] {
            assert!(class(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_engines_own_users_are_refused() {
        for bad in ["rdsadmin", "RDSADMIN", "1a", "a-b", "abcdefghijklmnopq"] {
            assert!(username(bad).is_err(), "{bad}");
        }
        assert!(username("admin").is_ok());
    }

    #[test]
    fn storage_has_room_to_grow_by_a_tenth() {
        assert!(check_growth(20, 22).is_ok());
        assert!(check_growth(21, 23).is_err());
        assert!(check_growth(100, 100).is_err());
        assert_eq!(room_to_grow(100), 126);
    }
}
