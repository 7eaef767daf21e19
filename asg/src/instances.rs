//! The instances of a group, as EC2 tells of them.

use anyhow::Result;
use aws_sdk_ec2::types::{
    EbsInstanceBlockDevice, Instance, InstanceBlockDeviceMapping, InstanceNetworkInterface, InstanceStateName,
};
use common::call::Call as _;
use common::session::Session;
use common::tags::ec2_filter;

use crate::names::Names;

/// The tag that Auto Scaling puts on its instances.
const GROUP: &str = "tag:aws:autoscaling:groupName";

/// Those that are not terminated.
///
/// # Errors
/// AWS's refusal.
pub async fn of(session: &Session, names: &Names) -> Result<Vec<Instance>> {
    let call = session.aws.ec2().describe_instances().filters(ec2_filter(GROUP, [&names.full]));
    let found = call.into_paginator().items().send().try_collect().await;
    let found = found.cannot(format_args!("look up the instances of {names}"))?;
    let instances = found.into_iter().flat_map(|it| it.instances.unwrap_or_default());
    Ok(instances.filter(is_alive).collect())
}

fn is_alive(instance: &Instance) -> bool {
    instance.state().and_then(|it| it.name()) != Some(&InstanceStateName::Terminated)
}

/// AWS's word for what it is doing.
pub fn state(instance: &Instance) -> String {
    let state = instance.state().and_then(|it| it.name());
    state.map_or("unknown", InstanceStateName::as_str).to_owned()
}

/// The ids of an instance, its volumes and its network interfaces.
pub fn parts(instance: &Instance) -> Vec<String> {
    let disks = instance.block_device_mappings().iter().filter_map(InstanceBlockDeviceMapping::ebs);
    let disks = disks.filter_map(EbsInstanceBlockDevice::volume_id);
    let interfaces = instance.network_interfaces().iter();
    let interfaces = interfaces.filter_map(InstanceNetworkInterface::network_interface_id);
    instance.instance_id().into_iter().chain(disks).chain(interfaces).map(str::to_owned).collect()
}
