//! What things in RDS may be called.

use crate::loopback::error::{AwsError, Result};

/// A name as RDS keeps it, in lower case: a letter first, letters, digits and single hyphens, no hyphen at the end.
///
/// # Errors
/// `InvalidParameterValue`, which names the parameter.
pub fn checked(parameter: &str, text: &str, longest: usize) -> Result<String> {
    let fits = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && !text.ends_with('-')
        && !text.contains("--");
    if !fits {
        return Err(AwsError::invalid_value(format!(
            "The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only \
             ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
        )));
    }
    if text.len() > longest {
        return Err(AwsError::invalid_value(format!(
            "The parameter {parameter} is not a valid identifier because it is longer than {longest} characters."
        )));
    }
    Ok(text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn names_are_refused_as_rds_refuses_them() {
        assert_eq!(checked("X", "Expense-Dev", 63).unwrap(), "expense-dev");
        for bad in ["", "1-bad", "a--b", "a-", "a_b", "ä", &"a".repeat(64)] {
            assert_eq!(checked("X", bad, 63).unwrap_err().code, "InvalidParameterValue", "{bad}");
        }
    }
}
