//! What machines and networks there are to be, read from the state of a Region.

use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::firewall;
use crate::loopback::action::View;
use crate::loopback::clock::{Clock, Time};
use crate::loopback::ec2::instance::Instance;
use crate::loopback::ec2::instance_state::{Life, State};
use crate::loopback::ec2::network_interface::NetworkInterface;
use crate::loopback::ec2::route::{Destination, Target};
use crate::loopback::ec2::route_table::RouteTable;
use crate::loopback::ec2::route_table_association::Association;
use crate::loopback::world::Region;

/// Everything of one Region that is to be real.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    pub machines: Vec<Machine>,
    pub images: Vec<Image>,
    pub networks: Vec<Network>,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    pub id: String,
    pub vpc: String,
    pub image: String,
    pub address: Ipv4Addr,
    /// Of its subnet's range.
    pub prefix: u8,
    pub resolver: Ipv4Addr,
    /// As EC2 has it: what cloud-init reads.
    pub user_data: Vec<u8>,
    /// Public keys of its key pair.
    pub keys: Vec<String>,
    pub power: Power,
}

/// Whether it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Power {
    /// Since a moment; another moment is another start.
    On(Time),
    Off,
}

/// An image of the account's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    pub id: String,
    /// The instance it was made of.
    pub instance: Option<String>,
    /// The image it was copied from, or that its instance was launched from.
    pub source: Option<String>,
}

/// A VPC that has machines or load balancers in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    pub vpc: String,
    /// Addresses that the VPC's router answers for itself: the name server's and those of load balancers.
    pub own: Vec<Ipv4Addr>,
    /// Where names are asked for: the range's base plus two.
    pub resolver: Ipv4Addr,
    /// The rules of its firewall, as `nft` reads them.
    pub firewall: String,
}

impl Wanted {
    #[must_use]
    pub fn of(region: &Region, clock: &Clock, now: Time) -> Self {
        let view = View { region, now };
        let machines: Vec<Machine> =
            region.ec2.instances.values().filter_map(|instance| machine(instance, view)).collect();
        let own = |image: &&crate::loopback::ec2::image::Image| image.owner.is_empty();
        let images = region.ec2.images.values().filter(own).map(|image| Image {
            id: image.meta.id.clone(),
            instance: image.instance.clone(),
            source: image.source.as_ref().map(|(id, _)| id.clone()),
        });
        let networks = region.ec2.vpcs.keys().filter(|vpc| {
            machines.iter().any(|machine| machine.vpc == **vpc)
                || region.elbv2.load_balancers.values().any(|balancer| balancer.vpc == **vpc)
        });
        let networks = networks.filter_map(|vpc| network(vpc, &machines, clock, view)).collect();
        Self { images: images.collect(), networks, machines }
    }
}

/// None for one that is terminated or about to be.
fn machine(instance: &Instance, view: View<'_>) -> Option<Machine> {
    let power = match (instance.state(view.now), instance.life) {
        (State::Running, Life::Running { from, .. }) => Power::On(from),
        (State::Stopping | State::Stopped | State::Pending, _) => Power::Off,
        _ => return None,
    };
    let ec2 = &view.region.ec2;
    let primary = instance.primary(ec2)?;
    let key = |name: &String| ec2.key_pairs.values().find(|key| key.name == *name);
    let user_data = instance.user_data.as_ref().and_then(|data| BASE64.decode(data).ok());
    Some(Machine {
        id: instance.meta.id.clone(),
        vpc: instance.vpc.clone(),
        image: instance.image.clone(),
        address: primary.private_ip,
        prefix: ec2.subnets.get(&instance.subnet)?.cidr.prefix_len(),
        resolver: resolver(&instance.vpc, view)?,
        user_data: user_data.unwrap_or_default(),
        keys: instance.key.as_ref().and_then(key).map(|key| key.public.clone()).into_iter().collect(),
        power,
    })
}

/// AWS's name server has the third address of a VPC's range.
fn resolver(vpc: &str, view: View<'_>) -> Option<Ipv4Addr> {
    let base = view.region.ec2.vpcs.get(vpc)?.cidr.network();
    Some(Ipv4Addr::from(u32::from(base).saturating_add(2)))
}

fn network(vpc: &str, machines: &[Machine], clock: &Clock, view: View<'_>) -> Option<Network> {
    let resolver = resolver(vpc, view)?;
    let interfaces = &view.region.ec2.network_interfaces;
    let balancing: Vec<&NetworkInterface> = interfaces
        .values()
        .filter(|it| it.vpc == vpc && it.requester.as_deref() == Some("amazon-elb"))
        .collect();
    let own = balancing.iter().map(|it| it.private_ip).chain([resolver]).collect();
    let here: Vec<&Machine> =
        machines.iter().filter(|it| it.vpc == vpc && matches!(it.power, Power::On(_))).collect();
    let firewall = firewall::rules(vpc, resolver, &here, &balancing, clock, view);
    Some(Network { vpc: vpc.to_owned(), own, resolver, firewall })
}

/// Whether what an interface sends to the internet gets there: by a NAT gateway that works, or by the internet gateway where it has a
/// public address.
#[must_use]
pub fn has_way_out(interface: &NetworkInterface, view: View<'_>) -> bool {
    let tables = || view.region.ec2.route_tables.values().filter(|table| table.vpc == interface.vpc);
    let of_subnet = |table: &&RouteTable| {
        table.associations.iter().any(|it| it.subnet.as_deref() == Some(interface.subnet.as_str()))
    };
    let is_main = |table: &&RouteTable| table.associations.iter().any(Association::main);
    let Some(table) = tables().find(of_subnet).or_else(|| tables().find(is_main)) else { return false };
    let everywhere = |destination: &Destination| matches!(destination, Destination::Cidr(range) if range.prefix_len() == 0);
    table.routes.iter().filter(|route| everywhere(&route.destination)).any(|route| match &route.target {
        Target::NatGateway(id) => {
            let gateway = view.region.ec2.nat_gateways.get(id);
            gateway.is_some_and(|gateway| gateway.state(view.now) == "available")
        }
        Target::InternetGateway(_) => {
            route.state(table, view) == "active" && interface.public(view).is_some()
        }
        _ => false,
    })
}
