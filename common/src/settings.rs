//! The flags that every command takes.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;

/// Flags of every command and verb.
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
#[derive(Debug, Clone, Default, Args)]
// In man pages, which have no order but this, after the verb's own.
#[command(next_display_order = 100)]
pub struct Settings {
    /// Project, e.g. expense; part of every name
    #[arg(long, global = true, value_name = "NAME", help_heading = "Environment")]
    pub project: Option<String>,
    /// Environment, e.g. dev; part of every name
    #[arg(long = "env", global = true, value_name = "NAME", help_heading = "Environment")]
    pub environment: Option<String>,
    /// A tag of your own, put on everything (repeatable)
    #[arg(long = "tag", global = true, value_name = "KEY=VALUE", value_parser = key_value, help_heading = "Environment")]
    pub tags: Vec<(String, String)>,

    /// Profile of the AWS configuration files
    #[arg(long, global = true, value_name = "NAME", help_heading = "AWS")]
    pub profile: Option<String>,
    /// AWS Region
    #[arg(long, global = true, value_name = "REGION", help_heading = "AWS")]
    pub region: Option<String>,
    /// Send every call to this URL instead of AWS
    #[arg(long, global = true, value_name = "URL", value_parser = url, help_heading = "AWS")]
    pub endpoint_url: Option<String>,

    /// Say what would be made, changed and deleted, and do none of it
    #[arg(long, global = true, help_heading = "Running")]
    pub dry_run: bool,
    /// Write the document and end, without waiting until all is ready
    #[arg(long, global = true, help_heading = "Running")]
    pub no_wait: bool,
    /// Longest wait until ready, e.g. 90s, 15m or 2h; each kind of resource has its own by default
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, help_heading = "Running")]
    pub timeout: Option<Duration>,
    /// No progress on stderr, only warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Running")]
    pub quiet: bool,
    /// Each AWS call on stderr
    #[arg(short, long, global = true, help_heading = "Running")]
    pub verbose: bool,
}

impl Settings {
    /// The tags given, the last of each key.
    pub fn tags(&self) -> BTreeMap<String, String> {
        self.tags.iter().cloned().collect()
    }
}

/// Splits `KEY=VALUE`.
///
/// # Errors
/// No `=`, or nothing before it.
pub fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".to_owned()),
    }
}

/// Takes what begins as a URL does: the rest is told where it cannot be reached.
///
/// # Errors
/// No scheme.
fn url(text: &str) -> Result<String, String> {
    if text.starts_with("http://") || text.starts_with("https://") {
        return Ok(text.to_owned());
    }
    Err("expected a URL such as http://127.0.0.1:4566".to_owned())
}

/// Reads `90s`, `15m` or `2h`; a bare number is seconds.
///
/// # Errors
/// Anything else, zero, or more than a week.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        other => return Err(format!("unknown unit {other:?}: use s, m or h")),
    };
    let seconds = digits
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(unit))
        .filter(|seconds| (1..=7 * 24 * 3600).contains(seconds))
        .ok_or("expected a time from 1s to 168h, e.g. 90s, 15m or 2h")?;
    Ok(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        assert_eq!(duration("15m"), Ok(Duration::from_mins(15)));
        assert_eq!(duration("90"), Ok(Duration::from_secs(90)));
        for bad in ["", "m", "0s", "5d", "-1s", "1e9h", "99999999999999999999s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
