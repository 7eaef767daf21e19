//! Application load balancers.

use super::noun::{Noun, invalid, kept};
use super::page::page;
use super::{Listener, Rule};
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::clock::Time;
use crate::loopback::ec2::network_interface_life::close;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::route53::load_balancer_zone;
use crate::loopback::tag::Tags;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    read("DescribeLoadBalancers", list, "LoadBalancerArns.N Names.N PageSize Marker"),
    write("DeleteLoadBalancer", delete, "LoadBalancerArn!"),
];

/// For so long its network interfaces stay when it is deleted, holding subnets and groups.
const LINGER_SECONDS: f64 = 180.0;

#[derive(Clone, Debug)]
pub struct LoadBalancer {
    pub meta: Meta,
    pub name: String,
    /// The last part of its ARN.
    pub key: String,
    pub host: String,
    /// `internal` or `internet-facing`
    pub scheme: String,
    pub vpc: String,
    /// By zone.
    pub places: Vec<Place>,
    pub groups: Vec<String>,
    pub ready: Time,
    /// Why it fails when it would be ready.
    pub failure: Option<String>,
    pub attributes: Tags,
}

/// Where in a zone it is.
#[derive(Clone, Debug)]
pub struct Place {
    pub zone: String,
    pub subnet: String,
    pub interface: String,
}

impl Noun for LoadBalancer {
    const KIND: &'static str = "loadbalancer";
    const WORD: &'static str = "Load balancer";
    const NOT_FOUND: &'static str = "LoadBalancerNotFound";

    kept!(load_balancers);

    fn show(&self, view: View<'_>) -> Node {
        let zones = self.places.iter().map(Place::show);
        let state = Node::new().put("Code", self.state(view.now));
        let failed = self.failure.as_ref().filter(|_| view.now >= self.ready);
        Node::new()
            .put("LoadBalancerArn", self.arn())
            .put("DNSName", &self.host)
            .put("CanonicalHostedZoneId", load_balancer_zone(&view.region.name))
            .put("CreatedTime", self.meta.made)
            .put("LoadBalancerName", &self.name)
            .put("Scheme", &self.scheme)
            .put("VpcId", &self.vpc)
            .node("State", state.maybe("Reason", failed))
            .put("Type", "application")
            .named_list("AvailabilityZones", "member", zones)
            .texts("SecurityGroups", "member", &self.groups)
            .put("IpAddressType", "ipv4")
    }

    fn called(&self, _view: View<'_>) -> String {
        self.name.clone()
    }

    fn more(&self, _view: View<'_>) -> Node {
        Node::new().named_list("Attributes", "member", super::noun::tag_nodes(&self.attributes))
    }

    fn aliases(&self) -> Vec<String> {
        vec![self.host.clone(), self.key.clone()]
    }
}

impl Place {
    pub fn show(&self) -> Node {
        let node = Node::new().put("ZoneName", &self.zone).put("SubnetId", &self.subnet);
        node.named_list("LoadBalancerAddresses", "member", [])
    }
}

impl LoadBalancer {
    #[must_use]
    pub fn state(&self, now: Time) -> &'static str {
        match self.failure {
            _ if now < self.ready => "provisioning",
            Some(_) => "failed",
            None => "active",
        }
    }

    /// What it routes, as the ARNs of listeners and rules are called.
    #[must_use]
    pub fn path(&self) -> String {
        format!("app/{}/{}", self.name, self.key)
    }

    #[must_use]
    pub fn protected(&self) -> bool {
        self.attributes.get("deletion_protection.enabled").is_some_and(|value| value == "true")
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let (arns, names) = (call.params.texts("LoadBalancerArns"), call.params.texts("Names"));
    if !arns.is_empty() && !names.is_empty() {
        return Err(invalid("Load balancer names and ARNs cannot be specified at the same time"));
    }
    for arn in &arns {
        call.balanced::<LoadBalancer>(arn)?;
    }
    let all = &call.region.elbv2.load_balancers;
    if let Some(unknown) = names.iter().find(|name| !all.values().any(|lb| lb.name == **name)) {
        let message = format!("Load balancers '[{unknown}]' not found");
        return Err(AwsError::new(LoadBalancer::NOT_FOUND, message));
    }
    let asked = |lb: &&LoadBalancer| {
        (arns.is_empty() || arns.contains(&lb.arn()))
            && (names.is_empty() || names.contains(&lb.name.as_str()))
    };
    let page = page(call.params, all.values().filter(asked).collect())?;
    let nodes = page.items.into_iter().map(|lb| lb.show(call.view()));
    Ok(Node::new().named_list("LoadBalancers", "member", nodes).maybe("NextMarker", page.next).into())
}

/// Deleting what is not there succeeds.
fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let arn = call.params.required("LoadBalancerArn")?;
    let balancer = match call.balanced::<LoadBalancer>(arn) {
        Ok(balancer) => balancer.clone(),
        Err(error) if error.code == LoadBalancer::NOT_FOUND => return Ok(Node::new().into()),
        Err(error) => return Err(error),
    };
    if balancer.protected() {
        let message =
            format!("Load balancer '{arn}' cannot be deleted because deletion protection is enabled");
        return Err(AwsError::new("OperationNotPermitted", message));
    }
    let gone = call.after(LINGER_SECONDS);
    for place in &balancer.places {
        close(call.region, &place.interface, gone);
    }
    let elb = &mut call.region.elbv2;
    let listeners: Vec<String> =
        elb.listeners.values().filter(|l| l.load_balancer == arn).map(|l| l.arn().to_owned()).collect();
    elb.rules.retain(|_, rule: &mut Rule| !listeners.contains(&rule.listener));
    elb.listeners.retain(|_, listener: &mut Listener| listener.load_balancer != arn);
    elb.load_balancers.shift_remove(arn);
    Ok(Node::new().into())
}
