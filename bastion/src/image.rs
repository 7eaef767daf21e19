//! The image: the newest Amazon Linux 2023 by its public parameter, or the one that was given.

use anyhow::{Context as _, Result};
use common::call::Call as _;
use common::fault::Fault;
use common::session::Session;

use crate::cli::Create;

/// What an instance is launched from.
#[derive(Debug, Clone)]
pub struct Image {
    pub id: String,
    pub root_device: String,
}

pub const DEFAULT_TYPE: &str = "t3.micro";

/// Amazon Linux 2023 calls its root volume so.
const ROOT_DEVICE: &str = "/dev/xvda";

/// Finds it. One call.
///
/// # Errors
/// Not found; AWS's refusal.
pub async fn find(session: &Session, flags: &Create) -> Result<Image> {
    match &flags.ami {
        Some(id) => given(session, id).await,
        None => amazon_linux(session, flags.instance_type.as_deref().unwrap_or(DEFAULT_TYPE)).await,
    }
}

async fn amazon_linux(session: &Session, instance_type: &str) -> Result<Image> {
    let architecture = architecture(instance_type);
    let name = format!("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}");
    let call = session.aws.ssm().get_parameter().name(&name);
    let answer = call.send().await.cannot("look up the newest Amazon Linux 2023")?;
    let id = answer.parameter.and_then(|it| it.value).context("SSM answered no image")?;
    Ok(Image { id, root_device: ROOT_DEVICE.to_owned() })
}

async fn given(session: &Session, id: &str) -> Result<Image> {
    let call = session.aws.ec2().describe_images().image_ids(id);
    let answer = call.send().await.cannot(format!("look up the image {id}"))?;
    let image = answer.images.unwrap_or_default().pop().ok_or_else(|| {
        Fault::not_found(format!("there is no image {id}")).hint("see that it is one of this Region")
    })?;
    let root_device = image.root_device_name.unwrap_or_else(|| ROOT_DEVICE.to_owned());
    Ok(Image { id: id.to_owned(), root_device })
}

/// `arm64` or `x86_64`. A Graviton family has a `g` behind its generation's number: t4g, c7gn, im4gn, is4gen; a1 was the first.
pub fn architecture(instance_type: &str) -> &'static str {
    let family = instance_type.split('.').next().unwrap_or_default();
    let attributes = family.trim_start_matches(|c: char| !c.is_ascii_digit());
    let attributes = attributes.trim_start_matches(|c: char| c.is_ascii_digit());
    if family == "a1" || attributes.starts_with('g') { "arm64" } else { "x86_64" }
}

#[cfg(test)]
mod tests {
    use super::architecture;

    #[test]
    fn graviton_is_arm_and_everything_else_is_not() {
        for arm in [
            "t4g.nano",
            "c7gn.large",
            "m8g.medium",
            "im4gn.large",
            "is4gen.medium",
            "x2gd.medium",
            "a1.medium",
            "g5g.xlarge",
        ] {
            assert_eq!(architecture(arm), "arm64", "{arm}");
        }
        for x86 in [
            "t3.micro",
            "g4dn.xlarge",
            "g5.xlarge",
            "m7i.large",
            "t3a.nano",
            "u-6tb1.56xlarge",
            "gr6.4xlarge",
        ] {
            assert_eq!(architecture(x86), "x86_64", "{x86}");
        }
    }
}
