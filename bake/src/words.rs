//! What single words of the command line may hold, refused before AWS is asked anything.

use common::server::user::is_user;

/// The longest version: the name of the image has to hold it beside everything else.
const LONGEST_VERSION: usize = 64;

/// A version, which becomes a tag and part of a name.
///
/// # Errors
/// Anything that AWS would not take.
pub fn version(text: &str) -> Result<String, String> {
    let fits = (1..=LONGEST_VERSION).contains(&text.len()) && text.chars().all(is_of_version);
    if fits { Ok(text.to_owned()) } else { Err("use 1 to 64 of A-Z, a-z, 0-9 and . _ + -".to_owned()) }
}

/// The same from what git calls a commit: other characters become hyphens.
pub fn version_from(text: &str) -> String {
    text.chars().take(LONGEST_VERSION).map(|c| if is_of_version(c) { c } else { '-' }).collect()
}

fn is_of_version(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-')
}

/// Whom to log in as.
///
/// # Errors
/// Anything that is no user's name.
pub fn user(text: &str) -> Result<String, String> {
    if is_user(text) { Ok(text.to_owned()) } else { Err("expected a user such as ec2-user".to_owned()) }
}

/// The id, the ARN or the alias of a key.
///
/// # Errors
/// Anything else.
pub fn kms_key(text: &str) -> Result<String, String> {
    let is_key = (1..=256).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b":/_-".contains(&b))
        && (text.starts_with("arn:") || text.starts_with("alias/") || text.len() >= 36);
    if is_key {
        Ok(text.to_owned())
    } else {
        Err("expected the id, the ARN or the alias of a key".to_owned())
    }
}

/// A Region.
///
/// # Errors
/// Anything that is none by its shape.
pub fn region(text: &str) -> Result<String, String> {
    let is_region = (3..=32).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-');
    if is_region { Ok(text.to_owned()) } else { Err("expected a Region such as eu-west-1".to_owned()) }
}

/// An account.
///
/// # Errors
/// Anything that is not twelve digits.
pub fn account(text: &str) -> Result<String, String> {
    let is_account = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if is_account { Ok(text.to_owned()) } else { Err("expected an account: twelve digits".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_fits_tags_and_names() {
        assert!(version("1.4.2-rc+1_x").is_ok());
        for bad in ["", "a b", "a/b", "ä", &"1".repeat(65)] {
            assert!(version(bad).is_err(), "{bad}");
        }
        assert_eq!(version_from("release/1.0-3-gabc-dirty"), "release-1.0-3-gabc-dirty");
    }

    #[test]
    fn keys_regions_and_accounts_have_their_shape() {
        assert!(kms_key("alias/images").is_ok() && kms_key("1234abcd-12ab-34cd-56ef-1234567890ab").is_ok());
        assert!(kms_key("images").is_err() && kms_key("alias/a b").is_err());
        assert!(region("eu-west-1").is_ok() && region("EU").is_err() && region("-x-").is_err());
        assert!(account("123456789012").is_ok() && account("12345678901").is_err());
    }
}
