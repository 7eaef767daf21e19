//! A rule: which traffic is let in, and from where. Its text can be read back: `parse(display(rule)) == rule`.

use std::collections::BTreeMap;
use std::fmt;

use ipnet::IpNet;

/// One rule of a security group: AWS counts, adds and takes away rules in this grain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    pub traffic: Traffic,
    pub source: Source,
}

/// Protocol and ports, normalised: what AWS treats as one is one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Traffic {
    /// `3306/tcp`, `8000-8100/udp`, `all/tcp`.
    Ports { from: u16, to: u16, transport: Transport },
    /// `icmp`, `8/icmp`, `8:0/icmp`: no kind is all kinds, no code is all codes.
    Icmp { v6: bool, kind: Option<u8>, code: Option<u8> },
    /// `protocol-50`: any other protocol, by its number.
    Protocol(u8),
    /// `all`: every protocol and port.
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Transport {
    Tcp,
    Udp,
}

/// Where traffic comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A group of this environment, by its role.
    Group(String),
    /// The admin CIDRs, whichever they are. Never on AWS's side: there they are CIDRs.
    Admin,
    /// Truncated to its prefix, as AWS stores it. `anywhere` is 0.0.0.0/0: the VPC has no IPv6 addresses.
    Cidr(IpNet),
    /// A managed prefix list, `pl-…`.
    PrefixList(String),
    /// A group of somebody else, `sg-…`, with its account where that is another one.
    GroupId { account: Option<String>, id: String },
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}", self.traffic, self.source)
    }
}

impl fmt::Display for Traffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ports { from: 0, to: u16::MAX, transport } => write!(f, "all/{transport}"),
            Self::Ports { from, to, transport } if from == to => write!(f, "{from}/{transport}"),
            Self::Ports { from, to, transport } => write!(f, "{from}-{to}/{transport}"),
            Self::Icmp { v6, kind, code } => {
                if let Some(kind) = kind {
                    write!(f, "{kind}")?;
                    if let Some(code) = code {
                        write!(f, ":{code}")?;
                    }
                    f.write_str("/")?;
                }
                f.write_str(if *v6 { "icmpv6" } else { "icmp" })
            }
            Self::Protocol(number) => write!(f, "protocol-{number}"),
            Self::All => f.write_str("all"),
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(role) => f.write_str(role),
            Self::Admin => f.write_str("admin"),
            Self::Cidr(IpNet::V4(net)) if net.prefix_len() == 0 => f.write_str("anywhere"),
            Self::Cidr(net) => write!(f, "{net}"),
            Self::PrefixList(id) | Self::GroupId { account: None, id } => f.write_str(id),
            Self::GroupId { account: Some(account), id } => write!(f, "{account}/{id}"),
        }
    }
}

/// The rules with those of the same traffic together: `3306/tcp` and its sources.
pub fn by_traffic<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> BTreeMap<Traffic, Vec<&'a Source>> {
    let mut grouped: BTreeMap<Traffic, Vec<&Source>> = BTreeMap::new();
    for rule in rules {
        grouped.entry(rule.traffic).or_default().push(&rule.source);
    }
    grouped
}

/// The rules in the shortest text that reads back as the same: `22/tcp from bastion, vpn; 8080/tcp from app-alb`.
pub fn clauses<'a>(rules: impl IntoIterator<Item = &'a Rule>) -> String {
    by_traffic(rules)
        .iter()
        .map(|(traffic, sources)| {
            let sources: Vec<String> = sources.iter().map(ToString::to_string).collect();
            format!("{traffic} from {}", sources.join(", "))
        })
        .collect::<Vec<_>>()
        .join("; ")
}
