//! What a flag may hold, refused before AWS is asked anything.

use common::fault::Fault;
use common::network::TIERS;

/// The longest NAME: with the environment it is one label of a host name, and its AWS name stays readable.
const LONGEST_NAME: usize = 20;

/// The longest domain name of a certificate (ACM API reference).
const LONGEST_CERTIFICATE: usize = 64;

/// The subnets of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subnets {
    /// Those of a tier, in every AZ, also in AZs that come later.
    Tier(String),
    /// These and no others.
    Listed(Vec<String>),
}

/// Where access logs go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    pub bucket: String,
    pub prefix: String,
}

/// A load balancer's NAME.
///
/// # Errors
/// Anything that cannot be part of an AWS name and of a host name.
pub fn name(text: &str) -> Result<String, String> {
    if is_word(text, LONGEST_NAME) && text.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Ok(text.to_owned());
    }
    Err(format!("use 1 to {LONGEST_NAME} of a-z, 0-9 and single hyphens, a letter first"))
}

/// The role of a security group.
///
/// # Errors
/// Anything that is not one.
pub fn role(text: &str) -> Result<String, String> {
    if is_word(text, 64) {
        return Ok(text.to_owned());
    }
    Err("expected the role of a security group, such as app-alb".to_owned())
}

fn is_word(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
        && !text.contains("--")
}

/// A tier, or two ids or more.
///
/// # Errors
/// Anything else.
pub fn subnets(text: &str) -> Result<Subnets, String> {
    if TIERS.contains(&text) {
        return Ok(Subnets::Tier(text.to_owned()));
    }
    let ids: Vec<String> = text.split(',').map(|id| id.trim().to_owned()).collect();
    if !ids.iter().all(|id| is_subnet_id(id)) {
        return Err("expected public, private, database, or ids like subnet-0123456789abcdef0".to_owned());
    }
    let mut distinct = ids.clone();
    distinct.sort();
    distinct.dedup();
    if distinct.len() < 2 || distinct.len() != ids.len() {
        return Err("a load balancer needs two subnets or more, each in an AZ of its own".to_owned());
    }
    Ok(Subnets::Listed(ids))
}

fn is_subnet_id(id: &str) -> bool {
    id.strip_prefix("subnet-").is_some_and(|rest| {
        (8..=17).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

/// A domain such as `example.com`, in lower case and without a dot at its end.
///
/// # Errors
/// What is not one.
pub fn domain(text: &str) -> Result<String, String> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.split('.').count() >= 2 && name.split('.').all(is_label) && name.len() <= 200 {
        return Ok(name);
    }
    Err("expected a domain like example.com".to_owned())
}

/// `BUCKET` or `BUCKET/PREFIX`.
///
/// # Errors
/// A name S3 does not take, or a prefix ELB does not.
pub fn logs(text: &str) -> Result<Logs, String> {
    let (bucket, prefix) = text.split_once('/').unwrap_or((text, ""));
    let prefix = prefix.trim_end_matches('/');
    let is_bucket = (3..=63).contains(&bucket.len())
        && bucket.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
        && !bucket.starts_with(['-', '.'])
        && !bucket.ends_with(['-', '.'])
        && !bucket.contains("..");
    if !is_bucket {
        return Err("expected the name of a bucket, such as my-logs".to_owned());
    }
    let is_prefix = prefix.len() <= 512
        && prefix.bytes().all(|b| b.is_ascii_graphic())
        && !prefix.starts_with('/')
        && !prefix.contains("AWSLogs");
    if !is_prefix {
        return Err("a prefix has no spaces, no slash first and no AWSLogs in it".to_owned());
    }
    Ok(Logs { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
}

/// Whether ACM takes the host name.
///
/// # Errors
/// A usage fault where it is too long.
pub fn fits_certificate(host: &str) -> Result<(), Fault> {
    if host.len() <= LONGEST_CERTIFICATE {
        return Ok(());
    }
    Err(Fault::usage(format!("{host} is too long for a certificate"))
        .hint(format!("ACM takes {LONGEST_CERTIFICATE} characters: use a shorter NAME or --domain")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_aws_names_and_host_names() {
        for bad in ["", "-a", "a-", "a--b", "1a", "A", "a_b", "a.b", "ä", &"a".repeat(21)] {
            assert!(name(bad).is_err(), "{bad}");
        }
        assert_eq!(name("web-2"), Ok("web-2".to_owned()));
    }

    #[test]
    fn subnets_are_a_tier_or_ids_in_two_zones_or_more() {
        assert_eq!(subnets("private"), Ok(Subnets::Tier("private".to_owned())));
        assert!(subnets("subnet-0123456789abcdef0,subnet-0123456789abcdef1").is_ok());
        let twice = "subnet-0123456789abcdef0,subnet-0123456789abcdef0";
        for bad in ["", "privat", "subnet-0123456789abcdef0", "subnet-xyz,subnet-abc", twice] {
            assert!(subnets(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_domain_has_labels_of_a_host_name() {
        assert_eq!(domain("Example.COM."), Ok("example.com".to_owned()));
        for bad in ["", "com", ".com", "a..b", "-a.com", "*.example.com", "a b.com", "http://example.com"] {
            assert!(domain(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn logs_name_a_bucket_and_perhaps_a_prefix() {
        let logs_of = |bucket: &str, prefix: &str| Logs { bucket: bucket.into(), prefix: prefix.into() };
        assert_eq!(logs("my-logs"), Ok(logs_of("my-logs", "")));
        assert_eq!(logs("my-logs/a/b/"), Ok(logs_of("my-logs", "a/b")));
        for bad in ["", "a", "My", "s3://x", "my-logs//a", "my-logs/AWSLogs", "a..b"] {
            assert!(logs(bad).is_err(), "{bad}");
        }
    }
}
