//! What a run of `bake create` goes on with, from what there is.

use aws_sdk_ec2::types::{self as ec2, ImageState};
use common::server::{is_live, power::is_off};
use common::tags::ec2_value;

use crate::inventory::Inventory;
use crate::marks::{BAKED, FINGERPRINT};

/// What is next.
#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "there is one of it at a time")]
pub enum Next {
    /// There is such an image: it is taken as it is.
    Take(ec2::Image),
    /// It is on its way: it is waited for.
    Resume(ec2::Image),
    /// It failed: it goes, and another one is made.
    Retire(ec2::Image),
    /// A builder is configured and stops: an image is made of it.
    Finish(ec2::Instance),
    /// Another run makes one: how that ends is waited for.
    Await(String),
    /// What runs that are no more have left goes first.
    Clear(Vec<ec2::Instance>),
    Bake,
}

/// Decides. `is_alive` says of a builder whether the run that made it may still be going on.
pub fn decide(
    inventory: &Inventory,
    fingerprint: &str,
    force: bool,
    is_alive: impl Fn(&ec2::Instance) -> bool,
) -> Next {
    let same = inventory.images.iter().filter(|it| ec2_value(it.tags(), FINGERPRINT) == Some(fingerprint));
    let (mut failed, mut available) = (None, None);
    for image in same {
        match image.state() {
            Some(ImageState::Pending | ImageState::Transient) => return Next::Resume(image.clone()),
            None | Some(ImageState::Available) => available = available.or(Some(image)),
            Some(ImageState::Deregistered | ImageState::Disabled) => {}
            Some(_) => failed = failed.or(Some(image)),
        }
    }
    match (available, failed) {
        (Some(image), _) if !force => return Next::Take(image.clone()),
        (_, Some(image)) => return Next::Retire(image.clone()),
        _ => {}
    }
    of_builders(&inventory.builders, fingerprint, is_alive)
}

fn of_builders(
    builders: &[ec2::Instance],
    fingerprint: &str,
    is_alive: impl Fn(&ec2::Instance) -> bool,
) -> Next {
    let living: Vec<&ec2::Instance> = builders.iter().filter(|it| is_live(it)).collect();
    if let Some(builder) = living.iter().find(|it| is_alive(it)) {
        return Next::Await(builder.instance_id().unwrap_or_default().to_owned());
    }
    let is_done = |it: &&&ec2::Instance| is_off(it) && ec2_value(it.tags(), BAKED) == Some(fingerprint);
    match living.iter().find(is_done) {
        Some(builder) => Next::Finish((**builder).clone()),
        None if living.is_empty() => Next::Bake,
        None => Next::Clear(living.into_iter().cloned().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(state: ImageState, fingerprint: &str) -> ec2::Image {
        let tag = ec2::Tag::builder().key(FINGERPRINT).value(fingerprint).build();
        ec2::Image::builder().state(state).tags(tag).build()
    }

    fn builder(state: ec2::InstanceStateName, baked: &str) -> ec2::Instance {
        let tag = ec2::Tag::builder().key(BAKED).value(baked).build();
        let state = ec2::InstanceState::builder().name(state).build();
        ec2::Instance::builder().instance_id("i-1").state(state).tags(tag).build()
    }

    fn next(images: &[ec2::Image], builders: &[ec2::Instance], force: bool, is_alive: bool) -> Next {
        let inventory =
            Inventory { images: images.to_vec(), builders: builders.to_vec(), ..Inventory::default() };
        decide(&inventory, "f", force, |_| is_alive)
    }

    #[test]
    fn an_image_of_the_same_things_is_taken_unless_another_is_forced() {
        let available = [image(ImageState::Available, "f")];
        assert!(matches!(next(&available, &[], false, false), Next::Take(_)));
        assert!(matches!(next(&available, &[], true, false), Next::Bake));
        assert!(matches!(next(&[image(ImageState::Available, "g")], &[], false, false), Next::Bake));
    }

    #[test]
    fn a_pending_image_is_waited_for_and_a_failed_one_goes() {
        let images = [image(ImageState::Failed, "f"), image(ImageState::Pending, "f")];
        assert!(matches!(next(&images, &[], true, true), Next::Resume(_)));
        assert!(matches!(next(&images[..1], &[], false, false), Next::Retire(_)));
        let images = [image(ImageState::Failed, "f"), image(ImageState::Available, "f")];
        assert!(matches!(next(&images, &[], false, false), Next::Take(_)));
    }

    #[test]
    fn a_builder_is_waited_for_finished_or_cleared_away() {
        use ec2::InstanceStateName::{Running, Stopped, Stopping, Terminated};
        assert!(matches!(next(&[], &[builder(Running, "")], false, true), Next::Await(_)));
        assert!(matches!(next(&[], &[builder(Running, "f")], false, false), Next::Clear(_)));
        assert!(matches!(next(&[], &[builder(Stopping, "f")], false, false), Next::Finish(_)));
        assert!(matches!(next(&[], &[builder(Stopped, "g")], false, false), Next::Clear(_)));
        assert!(matches!(next(&[], &[builder(Terminated, "f")], false, false), Next::Bake));
    }
}
