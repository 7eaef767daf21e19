//! `bake copy`: a component's image in another Region.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::fault::Fault;
use common::server::image::until_available;
use common::session::Session;
use common::tags::ec2_tags;
use common::token;

use crate::cli::Copy;
use crate::inventory::{id_of, images};
use crate::marks::FINGERPRINT;
use crate::names::Names;
use crate::pick::{self, check_available};
use crate::section;

/// Copies it, encrypted, with its tags, and waits until the copy is available. The document is passed on with the image that was
/// copied: it is of this Region.
///
/// # Errors
/// Usage where it is this Region; not found; the copy failed; not in time; AWS's refusal.
pub async fn copy(session: &Session, flags: &Copy) -> Result<()> {
    if flags.to_region == session.aws.region() {
        return Err(Fault::usage(format!("the image is in {} already", flags.to_region)).into());
    }
    let names = Names::new(&session.identity, &flags.name);
    let image = pick::image(session, &names, flags.image.as_deref()).await?;
    check_available(&image)?;
    let there = session.in_region(&flags.to_region);
    let name = image.name().unwrap_or_default();
    let found = images(&there, Some(&names)).await?;
    let is_copy = |it: &&ec2::Image| {
        it.name() == Some(name) && pick::is_usable(it) && fingerprint(it) == fingerprint(&image)
    };
    let id = if let Some(copy) = found.iter().find(is_copy) {
        Some(id_of(copy).to_owned())
    } else {
        let what = format!("image {name} in {}", flags.to_region);
        session.make(what, Box::pin(call(session, &there, flags, &image, found.len()))).await?
    };
    section::write(session, [(names.name.clone(), section::baked(&image))])?;
    match id {
        Some(id) if session.waits() => until_available(&there, &id, name).await,
        _ => Ok(()),
    }
}

fn fingerprint(image: &ec2::Image) -> Option<&str> {
    common::tags::ec2_value(image.tags(), FINGERPRINT)
}

async fn call(
    session: &Session,
    there: &Session,
    flags: &Copy,
    image: &ec2::Image,
    generation: usize,
) -> Result<String> {
    let (id, name) = (id_of(image), image.name().unwrap_or_default());
    let key = flags.kms_key.as_deref().unwrap_or_default();
    // Tags of the image, on the copy's snapshots as well. AWS's own cannot be given.
    let tags: Vec<(String, String)> = image
        .tags()
        .iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
        .filter(|(key, _)| !key.starts_with("aws:"))
        .collect();
    let tagged = [ec2::ResourceType::Image, ec2::ResourceType::Snapshot].map(|kind| {
        ec2::TagSpecification::builder().resource_type(kind).set_tags(Some(ec2_tags(&tags))).build()
    });
    let token = token::derived(&session.identity, "bake copy", &[id, &flags.to_region, key], generation);
    let call =
        there.aws.ec2().copy_image().source_image_id(id).source_region(session.aws.region()).name(name);
    let call = call.set_description(image.description.clone()).encrypted(true);
    let call = call.set_kms_key_id(flags.kms_key.clone()).client_token(token);
    let answer = call.set_tag_specifications(Some(tagged.to_vec())).send().await;
    let answer = answer.cannot(format!("copy the image {id} to {}", flags.to_region))?;
    answer.image_id.ok_or_else(|| anyhow::anyhow!("EC2 named no image"))
}
