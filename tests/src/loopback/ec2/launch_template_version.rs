//! The versions of launch templates.

use std::ops::RangeInclusive;

use super::Noun;
use super::launch_template::{self, LaunchTemplate, Version};
use super::launch_template_data;
use crate::loopback::action::{Action, Call, Reply, View, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::{self, Field};
use crate::loopback::page;
use crate::loopback::params::{Params, missing};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateLaunchTemplateVersion",
        create,
        "LaunchTemplateId LaunchTemplateName SourceVersion VersionDescription LaunchTemplateData.* ResolveAlias ClientToken",
    ),
    read(
        "DescribeLaunchTemplateVersions",
        list,
        "LaunchTemplateId LaunchTemplateName LaunchTemplateVersion.N MinVersion MaxVersion ResolveAlias @filters @page",
    ),
    write(
        "DeleteLaunchTemplateVersions",
        delete,
        "LaunchTemplateId LaunchTemplateName LaunchTemplateVersion.N!",
    ),
];

/// A version, with the template that it belongs to.
#[derive(Clone, Copy)]
struct Of<'a>(&'a LaunchTemplate, &'a Version);

const FILTERS: &[Field<(LaunchTemplate, Version)>] = &[
    ("image-id", |(_, version), _| text(version, "ImageId")),
    ("instance-type", |(_, version), _| text(version, "InstanceType")),
    ("iam-instance-profile", |(_, version), _| text(version, "IamInstanceProfile.Arn")),
    ("is-default-version", |(template, version), _| vec![(template.default == version.number).to_string()]),
    ("create-time", |(_, version), _| vec![version.made.to_string()]),
    ("ebs-optimized", |(_, version), _| text(version, "EbsOptimized")),
    ("http-tokens", |(_, version), _| text(version, "MetadataOptions.HttpTokens")),
];

fn text(version: &Version, path: &str) -> Vec<String> {
    version.data.text(path).map(str::to_owned).into_iter().collect()
}

impl Of<'_> {
    fn show(self, view: View<'_>) -> Node {
        let Self(template, version) = self;
        Node::new()
            .put("launchTemplateId", template.id())
            .put("launchTemplateName", &template.name)
            .put("versionNumber", version.number)
            .maybe("versionDescription", version.description.as_ref())
            .put("createTime", version.made)
            .put("createdBy", format!("arn:aws:iam::{}:user/sandbox", view.region.account))
            .put("defaultVersion", template.default == version.number)
            .node("launchTemplateData", launch_template_data::show(&version.data))
    }
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let (id, number) = match earlier(call)? {
        Some(earlier) => earlier,
        None => make(call)?,
    };
    let template = call.find::<LaunchTemplate>(&id)?;
    let version = template.version(&number.to_string())?;
    Ok(Node::new().node("launchTemplateVersion", Of(template, version).show(call.view())).into())
}

/// What an earlier call with the same token has made, where it is still there.
fn earlier(call: &Call<'_>) -> Result<Option<(String, u64)>> {
    let Some(made) = call.replayed("ClientToken")? else { return Ok(None) };
    let Some((id, number)) = made.split_once(':') else { return Ok(None) };
    let template = call.region.ec2.launch_templates.get(id);
    let version = template.and_then(|template| template.versions.get(&number.parse().ok()?));
    Ok(version.map(|version| (id.to_owned(), version.number)))
}

fn make(call: &mut Call<'_>) -> Result<(String, u64)> {
    let template = launch_template::named(call, call.params)?;
    let id = template.meta.id.clone();
    let source = call.params.text("SourceVersion").map(|version| template.version(version)).transpose()?;
    let given = call.params.nested("LaunchTemplateData");
    let data = match (source, given) {
        (Some(source), Some(given)) => launch_template_data::over(&source.data, given),
        (Some(source), None) => source.data.clone(),
        (None, Some(given)) => given.clone(),
        (None, None) => return Err(missing("LaunchTemplateData")),
    };
    launch_template_data::check(given.unwrap_or(&Params::default()))?;
    let description = call.params.text("VersionDescription").map(str::to_owned);
    let made = call.now;
    let template = call.find_mut::<LaunchTemplate>(&id)?;
    template.last += 1;
    let number = template.last;
    template.versions.insert(number, Version { number, description, made, data });
    call.remember("ClientToken", &format!("{id}:{number}"));
    Ok((id, number))
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let filters = filter::parse(call.params, "Filter", "Value")?;
    filter::known(&filters, FILTERS, false)?;
    let view = call.view();
    let mut versions: Vec<Of<'_>> = asked(call)?;
    versions.retain(|Of(template, version)| {
        filters.is_empty()
            || filter::matches(&filters, &((*template).clone(), (*version).clone()), FILTERS, None, view)
    });
    let page = page::ec2(call.params, versions, 1..=200)?;
    let nodes = page.items.into_iter().map(|version| version.show(view));
    Ok(Node::new().list("launchTemplateVersionSet", nodes).maybe("nextToken", page.next).into())
}

/// The versions that a call names or that lie within its bounds; without a template, one of each template.
fn asked<'a>(call: &'a Call<'_>) -> Result<Vec<Of<'a>>> {
    let params = call.params;
    let named = params.texts("LaunchTemplateVersion");
    if !params.has("LaunchTemplateId") && !params.has("LaunchTemplateName") {
        if named.is_empty() || named.iter().any(|version| !version.starts_with('$')) {
            return Err(missing("LaunchTemplateId or LaunchTemplateName"));
        }
        let all = call.region.ec2.launch_templates.values();
        let pick = |template: &'a LaunchTemplate| {
            named.iter().map(move |which| Ok(Of(template, template.version(which)?)))
        };
        return all.flat_map(pick).collect();
    }
    let template = launch_template::named(call, params)?;
    if !named.is_empty() {
        return named.iter().map(|which| Ok(Of(template, template.version(which)?))).collect();
    }
    let bounds: RangeInclusive<u64> =
        params.parsed("MinVersion")?.unwrap_or(0)..=params.parsed("MaxVersion")?.unwrap_or(u64::MAX);
    // The newest first, as AWS lists them.
    Ok(template.versions.range(bounds).rev().map(|(_, version)| Of(template, version)).collect())
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let template = launch_template::named(call, call.params)?.clone();
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    for which in call.params.texts("LaunchTemplateVersion") {
        let item = Node::new()
            .put("launchTemplateId", template.id())
            .put("launchTemplateName", &template.name)
            .put("versionNumber", which);
        match removable(&template, which) {
            Ok(number) => {
                call.find_mut::<LaunchTemplate>(&template.meta.id)?.versions.remove(&number);
                done.push(item);
            }
            Err((code, message)) => {
                failed
                    .push(item.node("responseError", Node::new().put("code", code).put("message", message)));
            }
        }
    }
    let answer = Node::new()
        .list("successfullyDeletedLaunchTemplateVersionSet", done)
        .list("unsuccessfullyDeletedLaunchTemplateVersionSet", failed);
    Ok(answer.into())
}

/// A version's number, unless it is not there or is the default one.
fn removable(template: &LaunchTemplate, which: &str) -> Result<u64, (&'static str, String)> {
    match template.version(which) {
        Err(AwsError { message, .. }) => Err(("launchTemplateVersionDoesNotExist", message)),
        Ok(version) if version.number == template.default => {
            Err(("unexpectedError", "Cannot delete the default version of a launch template.".to_owned()))
        }
        Ok(version) => Ok(version.number),
    }
}
