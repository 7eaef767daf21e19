//! The launch template and its versions.

use std::cell::Cell;
use std::fmt;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types::{LaunchTemplate, LaunchTemplateVersion, ResourceType};
use common::call::Call as _;
use common::converge::{Resource, Unique, converge_unique};
use common::fault::is_missing;
use common::session::Session;
use common::tags::{ec2_filter, ec2_name, ec2_own, ec2_specification, ec2_value};
use common::token;
use common::wait::while_missing;

use crate::inventory::Found;
use crate::names::Names;
use crate::ownership::is_ours;
use crate::template_data::Data;

/// The version that a template is made with.
const FIRST: i64 = 1;

/// A launch template as it is to be made.
struct Wanted<'a> {
    names: &'a Names,
    data: &'a Data,
    tags: Vec<(String, String)>,
    /// Whether this run has made it, and not another whose answer came first.
    is_made: Cell<bool>,
}

/// The version that is to be deployed.
#[derive(Debug, Clone)]
pub struct Version {
    pub template: String,
    pub number: i64,
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "launch template {}", self.names.full)
    }
}

impl Resource for Wanted<'_> {
    type Found = LaunchTemplate;

    fn id(found: &LaunchTemplate) -> String {
        found.launch_template_id().unwrap_or_default().to_owned()
    }

    /// The name is the protection from making two, so the token is the SDK's random one, for its own retries: a derived one would be
    /// answered with a template that has been deleted since.
    async fn create(&self, session: &Session) -> Result<LaunchTemplate> {
        let call = session.aws.ec2().create_launch_template().launch_template_name(&self.names.full);
        let answer = call
            .launch_template_data(self.data.request(&self.tags))
            .tag_specifications(ec2_specification(ResourceType::LaunchTemplate, &self.tags))
            .send()
            .await
            .cannot(format_args!("create the {self}"))?;
        self.is_made.set(true);
        answer.launch_template.context("EC2 named no launch template")
    }
}

impl Unique for Wanted<'_> {
    const TAKEN: &'static [&'static str] = &["InvalidLaunchTemplateName.AlreadyExistsException"];

    async fn look(&self, session: &Session) -> Result<Vec<LaunchTemplate>> {
        let found = look(session, self.names).await?;
        let ours = found.filter(|it| is_ours(&session.identity, |key| ec2_value(it.tags(), key)));
        Ok(ours.into_iter().collect())
    }
}

/// The version that says what is wanted: one there is, or a new one. None in a dry run that would make it.
///
/// # Errors
/// A conflict where the name is somebody else's; AWS's refusal.
pub async fn provide(
    session: &Session,
    names: &Names,
    data: &Data,
    found: &Found,
    deployed: Option<i64>,
) -> Result<Option<Version>> {
    let tags = names.tags(&session.identity);
    let wanted = Wanted { names, data, tags, is_made: Cell::new(false) };
    let known: Vec<LaunchTemplate> = found.template.iter().cloned().collect();
    let Some(template) = Box::pin(converge_unique(session, &wanted, &known)).await? else {
        return Ok(None);
    };
    let id = template.launch_template_id().unwrap_or_default().to_owned();
    if wanted.is_made.get() {
        return Ok(Some(Version { template: id, number: FIRST }));
    }
    // A template that is found may be newer than what is told of its versions.
    let is_untold = known.is_empty() || found.versions.is_empty();
    let versions = if is_untold { versions_of(session, &id).await? } else { found.versions.clone() };
    if let Some(number) = fitting(&versions, data, deployed) {
        return Ok(Some(Version { template: id, number }));
    }
    let source = deployed.or(versions.iter().filter_map(LaunchTemplateVersion::version_number).max());
    let made = Box::pin(add(session, &wanted, &id, source, &versions)).await?;
    Ok(made.map(|number| Version { template: id, number }))
}

/// The version deployed where it fits, or else the newest that does: a run that was killed may have left it.
fn fitting(versions: &[LaunchTemplateVersion], data: &Data, deployed: Option<i64>) -> Option<i64> {
    let fits = versions.iter().filter(|it| it.launch_template_data().is_some_and(|has| data.is_in(has)));
    let numbers: Vec<i64> = fits.filter_map(LaunchTemplateVersion::version_number).collect();
    deployed.filter(|it| numbers.contains(it)).or(numbers.into_iter().max())
}

/// Makes a version from the one before it, so that what this command does not know of stays. The token depends on how many there have
/// been: two runs at once make one version, and the same data may be made again later.
async fn add(
    session: &Session,
    wanted: &Wanted<'_>,
    id: &str,
    source: Option<i64>,
    versions: &[LaunchTemplateVersion],
) -> Result<Option<i64>> {
    let latest = versions.iter().filter_map(LaunchTemplateVersion::version_number).max().unwrap_or_default();
    let (latest, source) = (latest.to_string(), source.map(|it| it.to_string()));
    let mut words = vec![id, &latest, source.as_deref().unwrap_or_default()];
    words.extend(wanted.data.words());
    words.extend(wanted.tags.iter().flat_map(|(key, value)| [key.as_str(), value.as_str()]));
    let token = token::derived(&session.identity, &format!("asg {}", wanted.names.name), &words, 0);
    let mut number = None;
    let call = Box::pin(while_missing(session, async || {
        let call = session.aws.ec2().create_launch_template_version().launch_template_id(id);
        call.client_token(&token)
            .set_source_version(source.clone())
            .version_description(format!("image {}", wanted.data.image))
            .launch_template_data(wanted.data.request(&wanted.tags))
            .send()
            .await
            .cannot(format_args!("create a version of the {wanted}"))
    }));
    let what = format!("version of the {wanted} with image {}", wanted.data.image);
    session
        .make(what, async {
            let made = call.await?.launch_template_version.and_then(|it| it.version_number);
            number = made;
            Ok(made.context("EC2 named no version")?.to_string())
        })
        .await?;
    Ok(number)
}

/// The template of this name, whoever made it.
///
/// # Errors
/// AWS's refusal.
pub async fn look(session: &Session, names: &Names) -> Result<Option<LaunchTemplate>> {
    let call = session.aws.ec2().describe_launch_templates();
    let answer = call.filters(ec2_filter("launch-template-name", [&names.full])).send().await;
    let found = answer.cannot(format_args!("look up the launch template {names}"))?.launch_templates;
    Ok(found.and_then(|found| found.into_iter().next()))
}

/// The versions of the template of this name, the newest first; none where there is none.
///
/// # Errors
/// AWS's refusal.
pub async fn versions(session: &Session, names: &Names) -> Result<Vec<LaunchTemplateVersion>> {
    let call = session.aws.ec2().describe_launch_template_versions().launch_template_name(&names.full);
    let pages = call.into_paginator().items().send().try_collect().await;
    match pages.cannot(format_args!("look up the versions of the launch template {names}")) {
        Ok(versions) => Ok(newest_first(versions)),
        Err(error) if is_missing(&error) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

async fn versions_of(session: &Session, id: &str) -> Result<Vec<LaunchTemplateVersion>> {
    let versions = while_missing(session, async || {
        let call = session.aws.ec2().describe_launch_template_versions().launch_template_id(id);
        let pages = call.into_paginator().items().send().try_collect().await;
        pages.cannot(format_args!("look up the versions of the launch template {id}"))
    });
    Ok(newest_first(versions.await?))
}

fn newest_first(mut versions: Vec<LaunchTemplateVersion>) -> Vec<LaunchTemplateVersion> {
    versions.sort_by_key(|version| std::cmp::Reverse(version.version_number()));
    versions
}

/// The components whose launch template carries our tags.
///
/// # Errors
/// AWS's refusal.
pub async fn own_names(session: &Session) -> Result<Vec<Names>> {
    let call = session.aws.ec2().describe_launch_templates().set_filters(Some(ec2_own(&session.identity)));
    let found = call.into_paginator().items().send().try_collect().await;
    let found: Vec<LaunchTemplate> = found.cannot("look up the launch templates")?;
    let named = found.iter().filter(|it| it.launch_template_name() == Some(ec2_name(it.tags())));
    Ok(named.filter_map(|it| Names::of_full(&session.identity, it.launch_template_name()?)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_ec2::types::{
        LaunchTemplateHttpTokensState, LaunchTemplateInstanceMetadataOptions, ResponseLaunchTemplateData,
    };

    fn version(number: i64, image: &str) -> LaunchTemplateVersion {
        let metadata = LaunchTemplateInstanceMetadataOptions::builder()
            .http_tokens(LaunchTemplateHttpTokensState::Required)
            .build();
        let data = ResponseLaunchTemplateData::builder()
            .image_id(image)
            .instance_type("t3.micro".into())
            .metadata_options(metadata)
            .build();
        LaunchTemplateVersion::builder().version_number(number).launch_template_data(data).build()
    }

    #[test]
    fn a_version_that_a_killed_run_left_is_used() {
        let data = |image: &str| Data {
            image: image.into(),
            instance_type: "t3.micro".into(),
            group: None,
            user_data: None,
            disk: None,
        };
        let versions = [version(3, "ami-2"), version(2, "ami-1"), version(1, "ami-1")];
        assert_eq!(fitting(&versions, &data("ami-2"), Some(1)), Some(3));
        assert_eq!(fitting(&versions, &data("ami-1"), Some(1)), Some(1));
        assert_eq!(fitting(&versions, &data("ami-1"), Some(3)), Some(2));
        assert_eq!(fitting(&versions, &data("ami-3"), Some(1)), None);
    }
}
