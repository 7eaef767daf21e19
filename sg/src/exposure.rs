//! Warnings where administration is open to the world.

use common::session::Session;
use ipnet::IpNet;
use sg::rules::{Rule, Source, Traffic, Transport};

/// Ports on which machines and databases are administered.
const ADMINISTRATION: [(u16, &str); 16] = [
    (22, "SSH"),
    (23, "telnet"),
    (943, "OpenVPN's administration"),
    (1433, "SQL Server"),
    (1521, "Oracle"),
    (2375, "Docker"),
    (2376, "Docker"),
    (3306, "MySQL"),
    (3389, "remote desktop"),
    (5432, "PostgreSQL"),
    (5900, "VNC"),
    (5985, "WinRM"),
    (5986, "WinRM"),
    (6379, "Redis"),
    (9200, "Elasticsearch"),
    (27017, "MongoDB"),
];

/// Warns of every rule that lets the world administer; `name` is the group's.
pub fn warn<'a>(session: &Session, name: &str, rules: impl IntoIterator<Item = &'a Rule>) {
    for rule in rules {
        if let Some(what) = exposed(rule) {
            session.progress.warning(&format!("{name}: {rule} opens {what} to the whole world"));
        }
    }
}

/// What the rule opens to the world for administration, if anything.
fn exposed(rule: &Rule) -> Option<String> {
    let is_world = matches!(&rule.source, Source::Cidr(net) if is_world(net));
    if !is_world {
        return None;
    }
    match rule.traffic {
        Traffic::All => Some("everything".to_owned()),
        Traffic::Ports { from, to, transport } => {
            let inside: Vec<&str> = ADMINISTRATION
                .iter()
                .filter(|(port, _)| (from..=to).contains(port))
                // Only remote desktop is spoken over UDP as well.
                .filter(|(port, _)| transport == Transport::Tcp || *port == 3389)
                .map(|(_, what)| *what)
                .collect();
            match inside.as_slice() {
                [] => None,
                [one] => Some((*one).to_owned()),
                [first, rest @ ..] => Some(format!("{first} and {} more ways to administer", rest.len())),
            }
        }
        Traffic::Icmp { .. } | Traffic::Protocol(_) => None,
    }
}

/// So wide that it is no longer somebody's network: two halves of the world are the world.
fn is_world(net: &IpNet) -> bool {
    match net {
        IpNet::V4(net) => net.prefix_len() < 8,
        IpNet::V6(net) => net.prefix_len() < 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warns(text: &str) -> bool {
        sg::rules::rules_of(text).unwrap().iter().any(|rule| exposed(rule).is_some())
    }

    #[test]
    fn administration_open_to_the_world_is_told_and_web_traffic_is_not() {
        for open in
            ["22/tcp from anywhere", "943/tcp from ::/0", "3000-4000/tcp from 0.0.0.0/1", "all from anywhere"]
        {
            assert!(warns(open), "{open}");
        }
        for fine in [
            "443/tcp from anywhere",
            "22/tcp from 10.0.0.0/8",
            "1194/udp from anywhere",
            "icmp from anywhere",
        ] {
            assert!(!warns(fine), "{fine}");
        }
    }
}
