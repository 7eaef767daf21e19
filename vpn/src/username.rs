//! Names of VPN users. They go into a command line on the server, so they are checked before anything else is done.

use crate::appliance::ADMIN;

/// A name of letters, digits and `. _ - @` that begins with a letter or a digit: Access Server's own `__DEFAULT__` is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Username(String);

impl Username {
    /// For clap.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let is_name = (1..=64).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'@'))
            && text.starts_with(|first: char| first.is_ascii_alphanumeric());
        if !is_name {
            return Err("a user has 1 to 64 letters, digits and . _ - @, a letter or digit first".to_owned());
        }
        if text == ADMIN {
            return Err(format!("{ADMIN} is the administrator, not a user of the VPN"));
        }
        Ok(Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Username {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_or_the_server_could_take_for_something_else_is_no_user() {
        for good in ["ada", "Ada.Lovelace", "ada@example.com", "4da", "a-b_c"] {
            assert!(Username::parse(good).is_ok(), "{good}");
        }
        let long = "a".repeat(65);
        for bad in [
            "",
            "-ada",
            "--pfilt",
            "_ada",
            "__DEFAULT__",
            ".ada",
            "a b",
            "a;b",
            "a'b",
            "a\"b",
            "$(id)",
            "a`b`",
            "a\nb",
            "a|b",
            "a&b",
            "a>b",
            "a/b",
            "ädä",
            "openvpn",
            &long,
        ] {
            assert!(Username::parse(bad).is_err(), "{bad:?}");
        }
    }
}
