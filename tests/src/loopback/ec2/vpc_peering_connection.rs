//! Peering connections between two VPCs of the Region.

use ipnet::Ipv4Net;

use super::describe::{Shape, describe};
use super::noun::kept;
use super::vpc::Vpc;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, done, read, write};
use crate::loopback::clock::{Clock, Time};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::tag;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("CreateVpcPeeringConnection", create, "VpcId! PeerVpcId! PeerOwnerId PeerRegion @tags"),
    write("AcceptVpcPeeringConnection", accept, "VpcPeeringConnectionId!"),
    write("RejectVpcPeeringConnection", reject, "VpcPeeringConnectionId!"),
    read("DescribeVpcPeeringConnections", list, "VpcPeeringConnectionId.N @filters @page"),
    write("DeleteVpcPeeringConnection", delete, "VpcPeeringConnectionId!"),
];

const INITIATING_SECONDS: f64 = 1.0;
const PROVISIONING_SECONDS: f64 = 3.0;
const DELETING_SECONDS: f64 = 2.0;
/// How long dead ones can still be seen.
const LINGER_SECONDS: f64 = 7200.0;
const WEEK_SECONDS: f64 = 604_800.0;

#[derive(Clone, Debug)]
pub struct VpcPeeringConnection {
    pub meta: Meta,
    pub requester: Side,
    pub accepter: Side,
    phase: Phase,
    expires: Time,
}

/// One of the two VPCs.
#[derive(Clone, Debug)]
pub struct Side {
    pub vpc: String,
    pub cidr: Ipv4Net,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Asked for; can be accepted from then on.
    Asked(Time),
    /// Accepted; active from then on.
    Accepted(Time),
    Rejected(Time),
    /// Told to go; gone from then on.
    Deleted(Time),
    /// The blocks overlap.
    Failed(Time),
}

impl Noun for VpcPeeringConnection {
    const KIND: Kind = Kind {
        tag: "vpc-peering-connection",
        prefix: "pcx-",
        word: "vpcPeeringConnection ID",
        malformed: "InvalidVpcPeeringConnectionId.Malformed",
        not_found: "InvalidVpcPeeringConnectionID.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("vpc-peering-connection-id", |peering, _| vec![peering.meta.id.clone()]),
        ("status-code", |peering, view| vec![peering.status(view.now).0.to_owned()]),
        ("requester-vpc-info.vpc-id", |peering, _| vec![peering.requester.vpc.clone()]),
        ("requester-vpc-info.cidr-block", |peering, _| vec![peering.requester.cidr.to_string()]),
        ("requester-vpc-info.owner-id", |_, view| vec![view.region.account.clone()]),
        ("accepter-vpc-info.vpc-id", |peering, _| vec![peering.accepter.vpc.clone()]),
        ("accepter-vpc-info.cidr-block", |peering, _| vec![peering.accepter.cidr.to_string()]),
        ("accepter-vpc-info.owner-id", |_, view| vec![view.region.account.clone()]),
    ];

    kept!(vpc_peering_connections);

    fn show(&self, view: View<'_>) -> Node {
        let (code, message) = self.status(view.now);
        let expires = Some(self.expires).filter(|_| code == "pending-acceptance");
        Node::new()
            .put("vpcPeeringConnectionId", self.id())
            .node("requesterVpcInfo", self.requester.show(view))
            .node("accepterVpcInfo", self.accepter.show(view))
            .maybe("expirationTime", expires)
            .node("status", Node::new().put("code", code).put("message", message))
            .list("tagSet", tag::nodes(&self.meta.tags))
    }
}

impl Side {
    fn show(&self, view: View<'_>) -> Node {
        let options = Node::new()
            .put("allowDnsResolutionFromRemoteVpc", false)
            .put("allowEgressFromLocalClassicLinkToRemoteVpc", false)
            .put("allowEgressFromLocalVpcToRemoteClassicLink", false);
        Node::new()
            .put("vpcId", &self.vpc)
            .put("ownerId", &view.region.account)
            .put("region", &view.region.name)
            .put("cidrBlock", self.cidr)
            .list("cidrBlockSet", [Node::new().put("cidrBlock", self.cidr)])
            .node("peeringOptions", options)
    }
}

impl VpcPeeringConnection {
    /// Code and message.
    #[must_use]
    pub fn status(&self, now: Time) -> (&'static str, &'static str) {
        match self.phase {
            Phase::Asked(at) if now < at => ("initiating-request", "Initiating Request"),
            Phase::Asked(_) if now >= self.expires => ("expired", "Expired"),
            Phase::Asked(_) => ("pending-acceptance", "Pending Acceptance"),
            Phase::Accepted(at) if now < at => ("provisioning", "Provisioning"),
            Phase::Accepted(_) => ("active", "Active"),
            Phase::Rejected(_) => ("rejected", "Rejected"),
            Phase::Deleted(at) if now < at => ("deleting", "Deleting"),
            Phase::Deleted(_) => ("deleted", "Deleted"),
            Phase::Failed(at) if now < at => ("initiating-request", "Initiating Request"),
            Phase::Failed(_) => {
                ("failed", "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range")
            }
        }
    }

    /// Whether it is or can become active.
    #[must_use]
    pub fn alive(&self, now: Time) -> bool {
        matches!(self.phase, Phase::Asked(_) | Phase::Accepted(_)) && self.status(now).0 != "expired"
    }

    /// Whether a VPC is one of the two.
    #[must_use]
    pub fn joins(&self, vpc: &str) -> bool {
        self.requester.vpc == vpc || self.accepter.vpc == vpc
    }

    fn ended(&self, now: Time) -> Option<Time> {
        match self.phase {
            Phase::Rejected(at) | Phase::Deleted(at) | Phase::Failed(at) => Some(at),
            Phase::Asked(_) if now >= self.expires => Some(self.expires),
            Phase::Asked(_) | Phase::Accepted(_) => None,
        }
    }
}

/// Forgets what has long been dead.
pub fn settle(region: &mut Region, clock: &Clock, now: Time) {
    let linger =
        |p: &VpcPeeringConnection| p.ended(now).is_none_or(|end| clock.after(end, LINGER_SECONDS) > now);
    region.ec2.vpc_peering_connections.retain(|_, peering| linger(peering));
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let side = |vpc: &Vpc| Side { vpc: vpc.meta.id.clone(), cidr: vpc.cidr };
    let requester = side(call.named::<Vpc>("VpcId")?);
    let elsewhere = call.params.text("PeerOwnerId").is_some_and(|owner| owner != call.region.account)
        || call.params.text("PeerRegion").is_some_and(|region| region != call.region.name);
    if elsewhere {
        let message = "The loopback AWS peers VPCs of one account and Region only";
        return Err(AwsError::new("UnsupportedOperation", message));
    }
    let accepter = side(call.named::<Vpc>("PeerVpcId")?);
    if requester.vpc == accepter.vpc {
        return Err(AwsError::invalid_value(
            "You cannot create a VPC peering connection between a VPC and itself.",
        ));
    }
    let there =
        |p: &&VpcPeeringConnection| p.alive(call.now) && p.joins(&requester.vpc) && p.joins(&accepter.vpc);
    if let Some(other) = call.region.ec2.vpc_peering_connections.values().find(there) {
        let message = format!("A VPC peering connection between the VPCs already exists: {}", other.meta.id);
        return Err(AwsError::new("VpcPeeringConnectionAlreadyExists", message));
    }
    let meta = call.make::<VpcPeeringConnection>()?;
    let overlap = requester.cidr.contains(&accepter.cidr) || accepter.cidr.contains(&requester.cidr);
    let at = call.after(INITIATING_SECONDS);
    let phase = if overlap { Phase::Failed(at) } else { Phase::Asked(at) };
    let peering =
        VpcPeeringConnection { meta, requester, accepter, phase, expires: call.after(WEEK_SECONDS) };
    let shown = peering.show(call.view());
    call.keep(peering);
    Ok(Node::new().node("vpcPeeringConnection", shown).into())
}

/// Moves a connection that waits to be accepted on.
fn decide(call: &mut Call<'_>, phase: Phase, to: &str) -> Result<String> {
    let peering = call.named::<VpcPeeringConnection>("VpcPeeringConnectionId")?;
    let id = peering.meta.id.clone();
    let (code, _) = peering.status(call.now);
    if !matches!(peering.phase, Phase::Asked(_)) || code == "expired" {
        let message =
            format!("Invalid state transition for {id}, attempted to transition from {code} to {to}");
        return Err(AwsError::new("InvalidStateTransition", message));
    }
    call.find_mut::<VpcPeeringConnection>(&id)?.phase = phase;
    Ok(id)
}

fn accept(call: &mut Call<'_>) -> Result<Reply> {
    let active = call.after(PROVISIONING_SECONDS);
    let id = decide(call, Phase::Accepted(active), "provisioning")?;
    let shown = call.find::<VpcPeeringConnection>(&id)?.show(call.view());
    Ok(Node::new().node("vpcPeeringConnection", shown).into())
}

fn reject(call: &mut Call<'_>) -> Result<Reply> {
    decide(call, Phase::Rejected(call.now), "rejected")?;
    done()
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    describe::<VpcPeeringConnection>(call, &Shape::new("VpcPeeringConnectionId", "vpcPeeringConnectionSet"))
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let peering = call.named::<VpcPeeringConnection>("VpcPeeringConnectionId")?;
    let id = peering.meta.id.clone();
    if !peering.alive(call.now) {
        let (code, _) = peering.status(call.now);
        let message =
            format!("Invalid state transition for {id}, attempted to transition from {code} to deleting");
        return Err(AwsError::new("InvalidStateTransition", message));
    }
    let gone = call.after(DELETING_SECONDS);
    call.find_mut::<VpcPeeringConnection>(&id)?.phase = Phase::Deleted(gone);
    done()
}
