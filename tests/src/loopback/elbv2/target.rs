//! Targets: instances and addresses, as long as they are in a group.

use std::net::Ipv4Addr;

use super::noun::invalid;
use super::{TargetGroup, routing};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::clock::{Clock, Time};
use crate::loopback::ec2::instance::Instance;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "RegisterTargets",
        register,
        "TargetGroupArn! Targets.N! Targets.N.Id Targets.N.Port Targets.N.AvailabilityZone",
    ),
    write(
        "DeregisterTargets",
        deregister,
        "TargetGroupArn! Targets.N! Targets.N.Id Targets.N.Port Targets.N.AvailabilityZone",
    ),
];

#[derive(Clone, Debug)]
pub struct Target {
    /// An instance's id, or an address.
    pub id: String,
    pub port: u16,
    pub registered: Time,
    /// When it will be gone, where it is being drained.
    pub leaving: Option<Time>,
}

impl Target {
    pub fn show(&self) -> Node {
        Node::new().put("Id", &self.id).put("Port", self.port)
    }

    /// Whether a call means it: by id, and by port where one is said.
    #[must_use]
    pub fn meant(&self, item: &Params) -> bool {
        let port = item.text("Port").is_none_or(|port| port == self.port.to_string());
        item.text("Id") == Some(self.id.as_str()) && port
    }
}

fn register(call: &mut Call<'_>) -> Result<Reply> {
    let arn = call.params.required("TargetGroupArn")?;
    let group = call.balanced::<TargetGroup>(arn)?.clone();
    let mut targets = group.targets.clone();
    for item in call.params.items("Targets") {
        let target = checked(call, &group, item)?;
        match targets.iter_mut().find(|known| known.id == target.id && known.port == target.port) {
            Some(known) if known.leaving.is_some() => *known = target,
            Some(_) => {}
            None => targets.push(target),
        }
    }
    call.balanced_mut::<TargetGroup>(arn)?.targets = targets;
    Ok(Node::new().into())
}

fn checked(call: &Call<'_>, group: &TargetGroup, item: &Params) -> Result<Target> {
    let id = item.text("Id").ok_or_else(|| invalid("A target needs an Id"))?;
    let port = item.parsed::<u16>("Port").map_err(|error| invalid(error.message))?.unwrap_or(group.port);
    let refused =
        |why: &str| Err(AwsError::new("InvalidTarget", format!("The following targets {why}: '{id}'")));
    if group.kind == "ip" {
        let vpc = call.region.ec2.vpcs.get(&group.vpc);
        let inside = |ip: Ipv4Addr| vpc.is_some_and(|vpc| vpc.cidr.contains(&ip));
        if !id.parse().is_ok_and(inside) {
            return refused("are not IP addresses within the VPC of the target group");
        }
    } else {
        match call.find::<Instance>(id) {
            Err(_) => return refused("are not valid instances"),
            Ok(instance) if instance.vpc != group.vpc => {
                return refused(&format!("are not in the target group VPC '{}'", group.vpc));
            }
            Ok(instance) if instance.state(call.now).name() != "running" => {
                return refused("are not in a running state and cannot be registered");
            }
            Ok(_) => {}
        }
    }
    Ok(Target { id: id.to_owned(), port, registered: call.now, leaving: None })
}

/// Taking out what is not in succeeds.
fn deregister(call: &mut Call<'_>) -> Result<Reply> {
    let arn = call.params.required("TargetGroupArn")?;
    let items = call.params.items("Targets");
    let group = call.balanced::<TargetGroup>(arn)?;
    let gone = call.after(group.deregistration_delay());
    for target in &mut call.balanced_mut::<TargetGroup>(arn)?.targets {
        if items.iter().any(|item| target.meant(item)) {
            target.leaving.get_or_insert(gone);
        }
    }
    Ok(Node::new().into())
}

/// Notes since when groups are in use, drains what stands for instances that are terminated, and lets go of what is drained.
pub fn settle(region: &mut Region, clock: &Clock, now: Time) {
    let arns: Vec<String> = region.elbv2.target_groups.keys().cloned().collect();
    for arn in arns {
        let used = !routing::listeners_to(&region.elbv2, &arn).is_empty();
        let (ec2, groups) = (&region.ec2, &mut region.elbv2.target_groups);
        let Some(group) = groups.get_mut(&arn) else { continue };
        group.used = group.used.or(Some(now)).filter(|_| used);
        let gone = clock.after(now, group.deregistration_delay());
        for target in group.targets.iter_mut().filter(|_| group.kind == "instance") {
            if !ec2.instances.get(&target.id).is_some_and(|instance| instance.state(now).alive()) {
                target.leaving.get_or_insert(gone);
            }
        }
        // What nothing leads to has no requests to wait for.
        group.targets.retain(|target| target.leaving.is_none_or(|at| used && at > now));
    }
}
