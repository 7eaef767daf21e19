//! Images: the newest Amazon Linux 2023 by its public parameter, one by its id, and one that is on its way.

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types::{self as ec2, ImageState};
use tokio::time::Instant;

use crate::call::Call as _;
use crate::fault::Fault;
use crate::session::Session;
use crate::tags::ec2_filter;
use crate::wait::{State, until_ready};

/// What an instance is launched from.
#[derive(Debug, Clone)]
pub struct Image {
    pub id: String,
    pub root_device: String,
}

/// Amazon Linux 2023 calls its root volume so.
const ROOT_DEVICE: &str = "/dev/xvda";

/// From pending to available takes 3 to 15 minutes, and with a large disk over an hour.
const LONGEST: Duration = Duration::from_hours(2);

/// For as long EC2 may not know an image that was made a moment ago.
const UNKNOWN: Duration = Duration::from_mins(5);

/// The public parameter of Systems Manager that names the newest Amazon Linux 2023 for an instance type.
pub fn amazon_linux_parameter(instance_type: &str) -> String {
    format!("/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{}", architecture(instance_type))
}

/// The newest Amazon Linux 2023. One call.
///
/// # Errors
/// AWS's refusal.
pub async fn amazon_linux(session: &Session, instance_type: &str) -> Result<Image> {
    let id = of_parameter(session, &amazon_linux_parameter(instance_type)).await?;
    Ok(Image { id, root_device: ROOT_DEVICE.to_owned() })
}

/// The id of the image that a parameter of Systems Manager names. One call.
///
/// # Errors
/// Not found; a conflict where the parameter names something else; AWS's refusal.
pub async fn of_parameter(session: &Session, name: &str) -> Result<String> {
    let call = session.aws.ssm().get_parameter().name(name);
    let answer = match call.send().await.cannot(format!("look up the image of the parameter {name}")) {
        Err(error) if crate::fault::is_code(&error, &["ParameterNotFound", "ParameterVersionNotFound"]) => {
            return Err(error.context(Fault::not_found(format!("there is no parameter {name}"))));
        }
        answer => answer?,
    };
    let id = answer.parameter.and_then(|it| it.value).context("SSM answered no value")?;
    crate::flags::image(&id)
        .map_err(|_| Fault::conflict(format!("the parameter {name} does not hold the id of an image")).into())
}

/// An image that was given by its id.
///
/// # Errors
/// Not found; AWS's refusal.
pub async fn given(session: &Session, id: &str) -> Result<Image> {
    let image = look(session, id).await?.ok_or_else(|| absent(id))?;
    let root_device = image.root_device_name.unwrap_or_else(|| ROOT_DEVICE.to_owned());
    Ok(Image { id: id.to_owned(), root_device })
}

/// That an image is not there.
pub fn absent(id: &str) -> Fault {
    Fault::not_found(format!("there is no image {id} in this Region"))
        .hint("images are of one Region, and one of another account has to be shared with this one")
}

/// An image as EC2 tells of it; none where there is none of this id, or it may not be seen.
///
/// # Errors
/// AWS's refusal.
pub async fn look(session: &Session, id: &str) -> Result<Option<ec2::Image>> {
    let call = session.aws.ec2().describe_images().filters(ec2_filter("image-id", [id]));
    let answer = call.send().await.cannot(format!("look up the image {id}"))?;
    Ok(answer.images.unwrap_or_default().pop())
}

/// EC2's word for its state.
pub fn state_of(image: &ec2::Image) -> &str {
    image.state().map_or("available", ImageState::as_str)
}

/// Where it stands on its way, with EC2's reason where it failed.
pub fn progress(image: &ec2::Image) -> State {
    match image.state() {
        None | Some(ImageState::Available) => State::Ready,
        Some(state @ (ImageState::Pending | ImageState::Transient)) => {
            State::Pending(state.as_str().to_owned())
        }
        Some(state) => State::Failed(match image.state_reason().and_then(ec2::StateReason::message) {
            Some(message) if *state == ImageState::Failed => message.trim_end_matches('.').to_owned(),
            Some(message) => format!("it is {state}: {}", message.trim_end_matches('.')),
            None => format!("it is {state}"),
        }),
    }
}

/// Waits until an image is available. `name` is what it is called in messages.
///
/// # Errors
/// It failed, with EC2's reason, or is gone; not in time; AWS's refusal.
pub async fn until_available(session: &Session, id: &str, name: &str) -> Result<()> {
    let began = Instant::now();
    until_ready(session, LONGEST, async || {
        let state = match look(session, id).await? {
            Some(image) => progress(&image),
            None if began.elapsed() < UNKNOWN => State::Pending("not known yet".to_owned()),
            None => State::Failed("it is gone".to_owned()),
        };
        Ok(vec![(format!("image {name} ({id})"), state)])
    })
    .await
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
