//! What every account finds in a Region: a VPC that has never been asked for.

use ipnet::Ipv4Net;

use super::Noun;
use super::availability_zone;
use super::internet_gateway::InternetGateway;
use super::route::{Destination, Origin, Route, Target};
use super::subnet::Subnet;
use super::vpc::{self, Vpc};
use crate::loopback::action::Meta;
use crate::loopback::clock::Time;
use crate::loopback::tag::Tags;
use crate::loopback::world::Region;

/// 172.31.0.0/16, a subnet of 4096 addresses in each zone, an internet gateway and the route to it.
pub fn make(region: &mut Region, now: Time) {
    let Ok(cidr) = "172.31.0.0/16".parse::<Ipv4Net>() else { return };
    let meta = |region: &mut Region, prefix| Meta::fresh(&mut region.rng, prefix, Tags::new(), now);
    let vpc_meta = meta(region, Vpc::KIND.prefix);
    let id = vpc_meta.id.clone();
    let vpc = Vpc { meta: vpc_meta, cidr, default: true, ready: now, dns_support: true, dns_hostnames: true };
    let table = vpc::companions(region, &vpc, now);
    region.ec2.vpcs.insert(id.clone(), vpc);
    let gateway = meta(region, InternetGateway::KIND.prefix);
    let target = Target::InternetGateway(gateway.id.clone());
    let route = Route { destination: Destination::Cidr(Ipv4Net::default()), target, origin: Origin::Route };
    region
        .ec2
        .internet_gateways
        .insert(gateway.id.clone(), InternetGateway { meta: gateway, vpc: Some(id.clone()) });
    if let Some(table) = region.ec2.route_tables.get_mut(&table) {
        table.routes.push(route);
    }
    for (zone, cidr) in
        availability_zone::zones(region).into_iter().zip(cidr.subnets(20).into_iter().flatten())
    {
        let meta = meta(region, Subnet::KIND.prefix);
        let subnet = Subnet { meta, vpc: id.clone(), cidr, zone, default: true, public: true };
        region.ec2.subnets.insert(subnet.meta.id.clone(), subnet);
    }
}
