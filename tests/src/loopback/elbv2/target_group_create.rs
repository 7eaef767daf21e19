//! Making target groups.

use super::health_check::{HealthCheck, health_check_parameters};
use super::noun::{Noun, invalid, name};
use super::{TargetGroup, target_group_attribute};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::ec2::vpc::Vpc;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::id;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[write(
    "CreateTargetGroup",
    create,
    concat!(
        "Name! Protocol ProtocolVersion Port VpcId TargetType IpAddressType Tags.N.Key Tags.N.Value ",
        health_check_parameters!()
    ),
)];

/// Target groups a Region.
const QUOTA: usize = 3000;

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let new = read(call)?;
    let same_name = call.region.elbv2.target_groups.values().find(|group| group.name == new.name);
    let arn = match same_name {
        Some(group) if alike(group, &new) => group.arn().to_owned(),
        Some(_) => {
            let message = format!(
                "A target group with the same name '{}' exists, but with different settings",
                new.name
            );
            return Err(AwsError::new("DuplicateTargetGroupName", message));
        }
        None if call.region.elbv2.target_groups.len() >= call.conditions.quota("target-group", QUOTA) => {
            return Err(AwsError::new(
                "TooManyTargetGroups",
                "The maximum number of target groups has been reached",
            ));
        }
        None => {
            let arn = new.arn().to_owned();
            call.keep_balanced(new);
            arn
        }
    };
    let shown = call.balanced::<TargetGroup>(&arn)?.show(call.view());
    Ok(Node::new().named_list("TargetGroups", "member", [shown]).into())
}

fn alike(one: &TargetGroup, other: &TargetGroup) -> bool {
    let settings = |group: &TargetGroup| {
        (group.protocol.clone(), group.version.clone(), group.port, group.vpc.clone(), group.kind.clone())
    };
    settings(one) == settings(other) && one.check == other.check
}

fn read(call: &mut Call<'_>) -> Result<TargetGroup> {
    let name = name(call, "Target group")?.to_owned();
    let (protocol, port, vpc) = (protocol(call)?, port(call)?, vpc(call)?);
    let kind = one_of(call, "TargetType", &["instance", "ip"])?;
    let version = one_of(call, "ProtocolVersion", &["HTTP1", "HTTP2", "GRPC"])?;
    let check = HealthCheck::default().changed(call.params)?;
    let key = id::hex(&mut call.region.rng, 16);
    let arn = call.region.arn("elasticloadbalancing", &format!("targetgroup/{name}/{key}"));
    Ok(TargetGroup {
        meta: call.balanced_meta(arn)?,
        name,
        key,
        protocol,
        version,
        port,
        vpc,
        kind,
        check,
        attributes: target_group_attribute::usual(),
        targets: Vec::new(),
        used: None,
    })
}

/// A parameter with a few values, the first of them the usual one.
fn one_of(call: &Call<'_>, parameter: &str, values: &[&str]) -> Result<String> {
    let value = call.params.text(parameter).or(values.first().copied()).unwrap_or_default();
    let refused = || invalid(format!("'{value}' for {parameter} is not one of {}", values.join(", ")));
    values.contains(&value).then(|| value.to_owned()).ok_or_else(refused)
}

/// There is no usual one: AWS asks for it, unless targets are functions.
fn protocol(call: &Call<'_>) -> Result<String> {
    match call.params.text("Protocol") {
        Some(protocol @ ("HTTP" | "HTTPS")) => Ok(protocol.to_owned()),
        Some(other) => {
            Err(invalid(format!("Protocol '{other}' is not HTTP or HTTPS, which the loopback AWS has")))
        }
        None => Err(invalid("A protocol must be specified")),
    }
}

fn port(call: &Call<'_>) -> Result<u16> {
    let port = call.params.parsed::<u16>("Port").map_err(|error| invalid(error.message))?;
    port.filter(|port| *port > 0).ok_or_else(|| invalid("A port must be specified"))
}

fn vpc(call: &Call<'_>) -> Result<String> {
    let id = call.params.text("VpcId").ok_or_else(|| invalid("A VPC ID must be specified"))?;
    let found = call.find::<Vpc>(id).map_err(|_| invalid(format!("The VPC ID '{id}' is not found")))?;
    Ok(found.meta.id.clone())
}
