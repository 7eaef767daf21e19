//! What can be asked for of network interfaces.

use super::Noun;
use super::describe::{Shape, describe};
use super::elastic_ip;
use super::network_interface::{NetworkInterface, Spec, open};
use super::security_group::SecurityGroup;
use super::subnet::Subnet;
use crate::loopback::action::{Action, Call, Reply, done, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateNetworkInterface",
        create,
        "SubnetId! Description SecurityGroupId.N PrivateIpAddress ClientToken @tags",
    ),
    read("DescribeNetworkInterfaces", list, "NetworkInterfaceId.N @filters @page"),
    write("DeleteNetworkInterface", delete, "NetworkInterfaceId!"),
    write(
        "ModifyNetworkInterfaceAttribute",
        modify,
        "NetworkInterfaceId! Description.Value SourceDestCheck.Value SecurityGroupId.N",
    ),
];

/// Security groups an interface.
pub const GROUPS: usize = 5;

/// The groups that a call lists, which must be of the VPC; the VPC's default group where it lists none.
///
/// # Errors
/// For groups that are not there or of another VPC, and more than five of them.
pub fn groups(call: &Call<'_>, ids: &[&str], vpc: &str) -> Result<Vec<String>> {
    if ids.len() > GROUPS {
        let message = format!(
            "You have exceeded the number of VPC security groups allowed per network interface ({GROUPS})"
        );
        return Err(AwsError::new("SecurityGroupsPerInterfaceLimitExceeded", message));
    }
    if ids.is_empty() {
        let default = call
            .region
            .ec2
            .security_groups
            .values()
            .find(|group| group.vpc == vpc && group.name == "default");
        return Ok(default.map(|group| group.meta.id.clone()).into_iter().collect());
    }
    let checked = |id: &&str| {
        let group = call.find::<SecurityGroup>(id)?;
        if group.vpc == vpc {
            return Ok((*id).to_owned());
        }
        Err(AwsError::new(
            "InvalidGroup.NotFound",
            "You have specified two resources that belong to different networks.",
        ))
    };
    ids.iter().map(checked).collect()
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let made = match call
        .replayed("ClientToken")?
        .filter(|id| call.region.ec2.network_interfaces.contains_key(id))
    {
        Some(id) => id,
        None => make(call)?,
    };
    let shown = call.find::<NetworkInterface>(&made)?.show(call.view());
    Ok(Node::new().node("networkInterface", shown).into())
}

fn make(call: &mut Call<'_>) -> Result<String> {
    let subnet = call.named::<Subnet>("SubnetId")?.clone();
    let groups = groups(call, &call.params.texts("SecurityGroupId"), &subnet.vpc)?;
    let tags = tag::specified(call.params, NetworkInterface::KIND.tag, &[NetworkInterface::KIND.tag])?;
    let private_ip = call.params.parsed("PrivateIpAddress")?;
    let description = call.params.text("Description").unwrap_or_default();
    let spec = Spec { groups, tags, private_ip, ..Spec::new(&subnet.meta.id, description) };
    let id = open(call.region, call.now, spec)?;
    call.remember("ClientToken", &id);
    Ok(id)
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    describe::<NetworkInterface>(call, &Shape::new("NetworkInterfaceId", "networkInterfaceSet"))
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let interface = call.named::<NetworkInterface>("NetworkInterfaceId")?;
    let id = interface.meta.id.clone();
    if interface.attachment.is_some() {
        let message = format!("Network interface '{id}' is currently in use.");
        return Err(AwsError::new("InvalidParameterValue", message));
    }
    call.drop_noun::<NetworkInterface>(&id);
    elastic_ip::disassociate_interface(&mut call.region.ec2, &id);
    done()
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let interface = call.named::<NetworkInterface>("NetworkInterfaceId")?;
    let (id, vpc) = (interface.meta.id.clone(), interface.vpc.clone());
    if interface.requester.is_some() {
        return Err(AwsError::new(
            "OperationNotPermitted",
            "You are not allowed to manage this network interface.",
        ));
    }
    let check = call.params.flag("SourceDestCheck.Value")?;
    let ids = call.params.texts("SecurityGroupId");
    let groups = if ids.is_empty() { None } else { Some(groups(call, &ids, &vpc)?) };
    let description = call.params.text("Description.Value");
    let interface = call.find_mut::<NetworkInterface>(&id)?;
    if let Some(check) = check {
        interface.source_dest_check = check;
    }
    if let Some(groups) = groups {
        interface.groups = groups;
    }
    if let Some(description) = description {
        description.clone_into(&mut interface.description);
    }
    done()
}
