//! Address ranges from the command line, refused by name where AWS would refuse them.

use std::net::{IpAddr, Ipv4Addr};

use common::fault::Fault;
use common::identity::quoted;
use ipnet::{IpNet, Ipv4Net};

/// Ranges that `CreateVpc` answers with `InvalidVpc.Range`, whatever the length of the prefix: this network, loopback, link-local,
/// multicast and what is reserved above it.
const NEVER: [(Ipv4Addr, u8, &str); 4] = [
    (Ipv4Addr::UNSPECIFIED, 8, "this network"),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(224, 0, 0, 0), 3, "multicast or reserved"),
];

/// The range of a VPC.
///
/// # Errors
/// A usage fault that says what is wrong with it.
pub fn vpc(flag: &str, text: &str) -> Result<Ipv4Net, Fault> {
    let net = subnet(flag, text)?;
    for (address, prefix, what) in NEVER {
        if Ipv4Net::new(address, prefix).is_ok_and(|never| never.contains(&net.network())) {
            return Err(Fault::usage(format!("{flag} {net} is a {what} range, which AWS refuses"))
                .hint("use a private range, e.g. 10.0.0.0/16, 172.16.0.0/16 or 192.168.0.0/20"));
        }
    }
    Ok(net)
}

/// The range of a subnet: the same rules but for where it lies.
///
/// # Errors
/// A usage fault that says what is wrong with it.
pub fn subnet(flag: &str, text: &str) -> Result<Ipv4Net, Fault> {
    let net = match text.parse::<IpNet>() {
        Ok(IpNet::V4(net)) => net,
        Ok(IpNet::V6(_)) => return Err(is_ipv6(flag, text)),
        Err(_) if matches!(text.parse::<IpAddr>(), Ok(IpAddr::V6(_))) => return Err(is_ipv6(flag, text)),
        Err(_) => {
            return Err(Fault::usage(format!("{flag} {} is not an address range", quoted(text)))
                .hint("write it as in 10.0.0.0/16"));
        }
    };
    if !(16..=28).contains(&net.prefix_len()) {
        return Err(Fault::usage(format!("{flag} {net} is a /{}: AWS takes /16 to /28", net.prefix_len()))
            .hint("a /16 has 65536 addresses, a /28 has 16, of which AWS keeps five a subnet"));
    }
    if net.addr() != net.network() {
        return Err(Fault::usage(format!("{flag} {net} has host bits set"))
            .hint(format!("the range that holds it is {}", net.trunc())));
    }
    Ok(net)
}

fn is_ipv6(flag: &str, text: &str) -> Fault {
    Fault::usage(format!("{flag} {} is IPv6: the networks made here are IPv4", quoted(text)))
}

/// Whether two ranges share an address.
pub fn overlap(a: Ipv4Net, b: Ipv4Net) -> bool {
    a.contains(&b) || b.contains(&a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_would_refuse_is_refused_by_name() {
        for (text, reason) in [
            ("10.0.0.0", "not an address range"),
            ("hello", "not an address range"),
            ("10.0.0.0/33", "not an address range"),
            ("fd00::/56", "is IPv6"),
            ("::1", "is IPv6"),
            ("10.0.0.0/15", "/16 to /28"),
            ("10.0.0.0/29", "/16 to /28"),
            ("10.0.0.1/16", "host bits"),
            ("127.0.0.0/16", "loopback"),
            ("169.254.0.0/24", "link-local"),
            ("224.0.0.0/16", "multicast"),
            ("255.255.0.0/16", "multicast"),
            ("0.0.0.0/16", "this network"),
        ] {
            let refused = vpc("--cidr", text).unwrap_err().to_string();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
        for good in ["10.0.0.0/16", "192.168.4.0/22", "100.64.0.0/16", "172.31.255.240/28"] {
            assert!(vpc("--cidr", good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_hostile_range_stays_on_one_line() {
        let refused = vpc("--cidr", "10.0.0.0/16\n\u{1b}[2J").unwrap_err().to_string();
        assert!(!refused.contains('\n') && !refused.contains('\u{1b}'), "{refused}");
    }
}
