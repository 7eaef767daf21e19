//! What a launch template holds: the parameters of a launch, as they were given.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::loopback::action::Protocol;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::schema;
use crate::loopback::tag;
use crate::loopback::xml::Node;

/// What launches and launch templates take alike.
macro_rules! launch_parameters {
    () => {
        "ImageId InstanceType KeyName UserData EbsOptimized DisableApiTermination DisableApiStop \
         InstanceInitiatedShutdownBehavior Monitoring.Enabled SecurityGroupId.N SecurityGroup.N IamInstanceProfile.Arn \
         IamInstanceProfile.Name Placement.AvailabilityZone Placement.Tenancy CreditSpecification.CpuCredits \
         MaintenanceOptions.AutoRecovery MetadataOptions.HttpTokens MetadataOptions.HttpEndpoint \
         MetadataOptions.HttpPutResponseHopLimit MetadataOptions.HttpProtocolIpv6 MetadataOptions.InstanceMetadataTags \
         BlockDeviceMapping.N.DeviceName BlockDeviceMapping.N.NoDevice BlockDeviceMapping.N.VirtualName \
         BlockDeviceMapping.N.Ebs.SnapshotId BlockDeviceMapping.N.Ebs.VolumeSize BlockDeviceMapping.N.Ebs.VolumeType \
         BlockDeviceMapping.N.Ebs.Iops BlockDeviceMapping.N.Ebs.Throughput BlockDeviceMapping.N.Ebs.Encrypted \
         BlockDeviceMapping.N.Ebs.KmsKeyId BlockDeviceMapping.N.Ebs.DeleteOnTermination \
         NetworkInterface.N.DeviceIndex NetworkInterface.N.SubnetId NetworkInterface.N.SecurityGroupId.N \
         NetworkInterface.N.PrivateIpAddress NetworkInterface.N.AssociatePublicIpAddress \
         NetworkInterface.N.DeleteOnTermination NetworkInterface.N.Description NetworkInterface.N.NetworkInterfaceId \
         NetworkInterface.N.InterfaceType NetworkInterface.N.NetworkCardIndex @tags"
    };
}
pub(super) use launch_parameters;

/// What a launch makes that can be tagged.
pub const TAGGED: &[&str] =
    &["instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu"];

/// User data may have so many bytes before they are encoded.
pub const USER_DATA: usize = 16 * 1024;

/// Refuses what cannot be a template's data. As with AWS, whether what it names exists is not looked at.
///
/// # Errors
/// For parameters that are unknown, and for tags and user data that no launch would take.
pub fn check(data: &Params) -> Result<()> {
    schema::check(launch_parameters!(), data, Protocol::Ec2)?;
    tag::specified(data, "instance", TAGGED)?;
    match data.text("UserData") {
        Some(text) => user_data(text).map(|_| ()),
        None => Ok(()),
    }
}

/// User data, decoded.
///
/// # Errors
/// For text that is not base64, and for more than 16 KiB.
pub fn user_data(text: &str) -> Result<Vec<u8>> {
    let bytes = BASE64.decode(text);
    let bytes = bytes
        .map_err(|_| AwsError::new("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data."))?;
    if bytes.len() > USER_DATA {
        return Err(AwsError::invalid_value("User data is limited to 16384 bytes"));
    }
    Ok(bytes)
}

/// The parameters of one set and of another over it: what both have is as the upper one has it.
#[must_use]
pub fn over(lower: &Params, upper: &Params) -> Params {
    match (lower, upper) {
        (Params::Map(lower), Params::Map(upper)) => {
            let mut whole = lower.clone();
            whole.extend(upper.clone());
            Params::Map(whole)
        }
        _ => upper.clone(),
    }
}

/// A launch's parameters over those of its template. Disks and tags of both count: those of the launch come last, and so
/// win where both name the same.
#[must_use]
pub fn launch(template: &Params, launch: &Params) -> Params {
    let mut whole = over(template, launch);
    if let Params::Map(map) = &mut whole {
        for list in ["TagSpecification", "BlockDeviceMapping"] {
            let both = template.items(list).into_iter().chain(launch.items(list)).cloned();
            let numbered: BTreeMap<String, Params> = (1..).map(|n: u32| n.to_string()).zip(both).collect();
            if !numbered.is_empty() {
                map.insert(list.to_owned(), Params::Map(numbered));
            }
        }
    }
    whole
}

/// The data as describe calls show them: the same tree, with each name as answers have it.
#[must_use]
pub fn show(data: &Params) -> Node {
    node(data, false)
}

fn node(data: &Params, interface: bool) -> Node {
    let Params::Map(map) = data else { return Node::new() };
    map.iter().fold(Node::new(), |shown, (key, value)| {
        let items = data.items(key);
        match value {
            Params::Text(text) => shown.put(answer_name(key), text),
            Params::Map(_) if items.is_empty() => shown.node(answer_name(key), node(value, false)),
            Params::Map(_) => {
                let name = if interface && key == "SecurityGroupId" {
                    "groupSet".to_owned()
                } else {
                    list_name(key)
                };
                match data.texts(key) {
                    texts if texts.is_empty() => {
                        shown.list(name, items.into_iter().map(|item| node(item, key == "NetworkInterface")))
                    }
                    texts => shown.texts(name, "item", texts),
                }
            }
        }
    })
}

fn list_name(key: &str) -> String {
    format!("{}Set", answer_name(key))
}

fn answer_name(key: &str) -> String {
    let (first, rest) = key.split_at(1.min(key.len()));
    format!("{}{rest}", first.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{Params, launch, show};

    fn params(body: &str) -> Params {
        Params::from_form(body.as_bytes(), false).unwrap()
    }

    #[test]
    fn data_are_shown_under_the_names_of_answers() {
        let data = params(
            "ImageId=ami-1&SecurityGroupId.1=sg-1&NetworkInterface.1.SecurityGroupId.1=sg-2&\
             TagSpecification.1.ResourceType=instance&TagSpecification.1.Tag.1.Key=k",
        );
        assert_eq!(
            show(&data).xml(),
            "<imageId>ami-1</imageId>\
             <networkInterfaceSet><item><groupSet><item>sg-2</item></groupSet></item></networkInterfaceSet>\
             <securityGroupIdSet><item>sg-1</item></securityGroupIdSet>\
             <tagSpecificationSet><item><resourceType>instance</resourceType>\
             <tagSet><item><key>k</key></item></tagSet></item></tagSpecificationSet>"
        );
    }

    #[test]
    fn a_launch_goes_over_its_template() {
        let template = params(
            "ImageId=a&SecurityGroupId.1=x&SecurityGroupId.2=y&TagSpecification.1.ResourceType=volume",
        );
        let whole = launch(
            &template,
            &params("ImageId=b&SecurityGroupId.1=z&TagSpecification.1.ResourceType=instance"),
        );
        assert_eq!(whole.text("ImageId"), Some("b"));
        assert_eq!(whole.texts("SecurityGroupId"), ["z"]);
        assert_eq!(whole.items("TagSpecification").len(), 2);
    }
}
