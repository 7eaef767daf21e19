//! What launches or runs an image: the environment's groups by the version of their launch template that is deployed, and instances.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use aws_sdk_autoscaling::types::{AutoScalingGroup, LaunchTemplateSpecification};
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, all, both};
use common::fault::{Fault, is_missing};
use common::identity::Identity;
use common::server::{is_live, list};
use common::session::Session;
use common::tags::ec2_value;

use crate::names::MAKING;

/// The tag that Auto Scaling puts on its instances.
const GROUP: &str = "aws:autoscaling:groupName";

/// What uses an image, by the image's id: `group expense-dev-backend (version 3)`.
#[derive(Debug, Clone, Default)]
pub struct Usage(BTreeMap<String, BTreeSet<String>>);

impl Usage {
    /// Reads groups and instances side by side, then the versions of the groups.
    ///
    /// # Errors
    /// AWS's refusal.
    pub async fn read(session: &Session) -> Result<Self> {
        let (groups, instances) = both(groups(session), list(session, Vec::new())).await?;
        let mut usage = Self::default();
        for instance in instances.iter().filter(|it| is_live(it)) {
            // A builder that was launched from an older image of ours needs that no more once it runs.
            if ec2_value(instance.tags(), "Component") != Some(MAKING) {
                usage.add(instance.image_id(), user(instance));
            }
        }
        let deployed = groups.iter().filter_map(|it| Some((it.auto_scaling_group_name()?, template(it)?)));
        for images in all(deployed.map(|(name, template)| versions(session, name, template))).await? {
            for (image, user) in images {
                usage.add(image.as_deref(), user);
            }
        }
        Ok(usage)
    }

    fn add(&mut self, image: Option<&str>, user: String) {
        if let Some(image) = image {
            self.0.entry(image.to_owned()).or_default().insert(user);
        }
    }

    /// What uses an image.
    pub fn of(&self, image: &str) -> Vec<&str> {
        self.0.get(image).into_iter().flatten().map(String::as_str).collect()
    }

    /// That an image cannot be deleted, and why.
    pub fn refusal(&self, image: &str) -> Option<Fault> {
        let users = self.of(image);
        (!users.is_empty()).then(|| {
            Fault::conflict(format!("the image {image} is used by {}", users.join(", ")))
                .hint("deploy another image with `asg create`, or run `asg delete` first")
        })
    }
}

fn user(instance: &ec2::Instance) -> String {
    let id = instance.instance_id().unwrap_or_default();
    match ec2_value(instance.tags(), GROUP) {
        Some(group) => format!("instances of group {group}"),
        None => format!("instance {id}"),
    }
}

async fn groups(session: &Session) -> Result<Vec<AutoScalingGroup>> {
    let own = own_filters(&session.identity);
    let call = session.aws.autoscaling().describe_auto_scaling_groups().set_filters(Some(own));
    let pages = call.into_paginator().items().send().try_collect().await;
    pages.cannot("look up the Auto Scaling groups")
}

fn own_filters(identity: &Identity) -> Vec<aws_sdk_autoscaling::types::Filter> {
    let filter = |(key, value)| {
        aws_sdk_autoscaling::types::Filter::builder().name(format!("tag:{key}")).values(value).build()
    };
    identity.own_tags().into_iter().map(filter).collect()
}

/// What a group launches from, directly or as the first of several.
fn template(group: &AutoScalingGroup) -> Option<&LaunchTemplateSpecification> {
    let mixed = || group.mixed_instances_policy()?.launch_template()?.launch_template_specification();
    group.launch_template().or_else(mixed)
}

async fn versions(
    session: &Session,
    group: &str,
    template: &LaunchTemplateSpecification,
) -> Result<Vec<(Option<String>, String)>> {
    let call = session.aws.ec2().describe_launch_template_versions();
    let call = call.set_launch_template_id(template.launch_template_id.clone());
    let answer = call.versions(template.version().unwrap_or("$Default")).send().await;
    let answer = match answer.cannot(format!("look up what the group {group} launches from")) {
        // It was deleted behind the group's back.
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        answer => answer?,
    };
    let versions = answer.launch_template_versions.unwrap_or_default().into_iter();
    Ok(versions
        .map(|it| {
            let number = it.version_number.unwrap_or_default();
            (it.launch_template_data.and_then(|it| it.image_id), format!("group {group} (version {number})"))
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_in_use_names_what_uses_it() {
        let mut usage = Usage::default();
        usage.add(Some("ami-1"), "group b (version 2)".into());
        usage.add(Some("ami-1"), "group a (version 1)".into());
        usage.add(None, "instance i-1".into());
        assert_eq!(usage.of("ami-1"), ["group a (version 1)", "group b (version 2)"]);
        assert!(usage.refusal("ami-1").is_some() && usage.refusal("ami-2").is_none());
    }
}
