//! The Auto Scaling group.

use std::fmt;
use std::time::Duration;

use anyhow::Result;
use aws_sdk_autoscaling::types::{Activity, AutoScalingGroup, Filter, LaunchTemplateSpecification};
use common::call::{Call as _, both};
use common::converge::{Resource, Unique};
use common::fault::{Fault, code_of, is_code};
use common::session::Session;
use common::tags::autoscaling_tags;
use common::wait::while_refused;

use crate::cli::Create;
use crate::names::Names;
use crate::ownership::{group_value, is_ours};

/// How long Auto Scaling may not know a template, subnets, a security group or a target group that were made a moment ago.
const PROPAGATION: Duration = Duration::from_mins(1);

/// Activities looked at: more than one start makes.
const ACTIVITIES: i32 = 100;

/// Auto Scaling asks the target group too, so that an instance whose application died is replaced.
const HEALTH: &str = "ELB";

/// A group as it is to be.
pub struct Wanted<'a> {
    pub names: &'a Names,
    pub flags: &'a Create,
    /// Id and version of the launch template; none in a dry run.
    pub template: Option<(&'a str, i64)>,
    /// None in a planned document.
    pub subnets: Option<Vec<String>>,
    /// None in a dry run that would make it.
    pub target_group: Option<&'a str>,
    /// Whether a delete that was interrupted has emptied it.
    pub is_emptied: bool,
}

impl Wanted<'_> {
    /// The sizes it would have, and what does not fit.
    ///
    /// # Errors
    /// A usage fault where the fewest would be more than the most.
    pub fn check(&self, found: &AutoScalingGroup) -> Result<()> {
        let min = self.min(found).or(found.min_size()).unwrap_or_default();
        let max = self.flags.max.or(found.max_size()).unwrap_or(i32::MAX);
        if min > max {
            return Err(Fault::usage(format!("{self} would have a min of {min} and a max of {max}"))
                .hint("give both --min and --max")
                .into());
        }
        if found.launch_template().is_none() {
            return Err(Fault::conflict(format!("{self} is not launched from a launch template"))
                .hint(format!("somebody changed it: delete it with `asg delete {}` first", self.names.name))
                .into());
        }
        Ok(())
    }

    /// The fewest instances asked for. What was emptied is filled again.
    fn min(&self, found: &AutoScalingGroup) -> Option<i32> {
        let most = self.flags.max.or(found.max_size()).unwrap_or(i32::MAX);
        let again = || self.flags.min_or_default().min(most);
        self.flags.min.or_else(|| self.is_emptied.then(again))
    }

    fn new_subnets(&self, found: &AutoScalingGroup) -> Vec<String> {
        let has = subnets(found);
        let wanted = self.subnets.clone().unwrap_or_default();
        wanted.into_iter().filter(|id| !has.contains(&id.as_str())).collect()
    }

    fn new_warm_up(&self, found: &AutoScalingGroup) -> Option<i32> {
        let has = found.default_instance_warmup();
        match self.flags.warm_up {
            None if has.is_none() => Some(self.flags.warm_up_or_default()),
            asked => {
                asked.filter(|asked| has != Some(*asked) || found.health_check_grace_period() != Some(*asked))
            }
        }
    }

    fn lacks_target_group(&self, found: &AutoScalingGroup) -> bool {
        self.target_group.is_some_and(|arn| !found.target_group_arns().iter().any(|it| it == arn))
    }

    async fn attach(&self, session: &Session, found: &AutoScalingGroup) -> Result<()> {
        if !self.lacks_target_group(found) {
            return Ok(());
        }
        let call = session.aws.autoscaling().attach_load_balancer_target_groups();
        call.auto_scaling_group_name(&self.names.full)
            .set_target_group_arns(self.target_group.map(|arn| vec![arn.to_owned()]))
            .send()
            .await
            .cannot(format_args!("attach the target group to the {self}"))?;
        Ok(())
    }

    async fn update(&self, session: &Session, found: &AutoScalingGroup) -> Result<()> {
        let new = self.new_subnets(found);
        let all = subnets(found).into_iter().chain(new.iter().map(String::as_str)).collect::<Vec<_>>();
        let warm_up = self.new_warm_up(found);
        let call = session.aws.autoscaling().update_auto_scaling_group();
        call.auto_scaling_group_name(&self.names.full)
            .set_min_size(self.min(found))
            .set_desired_capacity(self.min(found).filter(|_| self.is_emptied))
            .set_max_size(self.flags.max)
            .health_check_type(HEALTH)
            .set_health_check_grace_period(warm_up)
            .set_default_instance_warmup(warm_up)
            .set_vpc_zone_identifier((!new.is_empty()).then(|| all.join(",")))
            .send()
            .await
            .cannot(format_args!("change the {self}"))?;
        Ok(())
    }
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "group {}", self.names.full)
    }
}

impl Resource for Wanted<'_> {
    type Found = AutoScalingGroup;

    fn id(found: &AutoScalingGroup) -> String {
        found.auto_scaling_group_name().unwrap_or_default().to_owned()
    }

    fn amendments(&self, found: &AutoScalingGroup) -> Result<Vec<String>> {
        self.check(found)?;
        let size = |word: &str, wanted: Option<i32>, has: Option<i32>| {
            wanted.filter(|_| wanted != has).map(|wanted| format!("{word} {wanted}"))
        };
        let mut amendments: Vec<String> =
            [size("min", self.min(found), found.min_size()), size("max", self.flags.max, found.max_size())]
                .into_iter()
                .flatten()
                .collect();
        if found.health_check_type() != Some(HEALTH) {
            amendments.push("health checks of the load balancer".to_owned());
        }
        if let Some(seconds) = self.new_warm_up(found) {
            amendments.push(format!("{seconds} s to become healthy"));
        }
        amendments.extend(self.new_subnets(found).into_iter().map(|id| format!("subnet {id}")));
        if self.lacks_target_group(found) {
            amendments.push(format!("target group {}", self.names.target_group));
        }
        Ok(amendments)
    }

    async fn create(&self, session: &Session) -> Result<AutoScalingGroup> {
        let tags = autoscaling_tags(&self.names.full, &self.names.tags(&session.identity));
        let template = self.template.map(|(id, version)| {
            LaunchTemplateSpecification::builder().launch_template_id(id).version(version.to_string()).build()
        });
        let warm_up = self.flags.warm_up_or_default();
        let call = async || {
            let call = session.aws.autoscaling().create_auto_scaling_group();
            call.auto_scaling_group_name(&self.names.full)
                .set_launch_template(template.clone())
                .min_size(self.flags.min_or_default())
                .max_size(self.flags.max_or_default())
                .set_vpc_zone_identifier(self.subnets.as_ref().map(|ids| ids.join(",")))
                .set_target_group_arns(self.target_group.map(|arn| vec![arn.to_owned()]))
                .health_check_type(HEALTH)
                .health_check_grace_period(warm_up)
                .default_instance_warmup(warm_up)
                .set_tags(Some(tags.clone()))
                .send()
                .await
                .cannot(format_args!("create the {self}"))
        };
        while_unknown(session, call).await?;
        known(session, self.names).await
    }

    async fn amend(&self, session: &Session, found: AutoScalingGroup) -> Result<AutoScalingGroup> {
        both(self.update(session, &found), self.attach(session, &found)).await?;
        Ok(look(session, self.names).await?.unwrap_or(found))
    }
}

impl Unique for Wanted<'_> {
    const TAKEN: &'static [&'static str] = &["AlreadyExists", "AlreadyExistsFault"];

    async fn look(&self, session: &Session) -> Result<Vec<AutoScalingGroup>> {
        let found = look(session, self.names).await?;
        let ours = found.filter(|it| is_ours(&session.identity, |key| group_value(it.tags(), key)));
        Ok(ours.into_iter().collect())
    }
}

/// Tries again while Auto Scaling refuses what it does not know yet. Its code for that is the one for everything, so the words decide;
/// what they do not tell is refused at once.
///
/// # Errors
/// Any other refusal at once; this one after a minute.
pub async fn while_unknown<T>(session: &Session, mut call: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let what = "Auto Scaling to know what was just made";
    let mut refused = None;
    let answer = while_refused(session, &["ValidationError"], what, PROPAGATION, async || {
        match call().await {
            // Any other refusal ends the loop as a success that carries it.
            Err(error) if !is_unknown(&error) => {
                refused = Some(error);
                Ok(None)
            }
            other => other.map(Some),
        }
    })
    .await?;
    match (answer, refused) {
        (Some(answer), _) => Ok(answer),
        (None, Some(error)) => Err(error),
        (None, None) => Err(anyhow::anyhow!("Auto Scaling gave no answer")),
    }
}

fn is_unknown(error: &anyhow::Error) -> bool {
    let words = format!("{error:#}").to_ascii_lowercase();
    code_of(error) == Some("ValidationError")
        && ["does not exist", "not found", "may not be valid", "could not find", "not valid"]
            .iter()
            .any(|unknown| words.contains(unknown))
}

/// The group that was made a moment ago.
async fn known(session: &Session, names: &Names) -> Result<AutoScalingGroup> {
    let mut found = None;
    common::wait::until_ready(session, PROPAGATION, async || {
        found = look(session, names).await?;
        let state = match found {
            Some(_) => common::wait::State::Ready,
            None => common::wait::State::Pending("not visible yet".to_owned()),
        };
        Ok(vec![(format!("group {names}"), state)])
    })
    .await?;
    found.ok_or_else(|| anyhow::anyhow!("the group {names} is not visible"))
}

/// The ids of a group's subnets.
pub fn subnets(found: &AutoScalingGroup) -> Vec<&str> {
    let list = found.vpc_zone_identifier().unwrap_or_default();
    list.split(',').map(str::trim).filter(|id| !id.is_empty()).collect()
}

/// The version that a group launches from.
pub fn version(found: &AutoScalingGroup) -> Option<i64> {
    found.launch_template()?.version()?.parse().ok()
}

/// Whether it is to have no instances and to get none.
pub fn is_empty(found: &AutoScalingGroup) -> bool {
    found.min_size() == Some(0) && found.desired_capacity() == Some(0)
}

/// Whether it is going away.
pub fn is_deleting(found: &AutoScalingGroup) -> bool {
    found.status().is_some_and(|status| status.to_ascii_lowercase().starts_with("delete"))
}

/// The group of this name, whoever made it.
///
/// # Errors
/// AWS's refusal.
pub async fn look(session: &Session, names: &Names) -> Result<Option<AutoScalingGroup>> {
    let call = session.aws.autoscaling().describe_auto_scaling_groups();
    let answer = call.auto_scaling_group_names(&names.full).send().await;
    let found = answer.cannot(format_args!("look up the group {names}"))?.auto_scaling_groups;
    Ok(found.and_then(|found| found.into_iter().next()))
}

/// What a group did lately, the newest first; none where there is no such group.
///
/// # Errors
/// AWS's refusal.
pub async fn activities(session: &Session, names: &Names) -> Result<Vec<Activity>> {
    let call = session.aws.autoscaling().describe_scaling_activities();
    let answer = call.auto_scaling_group_name(&names.full).max_records(ACTIVITIES).send().await;
    match answer.cannot(format_args!("look up the activities of {names}")) {
        Ok(answer) => Ok(answer.activities.unwrap_or_default()),
        Err(error) if is_code(&error, &["ValidationError"]) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The groups that carry our tags, each with the names of its component.
///
/// # Errors
/// AWS's refusal.
pub async fn own(session: &Session) -> Result<Vec<(Names, AutoScalingGroup)>> {
    let filter = |(key, value)| Filter::builder().name(format!("tag:{key}")).values(value).build();
    let filters = session.identity.own_tags().into_iter().map(filter).collect();
    let call = session.aws.autoscaling().describe_auto_scaling_groups().set_filters(Some(filters));
    let pages = call.into_paginator().items().send().try_collect().await;
    let found: Vec<AutoScalingGroup> = pages.cannot("look up the groups")?;
    let named = found.into_iter().filter_map(|it| {
        let names = Names::of_full(&session.identity, it.auto_scaling_group_name()?)?;
        Some((names, it))
    });
    Ok(named.collect())
}
