//! Launch templates. Their versions are a noun of their own, in `launch_template_version`.

use std::collections::BTreeMap;

use super::describe::{Shape, select};
use super::launch_template_data;
use super::noun::kept;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::params::{Params, missing};
use crate::loopback::xml::Node;
use crate::loopback::{page, tag};

pub const ACTIONS: &[Action] = &[
    write(
        "CreateLaunchTemplate",
        create,
        "LaunchTemplateName! VersionDescription LaunchTemplateData.* ClientToken @tags",
    ),
    read("DescribeLaunchTemplates", list, "LaunchTemplateId.N LaunchTemplateName.N @filters @page"),
    write(
        "ModifyLaunchTemplate",
        modify,
        "LaunchTemplateId LaunchTemplateName SetDefaultVersion ClientToken",
    ),
    write("DeleteLaunchTemplate", delete, "LaunchTemplateId LaunchTemplateName"),
];

#[derive(Clone, Debug)]
pub struct LaunchTemplate {
    pub meta: Meta,
    pub name: String,
    pub versions: BTreeMap<u64, Version>,
    pub default: u64,
    /// The highest number there has been: numbers are not used again.
    pub last: u64,
}

/// A version of a launch template.
#[derive(Clone, Debug)]
pub struct Version {
    pub number: u64,
    pub description: Option<String>,
    pub made: Time,
    pub data: Params,
}

impl Noun for LaunchTemplate {
    const KIND: Kind = Kind {
        tag: "launch-template",
        prefix: "lt-",
        word: "specified launch template, with template ID",
        malformed: "InvalidLaunchTemplateId.Malformed",
        not_found: "InvalidLaunchTemplateId.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("launch-template-name", |template, _| vec![template.name.clone()]),
        ("create-time", |template, _| vec![template.meta.made.to_string()]),
    ];

    kept!(launch_templates);

    fn show(&self, view: View<'_>) -> Node {
        Node::new()
            .put("launchTemplateId", self.id())
            .put("launchTemplateName", &self.name)
            .put("createTime", self.meta.made)
            .put("createdBy", format!("arn:aws:iam::{}:user/sandbox", view.region.account))
            .put("defaultVersionNumber", self.default)
            .put("latestVersionNumber", self.latest())
            .list("tagSet", tag::nodes(&self.meta.tags))
    }
}

impl LaunchTemplate {
    /// The highest number that there is.
    #[must_use]
    pub fn latest(&self) -> u64 {
        self.versions.keys().next_back().copied().unwrap_or_default()
    }

    /// The version that a number, `$Default` or `$Latest` means.
    ///
    /// # Errors
    /// `InvalidLaunchTemplateId.VersionNotFound`, or `InvalidLaunchTemplateId.VersionMalformed`.
    pub fn version(&self, which: &str) -> Result<&Version> {
        let number = match which {
            "$Default" => self.default,
            "$Latest" => self.latest(),
            number => number.parse().map_err(|_| {
                let message = format!("The version '{which}' is neither a number nor $Default nor $Latest.");
                AwsError::new("InvalidLaunchTemplateId.VersionMalformed", message)
            })?,
        };
        self.versions.get(&number).ok_or_else(|| {
            let message = format!(
                "Could not find the specified version {which} for the launch template with ID {}.",
                self.id()
            );
            AwsError::new("InvalidLaunchTemplateId.VersionNotFound", message)
        })
    }
}

/// The template that `LaunchTemplateId` or `LaunchTemplateName` says.
///
/// # Errors
/// For neither or both of them, and for one that is not there.
pub fn named<'a>(call: &'a Call<'_>, params: &Params) -> Result<&'a LaunchTemplate> {
    match (params.text("LaunchTemplateId"), params.text("LaunchTemplateName")) {
        (Some(id), None) => call.find(id),
        (None, Some(name)) => by_name(call, name),
        (None, None) => Err(missing("LaunchTemplateId or LaunchTemplateName")),
        (Some(_), Some(_)) => Err(AwsError::new(
            "InvalidParameterCombination",
            "You must specify either the launch template ID or the launch template name, but not both.",
        )),
    }
}

fn by_name<'a>(call: &'a Call<'_>, name: &str) -> Result<&'a LaunchTemplate> {
    let seen = |template: &&LaunchTemplate| template.name == name && template.meta.visible <= call.now;
    call.region.ec2.launch_templates.values().find(seen).ok_or_else(|| {
        let message = format!("The specified launch template, with template name {name}, does not exist.");
        AwsError::new("InvalidLaunchTemplateName.NotFoundException", message)
    })
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let known = |id: &String| call.region.ec2.launch_templates.contains_key(id);
    let id = match call.replayed("ClientToken")?.filter(known) {
        Some(id) => id,
        None => make(call)?,
    };
    answer(call, &id)
}

fn make(call: &mut Call<'_>) -> Result<String> {
    let name = call.params.required("LaunchTemplateName")?.to_owned();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "().-/_".contains(c);
    if !(3..=128).contains(&name.chars().count()) || !name.chars().all(allowed) {
        let message = "Launch template names must be between 3 and 128 characters long, and may contain letters, \
                       numbers, and the following characters: - ( ) . / _";
        return Err(AwsError::new("InvalidLaunchTemplateName.MalformedException", message));
    }
    if call.region.ec2.launch_templates.values().any(|template| template.name == name) {
        let message = "Launch template name already in use.";
        return Err(AwsError::new("InvalidLaunchTemplateName.AlreadyExistsException", message));
    }
    let data =
        call.params.nested("LaunchTemplateData").cloned().ok_or_else(|| missing("LaunchTemplateData"))?;
    launch_template_data::check(&data)?;
    let description = call.params.text("VersionDescription").map(str::to_owned);
    let meta = call.make::<LaunchTemplate>()?;
    let id = meta.id.clone();
    let versions = BTreeMap::from([(1, Version { number: 1, description, made: call.now, data })]);
    call.keep(LaunchTemplate { meta, name, versions, default: 1, last: 1 });
    call.remember("ClientToken", &id);
    Ok(id)
}

/// A template by itself, as all of these but the list answer. By id, as a new one may not be seen yet.
fn answer(call: &Call<'_>, id: &str) -> Result<Reply> {
    let template =
        call.region.ec2.launch_templates.get(id).ok_or_else(|| LaunchTemplate::KIND.not_found(&[id]))?;
    Ok(Node::new().node("launchTemplate", template.show(call.view())).into())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let names = call.params.texts("LaunchTemplateName");
    for name in &names {
        by_name(call, name)?;
    }
    let shape = Shape { page: 1..=200, ..Shape::new("LaunchTemplateId", "launchTemplates") };
    let selected = select::<LaunchTemplate>(call, &shape)?;
    let asked = |template: &&LaunchTemplate| names.is_empty() || names.contains(&template.name.as_str());
    let page = page::ec2(call.params, selected.into_iter().filter(asked).collect(), shape.page)?;
    let nodes = page.items.into_iter().map(|template| template.show(call.view()));
    Ok(Node::new().list("launchTemplates", nodes).maybe("nextToken", page.next).into())
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let template = named(call, call.params)?;
    let id = template.meta.id.clone();
    let number = template.version(call.params.required("SetDefaultVersion")?)?.number;
    call.find_mut::<LaunchTemplate>(&id)?.default = number;
    answer(call, &id)
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let id = named(call, call.params)?.meta.id.clone();
    let deleted = answer(call, &id)?;
    call.drop_noun::<LaunchTemplate>(&id);
    Ok(deleted)
}
