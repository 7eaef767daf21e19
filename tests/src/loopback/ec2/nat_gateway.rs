//! NAT gateways: minutes to become available, an interface of their own, an address held until they are deleted.

use super::describe::{Shape, describe};
use super::elastic_ip::{Association, ElasticIp};
use super::network_interface::{self, Spec};
use super::noun::kept;
use super::subnet::Subnet;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::clock::{Clock, Time};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;
use crate::loopback::{id, tag};

pub const ACTIONS: &[Action] = &[
    write("CreateNatGateway", create, "SubnetId! AllocationId ConnectivityType ClientToken @tags"),
    read("DescribeNatGateways", list, "NatGatewayId.N @filters @page"),
    write("DeleteNatGateway", delete, "NatGatewayId!"),
];

/// NAT gateways an Availability Zone, pending and deleting ones included.
const QUOTA: usize = 5;
const PENDING_SECONDS: f64 = 90.0;
const FAILING_SECONDS: f64 = 15.0;
const DELETING_SECONDS: f64 = 45.0;
/// How long deleted and failed ones can still be seen.
const LINGER_SECONDS: f64 = 3600.0;

#[derive(Clone, Debug)]
pub struct NatGateway {
    pub meta: Meta,
    pub subnet: String,
    pub vpc: String,
    pub allocation: Option<String>,
    pub interface: Option<String>,
    pub private_ip: String,
    pub public_ip: Option<String>,
    pub association: Option<String>,
    /// When it leaves pending.
    pub settled: Time,
    /// Code and message, for one that fails.
    pub failure: Option<(String, String)>,
    /// When it was told to go, and when it is gone.
    pub deleted: Option<(Time, Time)>,
}

impl Noun for NatGateway {
    const KIND: Kind = Kind {
        tag: "natgateway",
        prefix: "nat-",
        word: "Nat Gateway",
        malformed: "NatGatewayMalformed",
        not_found: "NatGatewayNotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("nat-gateway-id", |nat, _| vec![nat.meta.id.clone()]),
        ("state", |nat, view| vec![nat.state(view.now).to_owned()]),
        ("subnet-id", |nat, _| vec![nat.subnet.clone()]),
        ("vpc-id", |nat, _| vec![nat.vpc.clone()]),
    ];

    kept!(nat_gateways);

    fn show(&self, view: View<'_>) -> Node {
        let state = self.state(view.now);
        let status = match state {
            "pending" => "associating",
            "available" => "succeeded",
            "failed" => "failed",
            _ => "disassociating",
        };
        let address = Node::new()
            .maybe("allocationId", self.allocation.as_ref())
            .maybe("networkInterfaceId", self.interface.as_ref())
            .put("privateIp", &self.private_ip)
            .maybe("publicIp", self.public_ip.as_ref())
            .maybe("associationId", self.association.as_ref())
            .put("isPrimary", true)
            .put("status", status);
        let failure = self.failure.as_ref().filter(|_| state == "failed");
        Node::new()
            .put("natGatewayId", self.id())
            .put("subnetId", &self.subnet)
            .put("vpcId", &self.vpc)
            .put("state", state)
            .put("createTime", self.meta.made)
            .maybe("deleteTime", self.deleted.map(|(told, _)| told))
            .maybe("failureCode", failure.map(|(code, _)| code))
            .maybe("failureMessage", failure.map(|(_, message)| message))
            .put("connectivityType", if self.allocation.is_some() { "public" } else { "private" })
            .list("natGatewayAddressSet", [address])
            .list("tagSet", tag::nodes(&self.meta.tags))
    }
}

impl NatGateway {
    #[must_use]
    pub fn state(&self, now: Time) -> &'static str {
        match self.deleted {
            Some((_, gone)) if now >= gone => "deleted",
            Some(_) => "deleting",
            None if now < self.settled => "pending",
            None if self.failure.is_some() => "failed",
            None => "available",
        }
    }

    /// Whether it holds its subnet and address, and counts for the quota.
    #[must_use]
    pub fn alive(&self, now: Time) -> bool {
        !matches!(self.state(now), "deleted" | "failed")
    }
}

/// Forgets what has long been deleted or failed.
pub fn settle(region: &mut Region, clock: &Clock, now: Time) {
    region.ec2.nat_gateways.retain(|_, nat| {
        let end = nat.deleted.map_or(nat.settled, |(_, gone)| gone);
        nat.alive(now) || clock.after(end, LINGER_SECONDS) > now
    });
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let made = match call.replayed("ClientToken")?.filter(|id| call.region.ec2.nat_gateways.contains_key(id))
    {
        Some(id) => id,
        None => make(call)?,
    };
    let shown = call.region.ec2.nat_gateways.get(&made).map(|nat| nat.show(call.view())).unwrap_or_default();
    Ok(Node::new().maybe("clientToken", call.params.text("ClientToken")).node("natGateway", shown).into())
}

fn make(call: &mut Call<'_>) -> Result<String> {
    let subnet = call.named::<Subnet>("SubnetId")?.clone();
    let private = match call.params.text("ConnectivityType") {
        None | Some("public") => false,
        Some("private") => true,
        Some(other) => {
            return Err(AwsError::invalid_value(format!(
                "Value ({other}) for parameter connectivityType is invalid."
            )));
        }
    };
    let ip = match (private, call.params.text("AllocationId")) {
        (false, Some(id)) => Some(call.find::<ElasticIp>(id)?.clone()),
        (true, None) => None,
        (false, None) => return Err(crate::loopback::params::missing("AllocationId")),
        (true, Some(_)) => {
            let message = "AllocationId cannot be specified for a private NAT gateway.";
            return Err(AwsError::new("InvalidParameterCombination", message));
        }
    };
    quota(call, &subnet)?;
    let failure = failure(call, &subnet, ip.as_ref());
    let meta = call.make::<NatGateway>()?;
    let id = meta.id.clone();
    let nat = build(call, meta, &subnet, ip, failure)?;
    call.keep(nat);
    call.remember("ClientToken", &id);
    Ok(id)
}

fn quota(call: &Call<'_>, subnet: &Subnet) -> Result<()> {
    let most = call.conditions.quota("natgateway", QUOTA);
    let ec2 = &call.region.ec2;
    let here = |nat: &&NatGateway| {
        nat.alive(call.now) && ec2.subnets.get(&nat.subnet).is_some_and(|other| other.zone == subnet.zone)
    };
    if ec2.nat_gateways.values().filter(here).count() >= most {
        let message = format!("Performing this operation would exceed the limit of {most} NAT gateways");
        return Err(AwsError::new("NatGatewayLimitExceeded", message));
    }
    Ok(())
}

/// Why it will fail, which AWS tells only after a while.
fn failure(call: &Call<'_>, subnet: &Subnet, ip: Option<&ElasticIp>) -> Option<(String, String)> {
    if let Some(code) = &call.conditions.nat_fails {
        return Some((code.clone(), "The NAT gateway could not be created.".to_owned()));
    }
    let ec2 = &call.region.ec2;
    let ip = ip?;
    if ip.association.is_some() {
        let message = format!("Elastic IP address [{}] is already associated", ip.meta.id);
        return Some(("Resource.AlreadyAssociated".to_owned(), message));
    }
    if !ec2.internet_gateways.values().any(|gateway| gateway.vpc.as_ref() == Some(&subnet.vpc)) {
        let message = format!("Network {} has no Internet gateway attached", subnet.vpc);
        return Some(("Gateway.NotAttached".to_owned(), message));
    }
    None
}

/// The gateway, with its interface and address where it will not fail.
fn build(
    call: &mut Call<'_>,
    meta: Meta,
    subnet: &Subnet,
    ip: Option<ElasticIp>,
    failure: Option<(String, String)>,
) -> Result<NatGateway> {
    let seconds = if failure.is_some() { FAILING_SECONDS } else { PENDING_SECONDS };
    let mut nat = NatGateway {
        subnet: subnet.meta.id.clone(),
        vpc: subnet.vpc.clone(),
        allocation: ip.as_ref().map(|ip| ip.meta.id.clone()),
        interface: None,
        private_ip: String::new(),
        public_ip: ip.as_ref().map(|ip| ip.address.to_string()),
        association: None,
        settled: call.after(seconds),
        failure,
        deleted: None,
        meta,
    };
    if nat.failure.is_some() {
        return Ok(nat);
    }
    let description = format!("Interface for NAT Gateway {}", nat.meta.id);
    let spec =
        Spec { kind: "nat_gateway", requester: Some("amazon-aws"), ..Spec::new(&nat.subnet, &description) };
    let interface = network_interface::open(call.region, call.now, spec)?;
    nat.private_ip = call
        .region
        .ec2
        .network_interfaces
        .get(&interface)
        .map(|i| i.private_ip.to_string())
        .unwrap_or_default();
    if let Some(ip) = ip {
        let id = id::fresh(&mut call.region.rng, "eipassoc-");
        nat.association = Some(id.clone());
        call.find_mut::<ElasticIp>(&ip.meta.id)?.association =
            Some(Association { id, interface: interface.clone() });
    }
    nat.interface = Some(interface);
    Ok(nat)
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    describe::<NatGateway>(call, &Shape::new("NatGatewayId", "natGatewaySet"))
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let nat = call.named::<NatGateway>("NatGatewayId")?;
    let (id, interface, state) = (nat.meta.id.clone(), nat.interface.clone(), nat.state(call.now));
    if state == "deleted" {
        return Err(NatGateway::KIND.not_found(&[&id]));
    }
    // Deleting what is being deleted already is no error, and does not begin again.
    if state != "deleting" {
        let (now, gone) = (call.now, call.after(if state == "failed" { 0.0 } else { DELETING_SECONDS }));
        call.find_mut::<NatGateway>(&id)?.deleted = Some((now, gone));
        if let Some(interface) = interface {
            network_interface::close(call.region, &interface, gone);
        }
    }
    Ok(Node::new().put("natGatewayId", id).into())
}
