//! The single words of a rule: a role, traffic, a source. Each answers what was expected where a word is not one.

use std::net::IpAddr;

use ipnet::{IpNet, Ipv4Net};

use super::rule::{Source, Traffic, Transport};

/// Words that mean something else where a group's name may stand.
const RESERVED: [&str; 7] = ["admin", "all", "anywhere", "from", "icmp", "icmpv6", "the"];

/// The longest role. AWS takes 255 characters for the whole name; nobody reads so many.
const LONGEST_ROLE: usize = 63;

const TRAFFIC: &str = "traffic such as 3306/tcp, 8000-8100/udp, icmp or all";
const SOURCE: &str = "a source: a group's name, a CIDR such as 10.0.0.0/8, anywhere, admin, a prefix list pl-… or a group id sg-…";

/// A group's role: a lower-case letter, then lower-case letters, digits and hyphens.
///
/// # Errors
/// What was expected.
pub fn role(word: &str) -> Result<&str, String> {
    let well_formed = word.len() <= LONGEST_ROLE
        && word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !well_formed {
        return Err(format!("a group's name: a letter a-z, then a-z, 0-9 and -, {LONGEST_ROLE} at most"));
    }
    let taken =
        RESERVED.contains(&word) || ["sg-", "pl-", "protocol-"].iter().any(|prefix| word.starts_with(prefix));
    if taken {
        return Err("a group's name that means nothing else in a rule".to_owned());
    }
    Ok(word)
}

/// Whether a word begins a clause rather than a group's line.
pub(super) fn is_traffic(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_digit())
        || word.contains('/')
        || matches!(word, "all" | "icmp" | "icmpv6")
        || word.starts_with("protocol-")
}

pub(super) fn traffic(word: &str) -> Result<Traffic, String> {
    if let Some(number) = word.strip_prefix("protocol-") {
        return number_of::<u8>(number)
            .map(protocol)
            .ok_or_else(|| "a protocol number from 0 to 255, e.g. protocol-50".to_owned());
    }
    match word {
        "all" => return Ok(Traffic::All),
        "icmp" | "icmpv6" => return Ok(Traffic::Icmp { v6: word == "icmpv6", kind: None, code: None }),
        _ => {}
    }
    let (range, protocol) = word.split_once('/').ok_or_else(|| {
        let is_range = word.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        if is_range && !word.is_empty() {
            format!("a protocol after the port, such as {word}/tcp")
        } else {
            TRAFFIC.to_owned()
        }
    })?;
    match protocol {
        "tcp" => ports(range, Transport::Tcp),
        "udp" => ports(range, Transport::Udp),
        "icmp" => icmp(range, false),
        "icmpv6" => icmp(range, true),
        _ => Err("one of the protocols tcp, udp, icmp and icmpv6 after the /".to_owned()),
    }
}

/// A protocol by its number: those that have a name here are the same under both.
pub(super) fn protocol(number: u8) -> Traffic {
    let all = |transport| Traffic::Ports { from: 0, to: u16::MAX, transport };
    match number {
        1 => Traffic::Icmp { v6: false, kind: None, code: None },
        6 => all(Transport::Tcp),
        17 => all(Transport::Udp),
        58 => Traffic::Icmp { v6: true, kind: None, code: None },
        number => Traffic::Protocol(number),
    }
}

fn ports(range: &str, transport: Transport) -> Result<Traffic, String> {
    if range == "all" {
        return Ok(Traffic::Ports { from: 0, to: u16::MAX, transport });
    }
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    match (number_of(from), number_of(to)) {
        (Some(from), Some(to)) if from <= to => Ok(Traffic::Ports { from, to, transport }),
        (Some(_), Some(_)) => Err("a port range that begins with its lower port".to_owned()),
        _ => Err("a port from 0 to 65535, a range such as 8000-8100, or all".to_owned()),
    }
}

fn icmp(range: &str, v6: bool) -> Result<Traffic, String> {
    let (kind, code) = match range.split_once(':') {
        Some((kind, code)) => (number_of(kind), Some(number_of(code))),
        None => (number_of(range), None),
    };
    match (kind, code) {
        (Some(kind), None) => Ok(Traffic::Icmp { v6, kind: Some(kind), code: None }),
        (Some(kind), Some(Some(code))) => Ok(Traffic::Icmp { v6, kind: Some(kind), code: Some(code) }),
        _ => Err("an ICMP type from 0 to 255, or type:code such as 3:4".to_owned()),
    }
}

pub(super) fn source(word: &str) -> Result<Source, String> {
    match word {
        "anywhere" => return Ok(Source::Cidr(IpNet::V4(Ipv4Net::default()))),
        "admin" => return Ok(Source::Admin),
        _ => {}
    }
    if word.starts_with("pl-") {
        return Ok(Source::PrefixList(id(word, "pl-")?));
    }
    if word.starts_with("sg-") {
        return Ok(Source::GroupId { account: None, id: id(word, "sg-")? });
    }
    if let Some((account, group)) = word.split_once('/')
        && group.starts_with("sg-")
    {
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        if !is_account {
            return Err("an account of 12 digits before the group id".to_owned());
        }
        return Ok(Source::GroupId { account: Some(account.to_owned()), id: id(group, "sg-")? });
    }
    if word.contains(['.', ':', '/']) || word.starts_with(|first: char| first.is_ascii_digit()) {
        return cidr(word).map(Source::Cidr);
    }
    role(word).map(|role| Source::Group(role.to_owned())).map_err(|_| SOURCE.to_owned())
}

/// A CIDR block, truncated to its prefix as AWS does; an address alone is the block of that one address.
///
/// # Errors
/// What was expected.
pub fn cidr(word: &str) -> Result<IpNet, String> {
    let block = word.parse().or_else(|_| word.parse().map(|address: IpAddr| address.into()));
    block
        .map(|net: IpNet| net.trunc())
        .map_err(|_| "a CIDR such as 203.0.113.7/32 or 2001:db8::/32".to_owned())
}

fn id(word: &str, prefix: &str) -> Result<String, String> {
    let digits = word.strip_prefix(prefix).unwrap_or_default();
    let well_formed = (8..=17).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    well_formed.then(|| word.to_owned()).ok_or_else(|| format!("an id like {prefix}0123456789abcdef0"))
}

/// Digits only: Rust's own parser would take a plus sign.
fn number_of<N: std::str::FromStr>(text: &str) -> Option<N> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}
