//! The parameter group of one database.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, Result};
use aws_sdk_rds::types::{DbParameterGroup, Tag};
use common::call::{Call as _, all, both};
use common::converge::{Resource, Unique, converge_unique};
use common::fault::is_missing;
use common::session::Session;
use common::tags::rds_tags;
use common::wait::while_missing;

use crate::names::{COMPONENT, Names};
use crate::ownership::{is_ours, retag, tags_of};
use crate::parameter::{Setting, to_set};

/// AWS takes no more in one call.
const SETTINGS_A_CALL: usize = 20;

/// A parameter group with what its own description leaves out.
#[derive(Debug, Clone)]
pub struct Found {
    pub group: DbParameterGroup,
    pub tags: Vec<Tag>,
    /// Parameters that somebody has set, by name.
    pub set: BTreeMap<String, String>,
}

/// The group of one family for one database.
pub struct ParameterGroup<'a> {
    pub names: &'a Names,
    pub family: &'a str,
}

impl fmt::Display for ParameterGroup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "parameter group {}", self.names.identifier)
    }
}

impl Resource for ParameterGroup<'_> {
    type Found = Found;

    fn id(found: &Found) -> String {
        found.group.db_parameter_group_name().unwrap_or_default().to_owned()
    }

    async fn create(&self, session: &Session) -> Result<Found> {
        let tags = rds_tags(&session.identity.tags_of(COMPONENT, &self.names.identifier));
        let answer = session
            .aws
            .rds()
            .create_db_parameter_group()
            .db_parameter_group_name(&self.names.identifier)
            .db_parameter_group_family(self.family)
            .description(format!("Parameters of the database {}", self.names.identifier))
            .set_tags(Some(tags.clone()))
            .send()
            .await
            .cannot(format_args!("create the {self}"))?;
        let group = answer.db_parameter_group.context("RDS named no parameter group")?;
        Ok(Found { group, tags, set: BTreeMap::new() })
    }
}

impl Unique for ParameterGroup<'_> {
    const TAKEN: &'static [&'static str] = &["DBParameterGroupAlreadyExists"];

    async fn look(&self, session: &Session) -> Result<Vec<Found>> {
        let (Some(group), set) =
            both(look(session, &self.names.identifier), set(session, &self.names.identifier)).await?
        else {
            return Ok(Vec::new());
        };
        let tags = tags_of(session, group.db_parameter_group_arn().unwrap_or_default()).await?;
        let ours = is_ours(&session.identity, &tags);
        Ok(ours.then_some(Found { group, tags, set }).into_iter().collect())
    }
}

/// The group of this name, whoever made it.
pub async fn look(session: &Session, name: &str) -> Result<Option<DbParameterGroup>> {
    let answer = session.aws.rds().describe_db_parameter_groups().db_parameter_group_name(name).send().await;
    match answer.cannot(format_args!("look up the parameter group {name}")) {
        Ok(answer) => Ok(answer.db_parameter_groups.and_then(|groups| groups.into_iter().next())),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The parameters that somebody has set in the group of this name.
pub async fn set(session: &Session, name: &str) -> Result<BTreeMap<String, String>> {
    let call = session.aws.rds().describe_db_parameters().db_parameter_group_name(name).source("user");
    match call
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot(format_args!("read the parameters of {name}"))
    {
        Ok(parameters) => Ok(parameters
            .into_iter()
            .filter_map(|parameter| Some((parameter.parameter_name?, parameter.parameter_value?)))
            .collect()),
        Err(error) if is_missing(&error) => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

/// Makes the group or brings it in line. What was found is ours.
///
/// # Errors
/// A conflict where the name is somebody else's by now; AWS's refusal.
pub async fn converge(
    session: &Session,
    group: &ParameterGroup<'_>,
    found: Option<&Found>,
    asked: &[(String, String)],
    are_static: &[String],
) -> Result<()> {
    let known: Vec<Found> = found.cloned().into_iter().collect();
    let converged = Box::pin(converge_unique(session, group, &known)).await?;
    let nothing = BTreeMap::new();
    let set = converged.as_ref().map_or(&nothing, |it| &it.set);
    let settings = to_set(group.family, asked, set, |key| are_static.iter().any(|it| it == key));
    // Not part of the create: a group that another run made, or that an answer got lost of, has no parameters yet.
    all(settings.chunks(SETTINGS_A_CALL).map(|settings| modify(session, group, settings))).await?;
    let Some(converged) = converged else {
        return Ok(());
    };
    let arn = converged.group.db_parameter_group_arn();
    retag(session, &group.to_string(), &group.names.identifier, arn, &converged.tags).await
}

async fn modify(session: &Session, group: &ParameterGroup<'_>, settings: &[Setting]) -> Result<()> {
    let words: Vec<String> = settings
        .iter()
        .map(|it| {
            format!(
                "{}={}{}",
                it.name,
                it.value,
                if it.is_static { " (static: from the next start)" } else { "" }
            )
        })
        .collect();
    let call = while_missing(session, async || {
        let call =
            session.aws.rds().modify_db_parameter_group().db_parameter_group_name(&group.names.identifier);
        call.set_parameters(Some(settings.iter().map(Setting::to_sdk).collect()))
            .send()
            .await
            .cannot(format_args!("set the parameters of {}", group.names.identifier))
    });
    session.change(format_args!("{group}: {}", words.join(", ")), call).await?;
    Ok(())
}
