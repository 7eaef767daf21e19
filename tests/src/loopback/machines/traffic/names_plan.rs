//! Which names there are, as a VPC and as the rest of the world see them.

use std::net::Ipv4Addr;

use super::names::{Meaning, Names, below, plain};
use crate::loopback::action::View;
use crate::loopback::clock::Time;
use crate::loopback::ec2::elastic_ip::host_name;
use crate::loopback::ec2::network_interface::NetworkInterface;
use crate::loopback::elbv2::LoadBalancer;
use crate::loopback::rds::Noun as _;
use crate::loopback::rds::instance::address;
use crate::loopback::route53::{RecordSet, Zone};
use crate::loopback::world::Region;

/// Who asks: a machine of a VPC, or anybody else.
#[derive(Clone, Copy)]
struct Asker<'a> {
    view: View<'a>,
    vpc: Option<&'a str>,
}

/// The names as a VPC's own resolver knows them. Its public addresses are loopback ones, which lead nowhere from within: what
/// has both a public and a private address is known by the private one, load balancers too, where AWS says the public one.
#[must_use]
pub fn inside(region: &Region, now: Time, vpc: &str) -> Names {
    let asker = Asker { view: View { region, now }, vpc: Some(vpc) };
    let mut names = asker.names();
    names.add_zone("ec2.internal");
    for interface in region.ec2.network_interfaces.values().filter(|interface| interface.vpc == vpc) {
        names.add(&interface.private_name(), Meaning::Addresses(vec![interface.private_ip]));
    }
    names
}

/// The names as the world knows them: public addresses where there are any, and else private ones, which AWS tells to
/// everybody too.
#[must_use]
pub fn outside(region: &Region, now: Time) -> Names {
    Asker { view: View { region, now }, vpc: None }.names()
}

impl Asker<'_> {
    fn names(self) -> Names {
        let mut names = Names::default();
        let region = self.view.region;
        for service in ["elb", "rds"] {
            let zone = match service {
                "elb" => format!("{}.elb.amazonaws.com", region.name),
                _ => format!("{}.rds.amazonaws.com", region.name),
            };
            names.add_zone(&zone);
        }
        names.add_zone("compute-1.amazonaws.com");
        self.load_balancers(&mut names);
        self.databases(&mut names);
        self.public_names(&mut names);
        self.hosted_zones(&mut names);
        names
    }

    /// The address under which an interface is known.
    fn address(self, interface: &NetworkInterface) -> Ipv4Addr {
        let within = self.vpc == Some(interface.vpc.as_str());
        interface.public(self.view).filter(|_| !within).unwrap_or(interface.private_ip)
    }

    fn load_balancers(self, names: &mut Names) {
        let region = self.view.region;
        let active = |balancer: &&LoadBalancer| balancer.state(self.view.now) == "active";
        for balancer in region.elbv2.load_balancers.values().filter(active) {
            let places = balancer.places.iter();
            let interfaces = places.filter_map(|place| region.ec2.network_interfaces.get(&place.interface));
            let addresses: Vec<Ipv4Addr> = interfaces.map(|interface| self.address(interface)).collect();
            names.add(&balancer.host, Meaning::Addresses(addresses.clone()));
            // The name that aliases in Route 53 may use instead.
            names.add(&format!("dualstack.{}", balancer.host), Meaning::Addresses(addresses));
        }
    }

    fn databases(self, names: &mut Names) {
        let region = self.view.region;
        for instance in region.rds.instances.values().filter(|instance| instance.born <= self.view.now) {
            // The first interface is the primary's; a standby's has no name.
            let first = instance.network.interfaces.first();
            let interface = first.and_then(|(id, _)| region.ec2.network_interfaces.get(id));
            if let Some(interface) = interface {
                let meaning = Meaning::Addresses(vec![self.address(interface)]);
                names.add(&address(region, instance.name()), meaning);
            }
        }
    }

    /// Those of public addresses, where the VPC has host names switched on.
    fn public_names(self, names: &mut Names) {
        let ec2 = &self.view.region.ec2;
        for interface in ec2.network_interfaces.values() {
            let has_names = ec2.vpcs.get(&interface.vpc).is_some_and(|vpc| vpc.dns_hostnames);
            if let Some(public) = interface.public(self.view).filter(|_| has_names) {
                names.add(&host_name(public), Meaning::Addresses(vec![self.address(interface)]));
            }
        }
    }

    /// The records of the hosted zones that can be seen. A name belongs to the nearest zone above it, a private one before a
    /// public one of the same name, and to no other even where that one knows nothing of it.
    fn hosted_zones(self, names: &mut Names) {
        let region = self.view.region;
        let seen = |zone: &&Zone| {
            let own = |(name, vpc): &(String, String)| *name == region.name && Some(vpc.as_str()) == self.vpc;
            zone.networks.is_empty() || zone.networks.iter().any(own)
        };
        let mut zones: Vec<&Zone> = region.route53.zones.values().filter(seen).collect();
        zones.sort_by_key(|zone| (std::cmp::Reverse(zone.name.len()), zone.networks.is_empty()));
        for zone in &zones {
            names.add_zone(&zone.name);
            for record in zone.records.values() {
                let name = readable(&record.name);
                let nearest = zones.iter().find(|zone| below(&name, &plain(&zone.name)));
                if nearest.is_some_and(|nearest| nearest.id == zone.id) {
                    names.add(&name, meaning(record));
                }
            }
        }
    }
}

/// A name of Route 53's with its wildcard as one writes it.
fn readable(canonical: &str) -> String {
    plain(&canonical.replace("\\052", "*"))
}

fn meaning(record: &RecordSet) -> Meaning {
    match (record.kind.as_str(), &record.alias, record.values.first()) {
        ("A" | "CNAME", Some(alias), _) => Meaning::Alias(readable(&alias.target)),
        ("A", None, _) => {
            Meaning::Addresses(record.values.iter().filter_map(|value| value.parse().ok()).collect())
        }
        ("CNAME", None, Some(target)) => Meaning::Canonical(readable(target)),
        _ => Meaning::Other,
    }
}
