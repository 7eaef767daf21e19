//! The image: the newest OpenVPN Access Server of the AWS Marketplace, or the one that was given.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::fault::Fault;
use common::session::Session;
use common::tags::ec2_filter;

use crate::cli::Create;

/// AWS Marketplace, which owns the images of its sellers.
const OWNER: &str = "679593333241";
const NAME: &str = "OpenVPN Access Server Community Image*";
const ROOT_DEVICE: &str = "/dev/sda1";

/// What an instance is launched from.
#[derive(Debug, Clone)]
pub struct Image {
    pub id: String,
    pub root_device: String,
}

/// Finds it. One call; the image is seen whether the account has accepted it or not.
///
/// # Errors
/// Not found; AWS's refusal.
pub async fn find(session: &Session, flags: &Create) -> Result<Image> {
    let call = session.aws.ec2().describe_images();
    let call = match &flags.ami {
        Some(id) => call.image_ids(id),
        None => call.owners(OWNER).set_filters(Some(vec![
            ec2_filter("name", [NAME]),
            ec2_filter("architecture", ["x86_64"]),
            ec2_filter("state", ["available"]),
        ])),
    };
    let what = flags.ami.as_deref().unwrap_or("of OpenVPN Access Server");
    let answer = call.send().await.cannot(format!("look up the image {what}"))?;
    newest(answer.images.unwrap_or_default()).ok_or_else(|| {
        Fault::not_found(format!("there is no image {what} in {}", session.aws.region()))
            .hint("name one of this Region with --ami")
            .into()
    })
}

/// Dates are written so that the later one is also the greater text.
fn newest(mut images: Vec<ec2::Image>) -> Option<Image> {
    images.sort_by(|a, b| (a.creation_date(), a.image_id()).cmp(&(b.creation_date(), b.image_id())));
    let image = images.pop()?;
    let root_device = image.root_device_name.unwrap_or_else(|| ROOT_DEVICE.to_owned());
    Some(Image { id: image.image_id?, root_device })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_taken_whatever_the_order() {
        let image = |id: &str, date: &str| ec2::Image::builder().image_id(id).creation_date(date).build();
        let (old, new) =
            (image("ami-2", "2025-03-01T08:00:00.000Z"), image("ami-1", "2026-10-27T08:00:00.000Z"));
        assert_eq!(newest(vec![old.clone(), new.clone()]).unwrap().id, "ami-1");
        assert_eq!(newest(vec![new, old]).unwrap().id, "ami-1");
        assert!(newest(Vec::new()).is_none());
    }
}
