//! Passwords made here, for services that want one.

use anyhow::{Context as _, Result};
use ring::rand::{SecureRandom as _, SystemRandom};

/// Letters and digits without those that look alike: RDS forbids `/`, `"`, `@` and space, and a shell or a URL mangles more.
const LETTERS: &[u8; 56] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ2345678";

/// `length` characters from the system's random source, about 5.8 bits each.
///
/// # Errors
/// The system has no random source.
pub fn make(length: usize) -> Result<String> {
    let mut password = String::with_capacity(length);
    let source = SystemRandom::new();
    let mut random = [0_u8; 64];
    // Bytes past the last whole multiple are drawn again, so that each letter is equally likely.
    let usable = (256 / LETTERS.len()) * LETTERS.len();
    while password.len() < length {
        source.fill(&mut random).ok().context("the system has no random source")?;
        for byte in random {
            let index = usize::from(byte);
            if index < usable && password.len() < length {
                password.push(char::from(LETTERS[index % LETTERS.len()]));
            }
        }
    }
    Ok(password)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_password_is_long_enough_and_never_the_same() {
        let password = super::make(32).unwrap();
        assert_eq!(password.len(), 32);
        assert!(password.chars().all(|c| c.is_ascii_alphanumeric()));
        assert_ne!(password, super::make(32).unwrap());
    }
}
