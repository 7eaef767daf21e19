//! The master user's name and password, and the name of the first database.

use super::Rds;
use crate::loopback::action::Call;
use crate::loopback::error::{AwsError, Result};

/// Words that MySQL, or RDS for itself, keeps.
const RESERVED: &str = "rdsadmin rdsrepladmin rdsproxyadmin mysql sys information_schema performance_schema add all alter \
    and as asc between by case column create cross database databases default delete desc distinct drop \
    else exists from group having if in index inner insert interval into is join key keys left like \
    limit lock match not null on or order outer primary procedure read references rename replace right \
    schema select set show table then to trigger union unique update usage use using values when where \
    with write";

fn reserved(text: &str) -> bool {
    RESERVED.split_whitespace().any(|word| word.eq_ignore_ascii_case(text))
}

/// A master user's name: 1 to 16 letters, digits and underscores, a letter first, no reserved word.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn username(text: &str) -> Result<String> {
    let fits = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !fits {
        return Err(AwsError::invalid_value(
            "The parameter MasterUsername is not a valid identifier. Identifiers must begin with a letter and contain only \
             alphanumeric characters or underscores.",
        ));
    }
    if text.len() > 16 {
        return Err(AwsError::invalid_value(
            "The parameter MasterUsername is not a valid identifier because it is longer than 16 characters.",
        ));
    }
    if reserved(text) {
        return Err(AwsError::invalid_value(format!(
            "MasterUsername {text} cannot be used as it is a reserved word used by the engine"
        )));
    }
    Ok(text.to_owned())
}

/// Refuses a password that is none: 8 to 41 printable characters without `/`, `@`, `"` and space.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn check_password(text: &str) -> Result<()> {
    let message = match text.len() {
        0..8 => "because it is shorter than 8 characters.",
        42.. => "because it is longer than 41 characters.",
        _ if !text.bytes().all(|b| b.is_ascii_graphic() && !b"/@\"".contains(&b)) => {
            "Only printable ASCII characters besides '/', '@', '\"', ' ' may be used."
        }
        _ => return Ok(()),
    };
    let end = if message.starts_with("Only") { "." } else { "" };
    let message = format!("The parameter MasterUserPassword is not a valid password{end} {message}");
    Err(AwsError::invalid_value(message))
}

/// The name of the database that is made with the instance: up to 64 letters and digits, a letter first.
///
/// # Errors
/// `InvalidParameterValue`.
pub fn database(text: &str) -> Result<String> {
    let fits = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if !fits || text.len() > 64 {
        return Err(AwsError::invalid_value(
            "DBName must begin with a letter and contain only alphanumeric characters.",
        ));
    }
    if reserved(text) {
        return Err(AwsError::invalid_value(format!(
            "DBName {text} cannot be used. It is a reserved word for this engine"
        )));
    }
    Ok(text.to_owned())
}

/// Whether AWS is to keep the password. One who gives a password cannot also leave it to AWS.
///
/// # Errors
/// `InvalidParameterCombination` for both, or for neither where that is said; `InvalidParameterValue` for neither where one
/// is `needed`.
pub fn managed(call: &Call<'_>, needed: bool) -> Result<bool> {
    let combination = |message: &str| Err(AwsError::new("InvalidParameterCombination", message));
    let managed = call.params.flag("ManageMasterUserPassword")?;
    if managed != Some(true) && call.params.has("MasterUserSecretKmsKeyId") {
        return combination(
            "A ManageMasterUserPassword value is required when MasterUserSecretKmsKeyId is specified.",
        );
    }
    match (call.params.text("MasterUserPassword"), managed) {
        (Some(_), Some(true)) => {
            combination("You can't specify MasterUserPassword when ManageMasterUserPassword is enabled.")
        }
        (Some(password), _) => check_password(password).map(|()| false),
        (None, Some(false)) => {
            combination("MasterUserPassword must be provided when ManageMasterUserPassword is set to false.")
        }
        (None, None) if needed => Err(AwsError::invalid_value(
            "The parameter MasterUserPassword must be provided and must not be blank.",
        )),
        (None, managed) => Ok(managed == Some(true)),
    }
}

/// The key that a call names, or the account's own for `service`.
///
/// # Errors
/// `KMSKeyNotAccessibleFault` for what is not the name of a key.
pub fn key(call: &Call<'_>, parameter: &str, service: &str) -> Result<String> {
    let region = &*call.region;
    let own = Rds::own_key(region, service);
    let Some(given) = call.params.text(parameter) else { return Ok(own) };
    let id = |id: &str| id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    let rest = given.strip_prefix(&region.arn("kms", "")).unwrap_or(given);
    match rest.strip_prefix("key/").unwrap_or(rest) {
        alias if alias == format!("alias/aws/{service}") => Ok(own),
        key if id(key) => Ok(region.arn("kms", &format!("key/{key}"))),
        _ => Err(AwsError::new(
            "KMSKeyNotAccessibleFault",
            format!(
                "The specified KMS key [{given}] does not exist, is not enabled or you do not have permissions to access it."
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::{check_password, database, username};

    #[test]
    fn names_and_passwords_are_refused_as_rds_refuses_them() {
        assert!(username("admin").is_ok() && username("expense_app").is_ok());
        for bad in ["", "1admin", "rdsadmin", "Select", "seventeen_letters", "a-b"] {
            assert!(username(bad).is_err(), "{bad}");
        }
        assert!(check_password("password123").is_ok());
        for bad in
            ["short", "with space", "at@signs!", "slash/slash", "quote\"quote", &"x".repeat(42), "pässwörd"]
        {
            assert!(check_password(bad).is_err(), "{bad}");
        }
        assert!(database("transactions").is_ok() && database("my_db").is_err() && database("table").is_err());
    }
}
