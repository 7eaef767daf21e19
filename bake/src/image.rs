//! The image: made of a builder that has stopped, and deleted with its snapshots.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::converge::{Resource, Unique, converge_unique};
use common::fault::{is_code, is_missing};
use common::session::Session;
use common::tags::{ec2_specification, ec2_tags, ec2_value};
use common::wait::while_refused;

use crate::inventory::{id_of, images};
use crate::marks::FINGERPRINT;
use crate::names::Names;

/// How long EC2 may take an instance that describes as stopped for something else.
const UNTIL_TAKEN: Duration = Duration::from_mins(2);

/// An image that is to be made.
pub struct Wanted<'a> {
    pub names: &'a Names,
    pub name: String,
    pub builder: &'a str,
    pub fingerprint: &'a str,
    /// Of the image and its snapshots.
    pub tags: Vec<(String, String)>,
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "image {}", self.name)
    }
}

impl Resource for Wanted<'_> {
    type Found = ec2::Image;

    fn id(found: &ec2::Image) -> String {
        id_of(found).to_owned()
    }

    async fn create(&self, session: &Session) -> Result<ec2::Image> {
        let codes = ["IncorrectState", "IncorrectInstanceState", "InvalidParameterValue"];
        let what = format!("{} to be taken for stopped", self.builder);
        let made = while_refused(session, &codes, &what, UNTIL_TAKEN, async || {
            let outcome = self.call(session).await;
            match outcome {
                // The code has many reasons, of which one goes away.
                Err(error)
                    if is_code(&error, &codes[2..]) && !format!("{error:#}").contains("not in state") =>
                {
                    Ok(Err(error))
                }
                other => other.map(Ok),
            }
        })
        .await??;
        let id = made.context("EC2 named no image")?;
        Ok(ec2::Image::builder().image_id(id).name(&self.name).set_tags(Some(ec2_tags(&self.tags))).build())
    }
}

impl Wanted<'_> {
    async fn call(&self, session: &Session) -> Result<Option<String>> {
        let tagged = [ec2::ResourceType::Image, ec2::ResourceType::Snapshot];
        let tagged = tagged.map(|kind| ec2_specification(kind, &self.tags));
        let call = session.aws.ec2().create_image().instance_id(self.builder).name(&self.name);
        let call = call.description(format!("{}, made by stackpipe", self.names.full));
        let answer = call.set_tag_specifications(Some(tagged.to_vec())).send().await;
        Ok(answer.cannot(format!("create the {self}"))?.image_id)
    }

    /// Makes it, or takes the one of the same things that another run, or an answer that was lost, has made.
    ///
    /// # Errors
    /// A conflict where the name is taken by something else; AWS's refusal.
    pub async fn provide(&self, session: &Session) -> Result<ec2::Image> {
        Box::pin(converge_unique(session, self, &[])).await?.context("the image is only planned")
    }
}

impl Unique for Wanted<'_> {
    const TAKEN: &'static [&'static str] = &["InvalidAMIName.Duplicate"];

    async fn look(&self, session: &Session) -> Result<Vec<ec2::Image>> {
        let mut found = images(session, Some(self.names)).await?;
        found.retain(|it| {
            it.name() == Some(&self.name) && ec2_value(it.tags(), FINGERPRINT) == Some(self.fingerprint)
        });
        Ok(found)
    }
}

/// Deletes an image with its snapshots. One that is gone is as good.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, image: &ec2::Image) -> Result<()> {
    let id = id_of(image);
    let what = format!("image {} ({id}) with its snapshots", image.name().unwrap_or_default());
    let call = async {
        let call = session.aws.ec2().deregister_image().image_id(id).delete_associated_snapshots(true);
        match call.send().await.cannot(format!("delete the image {id}")) {
            Err(error) if !is_missing(&error) && !is_code(&error, &["InvalidAMIID.Unavailable"]) => {
                Err(error)
            }
            _ => Ok(()),
        }
    };
    session.delete(what, Box::pin(call)).await.map(|_| ())
}
