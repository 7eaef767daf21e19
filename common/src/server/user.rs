//! Whom to log in as. It is noted on the instance as a tag, so that another machine and a later run know it.

use super::mark::LOGIN_USER;
use crate::tags::ec2_value;
use aws_sdk_ec2::types as ec2;

/// Amazon Linux's own.
pub const DEFAULT: &str = "ec2-user";

/// What the tag says, where it is a user's name.
pub fn of(tags: &[ec2::Tag]) -> &str {
    ec2_value(tags, LOGIN_USER).filter(|name| is_user(name)).unwrap_or(DEFAULT)
}

/// Whether it is a user's name, and nothing that ssh or its configuration could take for something else.
pub fn is_user(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'))
        && !name.starts_with(['-', '.'])
}

#[cfg(test)]
mod tests {
    use super::is_user;

    #[test]
    fn a_flag_of_ssh_or_a_second_line_is_no_user() {
        assert!(is_user("ec2-user") && is_user("_apt") && is_user("ada.l"));
        for bad in ["", "-oProxyCommand=x", "a b", "a\nProxyCommand x", "a@b", "a%h", "..", "ä"] {
            assert!(!is_user(bad), "{bad}");
        }
    }
}
