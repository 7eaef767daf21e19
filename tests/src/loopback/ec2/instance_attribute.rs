//! Attributes of instances, one a call.

use super::block_device;
use super::instance::{self, Instance};
use super::instance_state::State;
use super::instance_type;
use super::launch_template_data;
use super::network_interface::{self, NetworkInterface};
use crate::loopback::action::{Action, Call, Reply, done, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    read("DescribeInstanceAttribute", show, "InstanceId! Attribute!"),
    write(
        "ModifyInstanceAttribute",
        modify,
        "InstanceId! Attribute Value GroupId.N SourceDestCheck.Value DisableApiTermination.Value UserData.Value \
         InstanceType.Value InstanceInitiatedShutdownBehavior.Value EbsOptimized.Value BlockDeviceMapping.N.DeviceName \
         BlockDeviceMapping.N.Ebs.DeleteOnTermination",
    ),
];

fn show(call: &mut Call<'_>) -> Result<Reply> {
    let instance = call.named::<Instance>("InstanceId")?;
    let ec2 = &call.region.ec2;
    let node = Node::new().put("instanceId", &instance.meta.id);
    let attribute = call.params.required("Attribute")?;
    let value = |text: String| Node::new().put("value", text);
    let primary = instance.primary(ec2);
    let shown = match attribute {
        "instanceType" => node.node("instanceType", value(instance.kind.name.to_owned())),
        "userData" => {
            // An instance without user data shows the attribute, with nothing in it.
            let data = Node::new().maybe("value", instance.user_data.as_ref());
            node.node("userData", data)
        }
        "disableApiTermination" => node.node("disableApiTermination", value(instance.protected.to_string())),
        "instanceInitiatedShutdownBehavior" => {
            node.node("instanceInitiatedShutdownBehavior", value(instance.on_shutdown.clone()))
        }
        "rootDeviceName" => node.node("rootDeviceName", value(instance.root.clone())),
        "ebsOptimized" => node.node("ebsOptimized", value(instance.ebs_optimized.to_string())),
        "sourceDestCheck" => {
            let check = primary.is_none_or(|interface| interface.source_dest_check);
            node.node("sourceDestCheck", value(check.to_string()))
        }
        "groupSet" => node.list(
            "groupSet",
            primary.map(|interface| interface.group_nodes(call.view())).unwrap_or_default(),
        ),
        "blockDeviceMapping" => {
            node.list("blockDeviceMapping", instance.volumes(ec2).into_iter().filter_map(instance::mapping))
        }
        "productCodes" => node.list("productCodes", super::image::product_nodes(instance.product)),
        other => {
            let message = format!("Value ({other}) for parameter attribute is invalid. Unknown attribute.");
            return Err(AwsError::invalid_value(message));
        }
    };
    Ok(shown.into())
}

/// An attribute's new value.
enum Change<'a> {
    Groups(Vec<&'a str>),
    SourceDestCheck(bool),
    Protected(bool),
    UserData(&'a str),
    Type(&'a str),
    OnShutdown(&'a str),
    EbsOptimized(bool),
    Volumes(Vec<&'a Params>),
}

/// The one change that a call asks for, in either of the two ways to say it.
fn change<'a>(params: &'a Params) -> Result<Change<'a>> {
    let old = |name: &str| params.text("Value").filter(|_| params.text("Attribute") == Some(name));
    let text = |path: &str, name: &str| params.text(path).or(old(name));
    let flag = |path: &str, name: &str| -> Result<Option<bool>> {
        text(path, name).map(|text| text.parse().map_err(|_| bad(text, name))).transpose()
    };
    let groups = params.texts("GroupId");
    let volumes = params.items("BlockDeviceMapping");
    let asked = [
        (!groups.is_empty()).then_some(Change::Groups(groups)),
        (!volumes.is_empty()).then_some(Change::Volumes(volumes)),
        flag("SourceDestCheck.Value", "sourceDestCheck")?.map(Change::SourceDestCheck),
        flag("DisableApiTermination.Value", "disableApiTermination")?.map(Change::Protected),
        flag("EbsOptimized.Value", "ebsOptimized")?.map(Change::EbsOptimized),
        text("UserData.Value", "userData").map(Change::UserData),
        text("InstanceType.Value", "instanceType").map(Change::Type),
        text("InstanceInitiatedShutdownBehavior.Value", "instanceInitiatedShutdownBehavior")
            .map(Change::OnShutdown),
    ];
    let mut asked: Vec<Change<'a>> = asked.into_iter().flatten().collect();
    match (asked.pop(), asked.is_empty()) {
        (Some(change), true) => Ok(change),
        (None, _) => Err(AwsError::new("InvalidParameterCombination", "No attributes specified.")),
        (Some(_), false) => {
            Err(AwsError::new("InvalidParameterCombination", "Fields for multiple attribute types specified"))
        }
    }
}

fn bad(text: &str, name: &str) -> AwsError {
    AwsError::invalid_value(format!("Value ({text}) for parameter {name} is invalid."))
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let instance = call.named::<Instance>("InstanceId")?.clone();
    let change = change(call.params)?;
    let state = instance.state(call.now);
    if !state.alive() {
        return Err(instance.incorrect_state("modified"));
    }
    if matches!(change, Change::UserData(_) | Change::Type(_) | Change::EbsOptimized(_))
        && state != State::Stopped
    {
        let message = format!("The instance '{}' is not in the 'stopped' state.", instance.meta.id);
        return Err(AwsError::new("IncorrectInstanceState", message));
    }
    match change {
        Change::Groups(ids) => {
            let groups = network_interface::groups(call, &ids, &instance.vpc)?;
            primary(call, &instance)?.groups = groups;
        }
        Change::SourceDestCheck(check) => primary(call, &instance)?.source_dest_check = check,
        Change::Volumes(mappings) => volumes(call, &instance, &mappings)?,
        change => own(call.find_mut(&instance.meta.id)?, &change)?,
    }
    done()
}

/// What the instance itself keeps.
fn own(instance: &mut Instance, change: &Change<'_>) -> Result<()> {
    match *change {
        Change::Protected(flag) => instance.protected = flag,
        Change::EbsOptimized(flag) => instance.ebs_optimized = flag,
        Change::UserData(text) => {
            launch_template_data::user_data(text)?;
            instance.user_data = Some(text.to_owned()).filter(|text| !text.is_empty());
        }
        Change::Type(name) => {
            let kind =
                instance_type::named(name).filter(|kind| kind.architecture == instance.kind.architecture);
            instance.kind = kind.ok_or_else(|| bad(name, "instanceType"))?;
        }
        Change::OnShutdown(text) => match text {
            "stop" | "terminate" => text.clone_into(&mut instance.on_shutdown),
            other => return Err(bad(other, "instanceInitiatedShutdownBehavior")),
        },
        Change::Groups(_) | Change::SourceDestCheck(_) | Change::Volumes(_) => {}
    }
    Ok(())
}

fn primary<'a>(call: &'a mut Call<'_>, instance: &Instance) -> Result<&'a mut NetworkInterface> {
    let id = instance.primary(&call.region.ec2).map(|interface| interface.meta.id.clone());
    call.find_mut(&id.unwrap_or_default())
}

fn volumes(call: &mut Call<'_>, instance: &Instance, mappings: &[&Params]) -> Result<()> {
    for mapping in mappings {
        let name = mapping.required("DeviceName")?;
        let flag = mapping.flag("Ebs.DeleteOnTermination")?;
        let mut attachments =
            call.region.ec2.volumes.values_mut().filter_map(|volume| volume.attachment.as_mut());
        let own = attachments
            .find(|attachment| attachment.instance == instance.meta.id && attachment.device == name);
        let own = own.ok_or_else(|| block_device::unknown(name))?;
        own.delete_on_termination = flag.unwrap_or(own.delete_on_termination);
    }
    Ok(())
}
