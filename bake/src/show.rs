//! `bake show`: the section filled from AWS.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::all;
use common::fault::Fault;
use common::section::{Baked, Named};
use common::session::Session;

use crate::cli::Show;
use crate::inventory::images;
use crate::names::Names;
use crate::pick::is_usable;
use crate::section::baked;
use crate::{section, settle};

/// Fills the section with the newest image of each component. Where the document names one that is still there, that one stays.
///
/// # Errors
/// Not found; with `--wait` also what failed, and not in time.
pub async fn show(session: &Session, flags: &Show) -> Result<()> {
    let piped = section::piped(session)?;
    let one = flags.name.as_ref().map(|name| Names::new(&session.identity, name));
    let found = session.inventory(images(session, one.as_ref())).await?;
    let mut shown: Vec<(Names, ec2::Image)> = Vec::new();
    for image in found.iter().filter(|it| is_usable(it)) {
        let component = common::tags::ec2_value(image.tags(), "Component").unwrap_or_default();
        let is_named = piped.get(component).is_some_and(|it| it.image.as_deref() == image.image_id());
        match shown.iter_mut().find(|(names, _)| names.name == component) {
            None => shown.push((Names::new(&session.identity, component), image.clone())),
            Some((_, newest)) if is_named => *newest = image.clone(),
            Some(_) => {}
        }
    }
    check_all_there(session, flags, &piped, &shown)?;
    if flags.wait && !session.is_planning() {
        all(shown.iter().map(|(names, image)| settle::settle(session, names, image, None))).await?;
    }
    section::write(session, shown.iter().map(|(names, image)| (names.name.clone(), baked(image))))
}

/// Everything asked for, and everything the document shows as made, has to be there.
fn check_all_there(
    session: &Session,
    flags: &Show,
    piped: &Named<Baked>,
    shown: &[(Names, ec2::Image)],
) -> Result<()> {
    let is_planned =
        |name: &str| session.is_planning() && piped.get(name).is_some_and(|it| it.image.is_none());
    let expected = flags.name.iter().chain(piped.keys().filter(|_| flags.name.is_none()));
    let gone: Vec<&str> = expected
        .map(String::as_str)
        .filter(|name| !shown.iter().any(|(names, _)| names.name == *name) && !is_planned(name))
        .collect();
    let what = match gone.as_slice() {
        [] if !shown.is_empty() || (session.is_planning() && !piped.is_empty()) => return Ok(()),
        [] => format!("{} has no image", session.identity.base()),
        gone => format!("there is no image of {}", gone.join(", ")),
    };
    Err(Fault::not_found(what).hint("run `bake create` first").into())
}
