//! What a flag may hold, refused before AWS is asked anything.

use common::flags::word;
pub use common::flags::{image, instance_type, name};

/// The longest host name and the longest path of a rule (ELB API reference).
const LONGEST_PATTERN: usize = 128;

/// A load balancer's NAME, as `alb` takes it.
///
/// # Errors
/// Anything that cannot be one.
pub fn balancer(text: &str) -> Result<String, String> {
    word(text, 20)
}

/// A host name of a rule, in lower case; `*` and `?` stand for any text and for any character.
///
/// # Errors
/// Anything that ELB does not take.
pub fn host(text: &str) -> Result<String, String> {
    let fits = (1..=LONGEST_PATTERN).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.*?".contains(&b))
        && text.contains('.')
        && text
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().all(|b| b.is_ascii_alphabetic() || b"*?".contains(&b)))
        && text.split('.').all(|label| !label.is_empty());
    if fits {
        return Ok(text.to_ascii_lowercase());
    }
    Err("expected a host name such as backend.app-dev.example.com, in which * and ? stand for others"
        .to_owned())
}

/// A path of a rule; `*` and `?` stand for any text and for any character.
///
/// # Errors
/// Anything that ELB does not take.
pub fn path(text: &str) -> Result<String, String> {
    let fits = text.starts_with(['/', '*'])
        && text.len() <= LONGEST_PATTERN
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.$/~\"'@:+&*?".contains(&b));
    if fits {
        return Ok(text.to_owned());
    }
    Err("expected a path such as /backend*, in which * and ? stand for others".to_owned())
}

/// The path of a health check.
///
/// # Errors
/// Anything that is not one.
pub fn health(text: &str) -> Result<String, String> {
    if text.starts_with('/') && text.len() <= 1024 && text.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err("expected a path such as /health".to_owned())
}

/// What stands before the name of a parameter that holds the id of an image.
pub const PARAMETER: &str = "ssm:";

/// The id of an image, or the parameter of Systems Manager that holds it.
///
/// # Errors
/// Anything that is neither.
pub fn image_source(text: &str) -> Result<String, String> {
    let is_parameter = text.strip_prefix(PARAMETER).is_some_and(|name| {
        let is_letter = |b: u8| b.is_ascii_alphanumeric() || b"_.-/".contains(&b);
        (2..=2048).contains(&name.len()) && name.starts_with('/') && name.bytes().all(is_letter)
    });
    if is_parameter || image(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err("expected an id like ami-0123456789abcdef0, or a parameter like ssm:/golden/backend".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_one_that_a_rule_takes() {
        assert_eq!(host("Backend.app-dev.Example.com"), Ok("backend.app-dev.example.com".to_owned()));
        assert!(host("*.example.com").is_ok());
        for bad in
            ["", "localhost", ".com", "a..com", "a b.com", "http://a.com", "a.com/", "a.c0m", "a_b.com"]
        {
            assert!(host(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_path_is_one_that_a_rule_takes() {
        for good in ["/", "/backend*", "*.php", "/a/b_c-d.e~f?"] {
            assert!(path(good).is_ok(), "{good}");
        }
        for bad in ["", "backend", "/a b", "/a;b", "/ä", "/a#b", &format!("/{}", "a".repeat(128))] {
            assert!(path(bad).is_err(), "{bad}");
        }
        assert!(health("/health?deep=1").is_ok() && health("health").is_err() && health("/a\n").is_err());
    }

    #[test]
    fn an_image_is_an_id_or_a_parameter() {
        assert!(image_source("ami-12345678").is_ok() && image_source("ssm:/golden/backend_1.x").is_ok());
        for bad in ["", "ssm:", "ssm:/", "ssm:golden", "ssm:/a b", "/golden", "SSM:/golden"] {
            assert!(image_source(bad).is_err(), "{bad}");
        }
    }
}
