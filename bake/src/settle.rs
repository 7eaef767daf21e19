//! From a pending image to an available one, with nothing left of its making.

use std::pin::Pin;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::fault::{Kind, kind_of};
use common::server::image::until_available;
use common::session::Session;

use crate::claim::Claim;
use crate::inventory::{Inventory, id_of};
use crate::names::Names;
use crate::{clear, image};

/// Waits until the image is available, then removes the builder. An image that is only late stays, and so does its builder.
///
/// # Errors
/// The image failed, with EC2's reason, and was deleted; not in time; AWS's refusal.
pub async fn settle(
    session: &Session,
    names: &Names,
    image: &ec2::Image,
    claim: Option<Claim>,
) -> Result<()> {
    let name = image.name().unwrap_or_default();
    let outcome = until_available(session, id_of(image), name).await;
    match &outcome {
        Err(error) if kind_of(error) != Kind::Failed || common::fault::refusal_of(error).is_some() => {
            return outcome;
        }
        Err(_) => image::delete(session, image).await?,
        Ok(()) => {}
    }
    let left = Inventory::read(session, names).await?;
    let cleared: Pin<Box<dyn Future<Output = Result<()>>>> = match claim {
        Some(claim) => Box::pin(clear::with_claim(session, names, claim, &left)),
        // Where another run is at it, that one removes what it has made.
        None => Box::pin(async { clear::making(session, names, &left).await.map(|_| ()) }),
    };
    cleared.await?;
    outcome
}
