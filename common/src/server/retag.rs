//! Putting back tags that are missing on a server, its volumes, its network interfaces and its elastic IP.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;

use super::FoundAddress;
use crate::call::Call as _;
use crate::session::Session;
use crate::tags::{ec2_tags, ec2_value, missing};

/// Puts on all of them what is missing on any of them, in one call.
///
/// # Errors
/// AWS's refusal.
pub async fn retag(
    session: &Session,
    mut wanted: Vec<(String, String)>,
    instances: &[ec2::Instance],
    addresses: &[FoundAddress],
) -> Result<()> {
    // What was found, was found by its name.
    wanted.retain(|(key, _)| key != "Name");
    let mut lacking = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    let mut look = |tags: &[ec2::Tag], all: Vec<String>| {
        let missing = missing(&wanted, |key| ec2_value(tags, key).map(str::to_owned));
        if !missing.is_empty() {
            ids.extend(all);
            lacking.extend(missing);
        }
    };
    for instance in instances {
        look(instance.tags(), belonging(instance));
    }
    for address in addresses {
        look(&address.tags, vec![address.allocation.clone()]);
    }
    if ids.is_empty() {
        return Ok(());
    }
    lacking.sort();
    lacking.dedup();
    let keys: Vec<&str> = lacking.iter().map(|(key, _)| key.as_str()).collect();
    let what = format!("tags {} of {}", keys.join(", "), ids.join(", "));
    let cannot = format!("tag {}", ids.join(", "));
    let call = session.aws.ec2().create_tags().set_resources(Some(ids)).set_tags(Some(ec2_tags(&lacking)));
    let call = Box::pin(async { call.send().await.cannot(cannot) });
    session.change(what, call).await.map(|_| ())
}

/// An instance with its volumes and network interfaces.
fn belonging(instance: &ec2::Instance) -> Vec<String> {
    let volumes = instance.block_device_mappings().iter().filter_map(|it| it.ebs()?.volume_id());
    let interfaces = instance.network_interfaces().iter().filter_map(|it| it.network_interface_id());
    instance.instance_id().into_iter().chain(volumes).chain(interfaces).map(str::to_owned).collect()
}
