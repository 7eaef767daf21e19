//! Domains of certificates, and the records that prove them.

use super::error::constraint;
use crate::loopback::clock::{Clock, Time};
use crate::loopback::error::Result;
use crate::loopback::world::{Region, hash};

/// How long it takes from the record to the proof. Minutes as a rule; AWS promises half an hour.
const PROOF_SECONDS: f64 = 120.0;

/// A domain that a certificate is for.
#[derive(Clone, Debug)]
pub struct Domain {
    pub name: String,
    /// The domain whose owner is asked, for e-mail.
    pub validation: String,
    /// When it counted as proven.
    pub proven: Option<Time>,
}

impl Domain {
    /// The record that proves it: the same for an account's every request, and for a name with and without `*.`.
    #[must_use]
    pub fn record(&self, account: &str) -> (String, String) {
        let base = self.name.trim_start_matches("*.");
        let digits = |salt| format!("{:016x}", hash(&format!("{salt} {account} {base}")));
        let name = format!("_{}{}.{base}.", digits("name"), digits("more"));
        let zone: String = digits("zone").bytes().take(10).map(letter).collect();
        (name, format!("_{}{}.{zone}.acm-validations.aws.", digits("value"), digits("rest")))
    }

    /// When its record, as it stands in a public zone now, will have proven it.
    #[must_use]
    pub fn proof(&self, region: &Region, clock: &Clock, since: Time) -> Option<Time> {
        let (name, value) = self.record(&region.account);
        let record = region.route53.public(&name, "CNAME")?;
        let same =
            |text: &String| text.trim_end_matches('.').eq_ignore_ascii_case(value.trim_end_matches('.'));
        let from = record.since.max(since);
        record.values.iter().any(same).then(|| clock.after(from, PROOF_SECONDS))
    }
}

/// The zones below acm-validations.aws are letters only.
fn letter(digit: u8) -> char {
    char::from(if digit.is_ascii_digit() { digit - b'0' + b'k' } else { digit })
}

/// A domain's name in lower case.
///
/// # Errors
/// `ValidationException` for what cannot be one.
pub fn name(text: &str, at: &str) -> Result<String> {
    let plain = text.strip_prefix("*.").unwrap_or(text);
    let fits = |label: &str| {
        let hyphens = label.starts_with('-') || label.ends_with('-');
        (1..=63).contains(&label.len())
            && !hyphens
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let long_enough = plain.rsplit('.').next().is_some_and(|last| last.len() >= 2);
    if text.len() > 253 || !plain.contains('.') || !plain.split('.').all(fits) || !long_enough {
        let rule = "satisfy regular expression pattern: \
                    (\\*\\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])";
        return Err(constraint(text, at, rule));
    }
    Ok(text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{Domain, name};
    use crate::loopback::clock::Time;

    #[test]
    fn names_have_labels_and_at_most_one_star() {
        for good in ["example.com", "*.app-dev.Example.com", "1.co"] {
            assert_eq!(name(good, "domainName").unwrap(), good.to_lowercase());
        }
        for bad in ["", "example", "*.*.example.com", "a_b.example.com", "-a.example.com", "a..com", "a.c"] {
            assert_eq!(name(bad, "domainName").unwrap_err().code, "ValidationException", "{bad}");
        }
    }

    #[test]
    fn a_wildcard_is_proven_by_the_record_of_what_it_is_below() {
        let domain = |name: &str| Domain { name: name.into(), validation: name.into(), proven: None::<Time> };
        let (name, value) = domain("*.example.com").record("1");
        assert_eq!((name.clone(), value.clone()), domain("example.com").record("1"));
        assert_ne!(name, domain("example.com").record("2").0);
        assert!(name.ends_with(".example.com.") && name.len() == 34 + ".example.com".len());
        assert!(value.ends_with(".acm-validations.aws."));
    }
}
