//! What `asg create` decides, before anything is made.

use anyhow::Result;
use aws_sdk_autoscaling::types::AutoScalingGroup;
use aws_sdk_ec2::types::{InstanceType, LaunchTemplateVersion, ResponseLaunchTemplateData};
use common::fault::Fault;
use common::network;
use common::section::Vpc;
use common::session::Session;

use super::Inventory;
use crate::balancer::{Balancer, Listening};
use crate::cli::Create;
use crate::inventory::Found;
use crate::names::Names;
use crate::ownership::{BALANCER, elb_value, not_ours};
use crate::template_data::Data;
use crate::{group, image, refresh, rule};

/// What is to be.
pub struct Plan<'a> {
    pub names: &'a Names,
    /// The load balancer by name.
    pub balancer: String,
    pub hosts: Vec<String>,
    pub paths: Vec<String>,
    pub data: Data,
    /// The version that is deployed, or is being deployed.
    pub deployed: Option<i64>,
    /// None in a planned document.
    pub subnets: Option<Vec<String>>,
    /// Whether a delete that was interrupted has emptied the group.
    pub is_emptied: bool,
}

impl<'a> Plan<'a> {
    /// Refuses everything that can be seen to fail, so that nothing is left half done.
    ///
    /// # Errors
    /// A usage fault, a conflict, or not found.
    pub fn decide(
        session: &Session,
        flags: &Create,
        names: &'a Names,
        balancer: &str,
        inventory: &Inventory,
    ) -> Result<Self> {
        let found = &inventory.found;
        check_ours(session, names, found)?;
        check_balancer(names, balancer, found)?;
        check_complete(flags, found)?;
        let (hosts, paths) = conditions(flags, found)?;
        let deployed = deployed(found);
        Ok(Self {
            names,
            balancer: balancer.to_owned(),
            hosts,
            paths,
            data: data(session, flags, names, inventory, deployed)?,
            deployed,
            subnets: subnets(session, &inventory.vpc)?,
            is_emptied: found.rules.is_empty() && found.group.as_ref().is_some_and(group::is_empty),
        })
    }

    /// The listener that the rule is on.
    ///
    /// # Errors
    /// Not found, naming the command to run first.
    pub fn listening<'f>(
        &self,
        session: &Session,
        found: Option<&'f Balancer>,
    ) -> Result<Option<&'f Listening>> {
        match found.and_then(Balancer::serving) {
            None if !session.is_planning() => {
                Err(Fault::not_found(format!("the load balancer {} has no listener yet", self.balancer))
                    .hint(format!("run `alb create {}` first", self.balancer))
                    .into())
            }
            listening => Ok(listening),
        }
    }
}

/// The load balancer by name: from the flag, the document, or the tag of the target group.
pub fn balancer_of(flags: &Create, piped: Option<&str>, found: &Found) -> Result<String> {
    let tagged = found.target_group.as_ref().and_then(|it| elb_value(&it.tags, BALANCER));
    flags.alb.as_deref().or(piped).or(tagged).map(str::to_owned).ok_or_else(|| {
        Fault::usage(format!("--alb is not given, and there is no component {} yet", flags.name))
            .hint("say which load balancer it is behind, e.g. --alb app")
            .into()
    })
}

fn check_ours(session: &Session, names: &Names, found: &Found) -> Result<()> {
    let identity = &session.identity;
    let foreign = if found.group.is_some() && !found.is_group_ours(identity) {
        format!("the group {names}")
    } else if found.template.is_some() && !found.is_template_ours(identity) {
        format!("the launch template {names}")
    } else if found.target_group.is_some() && !found.is_target_group_ours(identity) {
        format!("the target group {}", names.target_group)
    } else {
        return Ok(());
    };
    Err(not_ours(&foreign).into())
}

/// A target group serves one load balancer.
fn check_balancer(names: &Names, wanted: &str, found: &Found) -> Result<()> {
    let behind = found.target_group.as_ref().map(|it| it.found.load_balancer_arns()).unwrap_or_default();
    let arn = found.balancer.as_ref().and_then(|it| it.arn.as_deref());
    match arn {
        Some(arn) if !behind.is_empty() && !behind.iter().any(|it| it == arn) => {
            let has = found.target_group.as_ref().and_then(|it| elb_value(&it.tags, BALANCER));
            Err(Fault::conflict(format!(
                "{names} is behind the load balancer {} and cannot be moved to {wanted}",
                has.unwrap_or("of another name")
            ))
            .hint(format!("delete it with `asg delete {}` first, or choose another NAME", names.name))
            .into())
        }
        _ => Ok(()),
    }
}

fn check_complete(flags: &Create, found: &Found) -> Result<()> {
    if flags.port.is_none() && found.target_group.is_none() {
        return Err(Fault::usage(format!(
            "--port is not given, and there is no component {} yet",
            flags.name
        ))
        .hint("say on which port its instances answer, e.g. --port 8080")
        .into());
    }
    Ok(())
}

/// Hosts and paths of the rule: those of the flags over those it has.
fn conditions(flags: &Create, found: &Found) -> Result<(Vec<String>, Vec<String>)> {
    let has = found.rules.first().map(|it| &it.rule);
    let or_has = |asked: &[String], has: Option<Vec<String>>| {
        if asked.is_empty() { has.unwrap_or_default() } else { asked.to_vec() }
    };
    let hosts = or_has(&flags.hosts, has.map(rule::hosts));
    let paths = or_has(&flags.paths, has.map(rule::paths));
    if hosts.is_empty() && paths.is_empty() {
        return Err(Fault::usage(format!(
            "neither --host nor --path says which requests {} gets",
            flags.name
        ))
        .hint("give --host, e.g. backend.app-dev.example.com, or --path, e.g. '/backend*'")
        .into());
    }
    Ok((hosts, paths))
}

/// The version that a refresh is bringing about, or else the group's. Without a group, the newest that a killed run left.
fn deployed(found: &Found) -> Option<i64> {
    let coming = refresh::running(&found.refreshes).and_then(refresh::version);
    match &found.group {
        Some(has) => coming.or_else(|| group::version(has)),
        None => found.versions.first().and_then(LaunchTemplateVersion::version_number),
    }
}

fn data(
    session: &Session,
    flags: &Create,
    names: &Names,
    inventory: &Inventory,
    deployed: Option<i64>,
) -> Result<Data> {
    let has = deployed.and_then(|number| inventory.found.version(number)?.launch_template_data());
    let before = has.and_then(ResponseLaunchTemplateData::image_id);
    let Some(id) = inventory.image.id.as_deref().or(before) else {
        return Err(Fault::usage(format!(
            "no image: --image is not given, and the document has no bake.{}",
            names.name
        ))
        .hint(format!("give --image AMI, or run `bake create {}` first", names.name))
        .into());
    };
    let disk =
        if Some(id) == before { None } else { image::root_device(id, inventory.image.found.as_ref())? };
    let kind = has.and_then(|it| it.instance_type()).map_or("t3.micro", InstanceType::as_str);
    let group = network::security_group(&inventory.groups, &names.name)?.id.clone();
    if group.is_none() && !session.is_planning() {
        return Err(Fault::document(format!("the document's sg.{} has no id", names.name))
            .hint("leave sg out to have it looked up")
            .into());
    }
    let user_data = has.and_then(|it| it.user_data()).filter(|it| !it.is_empty()).map(str::to_owned);
    Ok(Data {
        image: id.to_owned(),
        instance_type: flags.instance_type.clone().unwrap_or_else(|| kind.to_owned()),
        group,
        user_data: flags.user_data()?.or(user_data),
        disk,
    })
}

/// The private subnets, one in every AZ.
fn subnets(session: &Session, vpc: &Vpc) -> Result<Option<Vec<String>>> {
    let private = &vpc.subnets.private;
    if private.is_empty() {
        return Err(Fault::not_found("the vpc has no private subnets").hint("run `vpc create` first").into());
    }
    let ids: Option<Vec<String>> = private.iter().map(|subnet| subnet.id.clone()).collect();
    if ids.is_none() && !session.is_planning() {
        return Err(Fault::document("the document's vpc.subnets.private lack ids")
            .hint("leave vpc out to have it looked up")
            .into());
    }
    Ok(ids)
}

/// A group that is there and not on its way out.
pub fn living(found: &Found) -> Option<&AutoScalingGroup> {
    found.group.as_ref().filter(|it| !group::is_deleting(it))
}
