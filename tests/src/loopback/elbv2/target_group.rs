//! Target groups.

use super::health_check::{HealthCheck, health_check_parameters};
use super::noun::{Noun, invalid, kept};
use super::page::page;
use super::target::Target;
use super::{Elbv2, LoadBalancer, routing};
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::Tags;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    read("DescribeTargetGroups", list, "LoadBalancerArn TargetGroupArns.N Names.N PageSize Marker"),
    write("ModifyTargetGroup", modify, concat!("TargetGroupArn! ", health_check_parameters!())),
    write("DeleteTargetGroup", delete, "TargetGroupArn!"),
];

#[derive(Clone, Debug)]
pub struct TargetGroup {
    pub meta: Meta,
    pub name: String,
    /// The last part of its ARN.
    pub key: String,
    pub protocol: String,
    pub version: String,
    pub port: u16,
    pub vpc: String,
    /// `instance` or `ip`
    pub kind: String,
    pub check: HealthCheck,
    pub attributes: Tags,
    pub targets: Vec<Target>,
    /// Since when a listener or rule leads to it.
    pub used: Option<Time>,
}

impl Noun for TargetGroup {
    const KIND: &'static str = "targetgroup";
    const WORD: &'static str = "Target group";
    const NOT_FOUND: &'static str = "TargetGroupNotFound";

    kept!(target_groups);

    fn show(&self, view: View<'_>) -> Node {
        Node::new()
            .put("TargetGroupArn", self.arn())
            .put("TargetGroupName", &self.name)
            .put("Protocol", &self.protocol)
            .put("ProtocolVersion", &self.version)
            .put("Port", self.port)
            .put("VpcId", &self.vpc)
            .with(self.check.show())
            .texts("LoadBalancerArns", "member", self.load_balancers(&view.region.elbv2))
            .put("TargetType", &self.kind)
            .put("IpAddressType", "ipv4")
    }

    fn called(&self, _view: View<'_>) -> String {
        self.name.clone()
    }

    fn more(&self, _view: View<'_>) -> Node {
        let targets = self.targets.iter().filter(|target| target.leaving.is_none()).map(Target::show);
        Node::new()
            .named_list("Attributes", "member", super::noun::tag_nodes(&self.attributes))
            .named_list("Targets", "member", targets)
    }

    fn aliases(&self) -> Vec<String> {
        vec![self.key.clone()]
    }
}

impl TargetGroup {
    /// The load balancers whose listeners or rules lead to it.
    #[must_use]
    pub fn load_balancers<'a>(&self, elb: &'a Elbv2) -> Vec<&'a str> {
        let listeners = routing::listeners_to(elb, self.arn());
        let mut arns: Vec<&str> =
            listeners.into_iter().map(|listener| listener.load_balancer.as_str()).collect();
        arns.sort_unstable();
        arns.dedup();
        arns
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let (arns, names) = (call.params.texts("TargetGroupArns"), call.params.texts("Names"));
    let balancer = call.params.text("LoadBalancerArn");
    if usize::from(!arns.is_empty()) + usize::from(!names.is_empty()) + usize::from(balancer.is_some()) > 1 {
        return Err(invalid(
            "Target groups can be described by name, by ARN or by load balancer, not by more of them",
        ));
    }
    for arn in &arns {
        call.balanced::<TargetGroup>(arn)?;
    }
    if let Some(balancer) = balancer {
        call.balanced::<LoadBalancer>(balancer)?;
    }
    let elb = &call.region.elbv2;
    if names.iter().any(|name| !elb.target_groups.values().any(|group| group.name == *name)) {
        return Err(AwsError::new(TargetGroup::NOT_FOUND, "One or more target groups not found"));
    }
    let asked = |group: &&TargetGroup| {
        (arns.is_empty() || arns.contains(&group.arn()))
            && (names.is_empty() || names.contains(&group.name.as_str()))
            && balancer.is_none_or(|balancer| group.load_balancers(elb).contains(&balancer))
    };
    let page = page(call.params, elb.target_groups.values().filter(asked).collect())?;
    let nodes = page.items.into_iter().map(|group| group.show(call.view()));
    Ok(Node::new().named_list("TargetGroups", "member", nodes).maybe("NextMarker", page.next).into())
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let arn = call.params.required("TargetGroupArn")?;
    let check = call.balanced::<TargetGroup>(arn)?.check.clone().changed(call.params)?;
    call.balanced_mut::<TargetGroup>(arn)?.check = check;
    let shown = call.balanced::<TargetGroup>(arn)?.show(call.view());
    Ok(Node::new().named_list("TargetGroups", "member", [shown]).into())
}

/// Deleting what is not there succeeds.
fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let arn = call.params.required("TargetGroupArn")?;
    match call.balanced::<TargetGroup>(arn) {
        Err(error) if error.code == TargetGroup::NOT_FOUND => return Ok(Node::new().into()),
        Err(error) => return Err(error),
        Ok(_) => {}
    }
    if !routing::listeners_to(&call.region.elbv2, arn).is_empty() {
        let message = format!("Target group '{arn}' is currently in use by a listener or a rule");
        return Err(AwsError::new("ResourceInUse", message));
    }
    call.region.elbv2.target_groups.shift_remove(arn);
    Ok(Node::new().into())
}
