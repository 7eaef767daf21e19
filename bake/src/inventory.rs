//! What there is of a component's images and of their making, read in one round trip.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, both};
use common::server::{is_live, list, name_of};
use common::session::Session;
use common::tags::{ec2_filter, ec2_own, ec2_value};

use crate::marks::{COMPONENT, FINGERPRINT};
use crate::names::{MAKING, Names};

/// Images, builders and the builders' security group.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    /// The newest first.
    pub images: Vec<ec2::Image>,
    /// Those that are shutting down are among them: until they are terminated they hold their security group.
    pub builders: Vec<ec2::Instance>,
    /// How many builders are terminated, or about to be.
    pub dead: usize,
    pub groups: Vec<ec2::SecurityGroup>,
}

impl Inventory {
    /// Of one component.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn read(session: &Session, names: &Names) -> Result<Self> {
        let of_builder = vec![ec2_filter("tag:Name", [names.builder.as_str()])];
        let making = both(list(session, of_builder), groups(session, Some(names)));
        let (images, (instances, groups)) = both(images(session, Some(names)), making).await?;
        let dead = instances.iter().filter(|it| !is_live(it)).count();
        let builders = instances.into_iter().filter(is_there).collect();
        Ok(Self { images, builders, dead, groups })
    }

    /// Of all components.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn read_all(session: &Session) -> Result<Self> {
        let of_builders = vec![ec2_filter("tag:Component", [MAKING])];
        let making = both(list(session, of_builders), groups(session, None));
        let (images, (mut builders, groups)) = both(images(session, None), making).await?;
        builders.retain(is_there);
        Ok(Self { images, builders, dead: 0, groups })
    }

    /// The images of one component.
    pub fn of<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a ec2::Image> {
        self.images.iter().filter(move |it| ec2_value(it.tags(), "Component") == Some(name))
    }

    /// The components of which there is anything, in order.
    pub fn components(&self, session: &Session) -> Vec<Names> {
        let of_images = self.images.iter().filter_map(|it| ec2_value(it.tags(), "Component"));
        let of_builders = self.builders.iter().filter_map(|it| ec2_value(it.tags(), COMPONENT));
        let of_groups = self.groups.iter().filter_map(|it| ec2_value(it.tags(), COMPONENT));
        let all = of_images.chain(of_builders).chain(of_groups).filter(|it| common::flags::name(it).is_ok());
        let mut names: Vec<Names> = all.map(|name| Names::new(&session.identity, name)).collect();
        names.sort();
        names.dedup();
        names
    }

    /// What there is of one component's making.
    pub fn making(&self, names: &Names) -> Self {
        let is_of = |tags: &[ec2::Tag]| ec2_value(tags, COMPONENT) == Some(&names.name);
        Self {
            images: Vec::new(),
            builders: self.builders.iter().filter(|it| is_of(it.tags())).cloned().collect(),
            dead: 0,
            groups: self.groups.iter().filter(|it| is_of(it.tags())).cloned().collect(),
        }
    }
}

fn is_there(builder: &ec2::Instance) -> bool {
    name_of(builder) != "terminated"
}

/// Every image of this environment that was made here, the newest first.
///
/// # Errors
/// AWS's refusal.
pub async fn images(session: &Session, names: Option<&Names>) -> Result<Vec<ec2::Image>> {
    let mut filters = ec2_own(&session.identity);
    filters.push(ec2_filter("tag-key", [FINGERPRINT]));
    filters.extend(names.map(|it| ec2_filter("tag:Component", [it.name.as_str()])));
    let call = session.aws.ec2().describe_images().owners("self").set_filters(Some(filters));
    let pages = call.into_paginator().items().send().try_collect().await;
    let mut images: Vec<ec2::Image> = pages.cannot("look up the images")?;
    // Dates are written so that the later one is also the greater text.
    images.sort_by(|a, b| (b.creation_date(), b.image_id()).cmp(&(a.creation_date(), a.image_id())));
    Ok(images)
}

/// The security groups of builders.
///
/// # Errors
/// AWS's refusal.
pub async fn groups(session: &Session, names: Option<&Names>) -> Result<Vec<ec2::SecurityGroup>> {
    let mut filters = ec2_own(&session.identity);
    filters.push(ec2_filter("tag:Component", [MAKING]));
    filters.extend(names.map(|it| ec2_filter("group-name", [it.builder.as_str()])));
    let call = session.aws.ec2().describe_security_groups().set_filters(Some(filters));
    let pages = call.into_paginator().items().send().try_collect().await;
    pages.cannot("look up the builders' security groups")
}

/// The id of an image.
pub fn id_of(image: &ec2::Image) -> &str {
    image.image_id().unwrap_or_default()
}
