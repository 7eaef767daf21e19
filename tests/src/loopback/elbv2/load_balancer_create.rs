//! Making load balancers.

use super::load_balancer::LoadBalancer;
use super::load_balancer_attribute;
use super::load_balancer_network::{open, security_groups, subnets};
use super::noun::{Noun, invalid, name};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::ec2::subnet::Subnet;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::id;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[write(
    "CreateLoadBalancer",
    create,
    "Name! Subnets.N SubnetMappings.N.SubnetId SecurityGroups.N Scheme Type IpAddressType Tags.N.Key Tags.N.Value",
)];

/// From provisioning to active. AWS takes 2 to 4 minutes.
const PROVISIONING_SECONDS: f64 = 150.0;
/// Load balancers a Region.
const QUOTA: usize = 50;

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let name = name(call, "The load balancer")?.to_owned();
    if name.starts_with("internal-") {
        return Err(invalid(format!("The load balancer name '{name}' cannot begin with 'internal-'")));
    }
    let scheme = choice(call, "Scheme", &["internet-facing", "internal"])?;
    choice(call, "Type", &["application"])?;
    choice(call, "IpAddressType", &["ipv4"])?;
    let subnets = subnets(call, &scheme)?;
    let vpc = subnets.first().map(|subnet| subnet.vpc.clone()).unwrap_or_default();
    let groups = security_groups(call, &vpc)?;
    let same_name = call.region.elbv2.load_balancers.values().find(|lb| lb.name == name);
    let arn = match same_name {
        Some(lb) if alike(lb, &scheme, &subnets, &groups) => lb.arn().to_owned(),
        Some(_) => {
            let message =
                format!("A load balancer with the same name '{name}' exists, but with different settings");
            return Err(AwsError::new("DuplicateLoadBalancerName", message));
        }
        None => {
            room(call)?;
            make(call, name, scheme, vpc, &subnets, groups)?
        }
    };
    let shown = call.balanced::<LoadBalancer>(&arn)?.show(call.view());
    Ok(Node::new().named_list("LoadBalancers", "member", [shown]).into())
}

/// A parameter with a few values, the first of them the usual one.
fn choice(call: &Call<'_>, parameter: &str, values: &[&str]) -> Result<String> {
    let value = call.params.text(parameter).or(values.first().copied()).unwrap_or_default();
    if values.contains(&value) {
        return Ok(value.to_owned());
    }
    Err(invalid(format!("'{value}' for {parameter} is not one of {} in the loopback AWS", values.join(", "))))
}

fn alike(balancer: &LoadBalancer, scheme: &str, subnets: &[Subnet], groups: &[String]) -> bool {
    let has = |subnet: &Subnet| balancer.places.iter().any(|place| place.subnet == subnet.meta.id);
    balancer.scheme == scheme
        && balancer.places.len() == subnets.len()
        && subnets.iter().all(has)
        && balancer.groups.len() == groups.len()
        && groups.iter().all(|group| balancer.groups.contains(group))
}

/// Refuses one load balancer too many.
fn room(call: &Call<'_>) -> Result<()> {
    if call.region.elbv2.load_balancers.len() >= call.conditions.quota("load-balancer", QUOTA) {
        return Err(AwsError::new(
            "TooManyLoadBalancers",
            "The maximum number of load balancers has been reached",
        ));
    }
    Ok(())
}

fn make(
    call: &mut Call<'_>,
    name: String,
    scheme: String,
    vpc: String,
    subnets: &[Subnet],
    groups: Vec<String>,
) -> Result<String> {
    let key = id::hex(&mut call.region.rng, 16);
    let number = call.region.rng.u32(100_000_000..);
    let internal = if scheme == "internal" { "internal-" } else { "" };
    let arn = call.region.arn("elasticloadbalancing", &format!("loadbalancer/app/{name}/{key}"));
    let mut balancer = LoadBalancer {
        meta: call.balanced_meta(arn.clone())?,
        host: format!("{internal}{name}-{number}.{}.elb.amazonaws.com", call.region.name),
        name,
        key,
        scheme,
        vpc,
        places: Vec::new(),
        groups,
        ready: call.after(PROVISIONING_SECONDS),
        failure: call.conditions.load_balancer_fails.clone(),
        attributes: load_balancer_attribute::usual(),
    };
    for subnet in subnets {
        let place = open(call, &balancer, subnet)?;
        balancer.places.push(place);
    }
    call.keep_balanced(balancer);
    Ok(arn)
}
