//! Values of record sets.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::error::fatal;
use super::name;

/// What is wrong with the values of a record set of a type, a line each.
#[must_use]
pub fn problems(kind: &str, values: &[String]) -> Vec<String> {
    let wrong = values.iter().filter_map(|value| problem(kind, value));
    let mut problems: Vec<String> = wrong.map(|why| format!("Invalid Resource Record: '{why}'")).collect();
    for (at, value) in values.iter().enumerate() {
        if values[..at].contains(value) {
            problems.push(format!("Duplicate Resource Record: '{value}'"));
        }
    }
    if kind == "CNAME" && values.len() > 1 {
        problems.push("RRSet of type CNAME contains more than one resource record".to_owned());
    }
    problems
}

fn problem(kind: &str, value: &str) -> Option<String> {
    let fatal = |problem| Some(fatal(problem, value));
    match kind {
        "A" if value.parse::<Ipv4Addr>().is_err() => {
            fatal("ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)")
        }
        "AAAA" if value.parse::<Ipv6Addr>().is_err() => {
            fatal("AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)")
        }
        "CNAME" | "NS" | "PTR" => name::canonical(value).err(),
        "TXT" | "SPF" if !quoted(value) => {
            fatal("InvalidCharacterString (Value should be enclosed in quotation marks)")
        }
        "MX" if !exchange(value) => fatal("MXRRDATANotTwoFields (MX record doesn't have 2 fields)"),
        _ if value.is_empty() => fatal("MissingValue (Value is empty)"),
        _ => None,
    }
}

fn quoted(value: &str) -> bool {
    value.len() >= 2 && value.starts_with('"') && value.ends_with('"')
}

fn exchange(value: &str) -> bool {
    let fields = value.split_once(' ');
    fields.is_some_and(|(priority, host)| priority.parse::<u16>().is_ok() && name::canonical(host).is_ok())
}

#[cfg(test)]
mod tests {
    use super::problems;

    #[test]
    fn values_must_fit_their_type() {
        let wrong = |kind, value: &str| problems(kind, &[value.to_owned()]);
        for (kind, value) in
            [("A", "10.0.0.1"), ("AAAA", "::1"), ("CNAME", "_x.acm-validations.aws."), ("TXT", "\"v=spf1\"")]
        {
            assert_eq!(wrong(kind, value), [""; 0], "{kind} {value}");
        }
        for (kind, value) in
            [("A", "10.0.0"), ("AAAA", "1.2.3.4"), ("CNAME", "a..b"), ("TXT", "bare"), ("MX", "mail")]
        {
            assert_eq!(wrong(kind, value).len(), 1, "{kind} {value}");
        }
        assert!(problems("A", &["1.1.1.1".into(), "1.1.1.1".into()])[0].starts_with("Duplicate"));
    }
}
