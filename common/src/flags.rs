//! What flags of several commands may hold, refused before AWS is asked anything.

/// The longest NAME of a component: its AWS names and its host name stay readable.
const LONGEST_NAME: usize = 25;

/// A component's NAME.
///
/// # Errors
/// Anything that cannot be part of an AWS name.
pub fn name(text: &str) -> Result<String, String> {
    word(text, LONGEST_NAME)
}

/// A word of which AWS names are made: a-z, 0-9 and single hyphens, a letter first.
///
/// # Errors
/// Anything else, or more than `longest` characters.
pub fn word(text: &str, longest: usize) -> Result<String, String> {
    let fits = (1..=longest).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && !text.ends_with('-')
        && !text.contains("--");
    if fits {
        return Ok(text.to_owned());
    }
    Err(format!("use 1 to {longest} of a-z, 0-9 and single hyphens, a letter first"))
}

/// The id of an image.
///
/// # Errors
/// Anything that is not one.
pub fn image(text: &str) -> Result<String, String> {
    let is_id = text.strip_prefix("ami-").is_some_and(|rest| {
        matches!(rest.len(), 8 | 17) && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    });
    if is_id {
        return Ok(text.to_owned());
    }
    Err("expected an id like ami-0123456789abcdef0".to_owned())
}

/// An instance type.
///
/// # Errors
/// Anything that is not one.
pub fn instance_type(text: &str) -> Result<String, String> {
    let is_type = text.split_once('.').is_some_and(|(family, size)| {
        [family, size].iter().all(|part| {
            !part.is_empty()
                && part.len() <= 32
                && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        })
    });
    if is_type {
        return Ok(text.to_owned());
    }
    Err("expected an instance type such as t3.micro".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_aws_names() {
        for bad in ["", "-a", "a-", "a--b", "1a", "A", "a_b", "a.b", "ä", &"a".repeat(26)] {
            assert!(name(bad).is_err(), "{bad}");
        }
        assert_eq!(name("backend-2"), Ok("backend-2".to_owned()));
    }

    #[test]
    fn images_and_types_have_their_shape() {
        assert!(image("ami-0123456789abcdef0").is_ok() && image("ami-12345678").is_ok());
        for bad in ["", "ami-", "ami-xyz45678", "i-0123456789abcdef0", "ami-0123456789abcdef0 "] {
            assert!(image(bad).is_err(), "{bad}");
        }
        assert!(instance_type("t3.micro").is_ok() && instance_type("u-6tb1.metal").is_ok());
        for bad in ["", "t3", "t3.", ".micro", "T3.micro", "t3.micro;x", "a.b.c"] {
            assert!(instance_type(bad).is_err(), "{bad}");
        }
    }
}
