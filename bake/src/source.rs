//! The image to begin with.

use anyhow::Result;
use aws_sdk_ec2::types::{self as ec2, ImageState};
use common::call::Call as _;
use common::fault::Fault;
use common::flags;
use common::server::image::{absent, amazon_linux_parameter, architecture, look, of_parameter, state_of};
use common::session::Session;
use common::tags::ec2_filter;

/// How it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A parameter of Systems Manager holds its id.
    Parameter(String),
    Id(String),
    /// The newest of an owner with such a name.
    Pattern {
        owner: String,
        name: String,
    },
}

/// Reads `--from`.
///
/// # Errors
/// Anything that names no image.
pub fn parse(text: &str) -> Result<Source, String> {
    let expected = || {
        Err("expected ami-…, a parameter such as /aws/service/…, or OWNER:NAME*PATTERN such as amazon:al2023-ami-2023*"
            .to_owned())
    };
    let parameter = text.strip_prefix("ssm:").or_else(|| text.starts_with('/').then_some(text));
    if let Some(name) = parameter {
        let fits = (2..=1011).contains(&name.len())
            && name.starts_with('/')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"/_.-:".contains(&b));
        return if fits { Ok(Source::Parameter(name.to_owned())) } else { expected() };
    }
    if text.starts_with("ami-") {
        return flags::image(text).map(Source::Id);
    }
    let Some((owner, name)) = text.split_once(':') else { return expected() };
    let is_owner = matches!(owner, "self" | "amazon" | "aws-marketplace")
        || (owner.len() == 12 && owner.bytes().all(|b| b.is_ascii_digit()));
    let is_name = (1..=128).contains(&name.len()) && !name.chars().any(char::is_control);
    if is_owner && is_name {
        return Ok(Source::Pattern { owner: owner.to_owned(), name: name.to_owned() });
    }
    expected()
}

/// An image to begin with: its id, and what EC2 tells of it where that was asked for along the way.
#[derive(Debug, Clone)]
pub struct Found {
    pub id: String,
    image: Option<ec2::Image>,
}

/// Finds it. One call.
///
/// # Errors
/// Not found; AWS's refusal.
pub async fn find(session: &Session, source: Option<&Source>, instance_type: &str) -> Result<Found> {
    match source {
        None => by_parameter(session, &amazon_linux_parameter(instance_type)).await,
        Some(Source::Parameter(name)) => by_parameter(session, name).await,
        Some(Source::Id(id)) => {
            let image = look(session, id).await?.ok_or_else(|| absent(id))?;
            Ok(Found { id: id.clone(), image: Some(image) })
        }
        Some(Source::Pattern { owner, name }) => newest(session, owner, name, instance_type).await,
    }
}

async fn by_parameter(session: &Session, name: &str) -> Result<Found> {
    Ok(Found { id: of_parameter(session, name).await?, image: None })
}

async fn newest(session: &Session, owner: &str, name: &str, instance_type: &str) -> Result<Found> {
    let architecture = architecture(instance_type);
    let filters = [("name", name), ("state", "available"), ("architecture", architecture)];
    let filters = filters.into_iter().map(|(name, value)| ec2_filter(name, [value])).collect();
    let call = session.aws.ec2().describe_images().owners(owner).set_filters(Some(filters));
    let answer = call.send().await.cannot(format!("look up the image {owner}:{name}"))?;
    // Dates are written so that the later one is also the greater text.
    let order = |image: &ec2::Image| (image.creation_date.clone(), image.image_id.clone());
    let image = answer.images.unwrap_or_default().into_iter().max_by_key(order);
    let found = image.and_then(|image| Some(Found { id: image.image_id.clone()?, image: Some(image) }));
    found.ok_or_else(|| {
        Fault::not_found(format!(
            "{owner} has no available {architecture} image {name} in {}",
            session.aws.region()
        ))
        .hint("* stands for any text, ? for any character; `aws ec2 describe-images` lists what there is")
        .into()
    })
}

impl Found {
    /// Makes sure that the builder can be launched from it. Answers its root device.
    ///
    /// # Errors
    /// Not found; a conflict where the image does not fit the instance type or is not available.
    pub async fn check(&self, session: &Session, instance_type: &str) -> Result<String> {
        let image = match &self.image {
            Some(image) => image.clone(),
            None => look(session, &self.id).await?.ok_or_else(|| absent(&self.id))?,
        };
        check(&image, instance_type).map_err(|why| {
            let id = &self.id;
            anyhow::Error::from(
                Fault::conflict(format!("the image {id} {why}")).hint("choose another one with --from"),
            )
        })
    }
}

fn check(image: &ec2::Image, instance_type: &str) -> Result<String, String> {
    let wanted = architecture(instance_type);
    match image.architecture().map(ec2::ArchitectureValues::as_str) {
        Some(has) if has != wanted => return Err(format!("is for {has}, and a {instance_type} is {wanted}")),
        _ => {}
    }
    if !matches!(image.state(), None | Some(ImageState::Available)) {
        return Err(format!("is {}", state_of(image)));
    }
    if image.root_device_type().is_some_and(|it| *it != ec2::DeviceType::Ebs) {
        return Err("has no EBS volume as its root device".to_owned());
    }
    image.root_device_name().map(str::to_owned).ok_or_else(|| "has no root device".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_named_in_four_ways() {
        assert_eq!(parse("ami-0123456789abcdef0"), Ok(Source::Id("ami-0123456789abcdef0".into())));
        assert_eq!(parse("/my/image"), Ok(Source::Parameter("/my/image".into())));
        assert_eq!(parse("ssm:/my/image"), Ok(Source::Parameter("/my/image".into())));
        let pattern = Source::Pattern { owner: "309956199498".into(), name: "RHEL-9*".into() };
        assert_eq!(parse("309956199498:RHEL-9*"), Ok(pattern));
        for bad in ["", "ami-xyz", "ubuntu", "ubuntu:x", "ssm:x", "self:", "12345:x", "/a b"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_image_has_to_fit_the_instance_type() {
        let image = ec2::Image::builder()
            .architecture(ec2::ArchitectureValues::Arm64)
            .state(ImageState::Available)
            .root_device_name("/dev/xvda")
            .build();
        assert_eq!(check(&image, "t4g.micro"), Ok("/dev/xvda".to_owned()));
        assert!(check(&image, "t3.micro").unwrap_err().contains("arm64"));
        let pending = ec2::Image::builder().state(ImageState::Pending).root_device_name("/dev/xvda").build();
        assert!(check(&pending, "t3.micro").is_err());
    }
}
