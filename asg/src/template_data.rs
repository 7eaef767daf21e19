//! What a version of the launch template says, and whether that is what is wanted.

use aws_sdk_ec2::types::{
    LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateEbsBlockDevice,
    LaunchTemplateEbsBlockDeviceRequest, LaunchTemplateHttpTokensState,
    LaunchTemplateInstanceMetadataOptionsRequest, LaunchTemplateTagSpecificationRequest,
    RequestLaunchTemplateData, ResourceType, ResponseLaunchTemplateData, VolumeType,
};
use common::tags::ec2_tags;

/// What gets the tags at launch. Tags of a group never reach volumes and network interfaces.
const TAGGED: [ResourceType; 3] =
    [ResourceType::Instance, ResourceType::Volume, ResourceType::NetworkInterface];

/// The data that are this command's to say.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "user data is EC2's own name for it")]
pub struct Data {
    pub image: String,
    pub instance_type: String,
    /// None in a planned document.
    pub group: Option<String>,
    /// In base64.
    pub user_data: Option<String>,
    /// The root device of the image; none where it stays as the version before has it.
    pub disk: Option<String>,
}

impl Data {
    /// Whether a version says so already. Tags do not count: a tag is no reason to replace every instance.
    pub fn is_in(&self, has: &ResponseLaunchTemplateData) -> bool {
        has.image_id() == Some(&self.image)
            && has.instance_type().map(aws_sdk_ec2::types::InstanceType::as_str) == Some(&self.instance_type)
            && self.group.as_deref().is_none_or(|group| has.security_group_ids() == [group])
            && has.user_data().filter(|it| !it.is_empty()) == self.user_data.as_deref()
            && has.metadata_options().and_then(|it| it.http_tokens())
                == Some(&LaunchTemplateHttpTokensState::Required)
            && self.disk.as_deref().is_none_or(|device| is_encrypted(has, device))
    }

    /// For the call that makes a version.
    pub fn request(&self, tags: &[(String, String)]) -> RequestLaunchTemplateData {
        let metadata = LaunchTemplateInstanceMetadataOptionsRequest::builder()
            .http_tokens(LaunchTemplateHttpTokensState::Required)
            .http_put_response_hop_limit(1)
            .build();
        let specification = |kind: ResourceType| {
            LaunchTemplateTagSpecificationRequest::builder()
                .resource_type(kind)
                .set_tags(Some(ec2_tags(tags)))
                .build()
        };
        RequestLaunchTemplateData::builder()
            .image_id(&self.image)
            .instance_type(self.instance_type.as_str().into())
            .set_security_group_ids(self.group.as_ref().map(|group| vec![group.clone()]))
            .set_user_data(self.user_data.clone())
            .metadata_options(metadata)
            .set_block_device_mappings(self.disk.as_deref().map(|device| vec![encrypted(device)]))
            .set_tag_specifications(Some(TAGGED.into_iter().map(specification).collect()))
            .build()
    }

    /// What a client token has to depend on.
    pub fn words(&self) -> Vec<&str> {
        let optional = [&self.group, &self.user_data, &self.disk].map(|it| it.as_deref().unwrap_or_default());
        [self.image.as_str(), &self.instance_type].into_iter().chain(optional).collect()
    }
}

fn is_encrypted(has: &ResponseLaunchTemplateData, device: &str) -> bool {
    let mut disks = has.block_device_mappings().iter().filter(|it| it.device_name() == Some(device));
    disks.any(|disk| disk.ebs().and_then(LaunchTemplateEbsBlockDevice::encrypted) == Some(true))
}

fn encrypted(device: &str) -> LaunchTemplateBlockDeviceMappingRequest {
    let disk = LaunchTemplateEbsBlockDeviceRequest::builder()
        .encrypted(true)
        .volume_type(VolumeType::Gp3)
        .delete_on_termination(true)
        .build();
    LaunchTemplateBlockDeviceMappingRequest::builder().device_name(device).ebs(disk).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{LaunchTemplateBlockDeviceMapping, LaunchTemplateInstanceMetadataOptions};

    fn data() -> Data {
        Data {
            image: "ami-1".into(),
            instance_type: "t3.micro".into(),
            group: Some("sg-1".into()),
            user_data: None,
            disk: Some("/dev/xvda".into()),
        }
    }

    fn shown(encrypted: bool) -> ResponseLaunchTemplateData {
        let disk = LaunchTemplateEbsBlockDevice::builder().encrypted(encrypted).build();
        let disk = LaunchTemplateBlockDeviceMapping::builder().device_name("/dev/xvda").ebs(disk).build();
        let metadata = LaunchTemplateInstanceMetadataOptions::builder()
            .http_tokens(LaunchTemplateHttpTokensState::Required)
            .build();
        ResponseLaunchTemplateData::builder()
            .image_id("ami-1")
            .instance_type("t3.micro".into())
            .security_group_ids("sg-1")
            .metadata_options(metadata)
            .block_device_mappings(disk)
            .build()
    }

    #[test]
    fn a_version_that_says_the_same_needs_no_other() {
        assert!(data().is_in(&shown(true)));
        assert!(!data().is_in(&shown(false)));
        assert!(Data { disk: None, ..data() }.is_in(&shown(false)));
        for other in [
            Data { image: "ami-2".into(), ..data() },
            Data { instance_type: "t3.small".into(), ..data() },
            Data { group: Some("sg-2".into()), ..data() },
            Data { user_data: Some("eA==".into()), ..data() },
        ] {
            assert!(!other.is_in(&shown(true)), "{other:?}");
        }
    }

    #[test]
    fn instances_disks_and_interfaces_are_tagged_and_tokens_required() {
        let request = data().request(&[("Project".to_owned(), "expense".to_owned())]);
        assert_eq!(request.tag_specifications().len(), 3);
        let tokens = request.metadata_options().and_then(|it| it.http_tokens());
        assert_eq!(tokens, Some(&LaunchTemplateHttpTokensState::Required));
    }
}
