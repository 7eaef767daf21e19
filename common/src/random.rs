//! Names that nobody can guess and nobody else has.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use ring::rand::{SecureRandom as _, SystemRandom};

/// So many bytes from the system's random source, two hexadecimal digits each.
///
/// # Errors
/// The system has no random source.
pub fn name(bytes: usize) -> Result<String> {
    let mut random = vec![0; bytes];
    SystemRandom::new().fill(&mut random).ok().context("the system has no random source")?;
    let mut name = String::with_capacity(2 * bytes);
    for byte in random {
        // Writing to a text does not fail.
        let _ = write!(name, "{byte:02x}");
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_name_is_as_long_as_asked_for_and_never_the_same() {
        let name = super::name(16).unwrap();
        assert_eq!(name.len(), 32);
        assert!(name.bytes().all(|b| b.is_ascii_hexdigit()));
        assert_ne!(name, super::name(16).unwrap());
    }
}
