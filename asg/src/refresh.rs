//! Instance refreshes: deployments that replace the instances of a group step by step.
//!
//! The group itself keeps the version it has until a refresh has succeeded: that is what AWS goes back to when it does not.

use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_autoscaling::types::{
    AutoScalingGroup, DesiredConfiguration, Instance, InstanceRefresh, InstanceRefreshStatus as Status,
    LaunchTemplateSpecification, RefreshPreferences, RefreshStrategy,
};
use common::call::Call as _;
use common::fault::{Fault, Kind, is_code};
use common::session::Session;
use common::wait::{State, until_ready};

use crate::group;
use crate::launch_template::Version;
use crate::names::Names;

/// How long until a deployment has ended.
const ENDED_WITHIN: Duration = Duration::from_hours(1);

/// How far above its size a group may go for a while, in percent: new instances come first, and a small group need not do with fewer.
const MOST_HEALTHY: i32 = 150;

/// How often a refresh that another run began is looked for.
const LOOKS: u32 = 10;

/// Refreshes looked at, the most that one call answers.
const REMEMBERED: i32 = 100;

/// A refresh as it is to be.
pub struct Wanted<'a> {
    pub names: &'a Names,
    pub version: &'a Version,
    /// Percent of the instances that stay in service.
    pub min_healthy: i32,
}

/// The refreshes of a group, the newest first; none where there is no such group.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, names: &Names) -> Result<Vec<InstanceRefresh>> {
    let call = session.aws.autoscaling().describe_instance_refreshes().auto_scaling_group_name(&names.full);
    match call.max_records(REMEMBERED).send().await.cannot(what(names)) {
        Ok(answer) => Ok(answer.instance_refreshes.unwrap_or_default()),
        // Auto Scaling has no code of its own for a group that is not there.
        Err(error) if is_code(&error, &["ValidationError"]) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn what(names: &Names) -> String {
    format!("look up the deployments of {names}")
}

/// Whether a refresh has not ended.
pub fn is_running(refresh: &InstanceRefresh) -> bool {
    use Status::{Baking, Cancelling, InProgress, Pending, RollbackInProgress};
    matches!(refresh.status(), Some(Pending | InProgress | Baking | Cancelling | RollbackInProgress))
}

/// The refresh that has not ended.
pub fn running(refreshes: &[InstanceRefresh]) -> Option<&InstanceRefresh> {
    refreshes.iter().find(|it| is_running(it))
}

/// The version that a refresh brings about, where it says one.
pub fn version(refresh: &InstanceRefresh) -> Option<i64> {
    refresh.desired_configuration()?.launch_template()?.version()?.parse().ok()
}

/// `version 3`, or what else a refresh is for.
fn aim(refresh: &InstanceRefresh) -> String {
    version(refresh).map_or_else(|| "the same version".to_owned(), |number| format!("version {number}"))
}

/// Why a refresh ended as it did.
pub fn reason(refresh: &InstanceRefresh) -> Option<&str> {
    let rollback = refresh.rollback_details().and_then(|it| it.rollback_reason());
    let reason = rollback.or(refresh.status_reason()).map(|reason| reason.trim().trim_end_matches('.'));
    reason.filter(|reason| !reason.is_empty())
}

/// Whether an instance counts: those that go do not.
pub fn stays(instance: &Instance) -> bool {
    instance.lifecycle_state().is_some_and(|state| !state.as_str().starts_with("Terminat"))
}

/// Whether the group or one of its instances is of another version.
pub fn is_needed(group: &AutoScalingGroup, wanted: &Version) -> bool {
    let is_other = |instance: &Instance| {
        let version = instance.launch_template().and_then(|it| it.version());
        version.is_some_and(|version| version != wanted.number.to_string())
    };
    let template = group.launch_template().and_then(|it| it.launch_template_id());
    group::version(group) != Some(wanted.number)
        || template != Some(&wanted.template)
        || group.instances().iter().filter(|it| stays(it)).any(is_other)
}

impl Wanted<'_> {
    /// Replaces what is of another version, and waits until that has ended. A refresh that runs already is waited for: where it is for
    /// the same version, its outcome is this one's. False where there was nothing to do.
    ///
    /// # Errors
    /// A deployment that did not succeed, with AWS's reason; not in time; AWS's refusal.
    pub async fn deploy(
        &self,
        session: &Session,
        mut group: AutoScalingGroup,
        refreshes: &[InstanceRefresh],
    ) -> Result<bool> {
        let mut under_way = running(refreshes).cloned();
        for _ in 0..LOOKS {
            if let Some(other) = under_way.take() {
                if version(&other) == Some(self.version.number) {
                    session.progress.line(&format!(
                        "{}: {} is being deployed already",
                        self.names,
                        aim(&other)
                    ));
                    self.end(session, other.instance_refresh_id().unwrap_or_default()).await?;
                    return Ok(true);
                }
                self.other(session, &other).await?;
                group = group::look(session, self.names).await?.unwrap_or(group);
            }
            if !is_needed(&group, self.version) {
                return Ok(false);
            }
            let what = format!("group {}: started to deploy version {}", self.names, self.version.number);
            match session.change(what, Box::pin(self.start(session))).await {
                Ok(Some(id)) => {
                    self.end(session, &id).await?;
                    return Ok(true);
                }
                Ok(None) => return Ok(true),
                Err(error)
                    if is_code(&error, &["InstanceRefreshInProgress", "InstanceRefreshInProgressFault"]) =>
                {
                    under_way = running(&list(session, self.names).await?).cloned();
                }
                Err(error) => return Err(error),
            }
        }
        Err(busy(self.names).into())
    }

    async fn start(&self, session: &Session) -> Result<String> {
        let template = LaunchTemplateSpecification::builder()
            .launch_template_id(&self.version.template)
            .version(self.version.number.to_string())
            .build();
        let wanted = DesiredConfiguration::builder().launch_template(template).build();
        let preferences = RefreshPreferences::builder()
            .min_healthy_percentage(self.min_healthy)
            .max_healthy_percentage((self.min_healthy + 100).min(MOST_HEALTHY))
            .auto_rollback(true)
            .skip_matching(true)
            .build();
        let answer = group::while_unknown(session, async || {
            let call = session.aws.autoscaling().start_instance_refresh();
            call.auto_scaling_group_name(&self.names.full)
                .strategy(RefreshStrategy::Rolling)
                .desired_configuration(wanted.clone())
                .preferences(preferences.clone())
                .send()
                .await
                .cannot(format_args!("deploy version {} of {}", self.version.number, self.names))
        });
        answer.await?.instance_refresh_id.context("Auto Scaling named no refresh")
    }

    /// Waits for a refresh to another version, so that this one can begin.
    async fn other(&self, session: &Session, other: &InstanceRefresh) -> Result<()> {
        if !session.waits() && !session.is_planning() {
            return Err(busy(self.names).into());
        }
        if session.is_planning() {
            return Ok(());
        }
        session.progress.line(&format!("{}: {} is being deployed first", self.names, aim(other)));
        until_ended(session, self.names, other.instance_refresh_id().unwrap_or_default()).await?;
        Ok(())
    }

    async fn end(&self, session: &Session, id: &str) -> Result<()> {
        if !session.waits() {
            return Ok(());
        }
        let ended = until_ended(session, self.names, id).await?;
        outcome(self.names, &ended)?;
        session.progress.line(&format!("{}: deployed {}", self.names, aim(&ended)));
        Ok(())
    }
}

fn busy(names: &Names) -> Fault {
    Fault::new(Kind::NotInTime, format!("another deployment of {names} is under way"))
        .hint("run the same command again once it has ended, or without --no-wait")
}

/// Waits until a refresh has ended, however that is.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn until_ended(session: &Session, names: &Names, id: &str) -> Result<InstanceRefresh> {
    let mut last = None;
    until_ready(session, ENDED_WITHIN, async || {
        let call = session.aws.autoscaling().describe_instance_refreshes();
        let call = call.auto_scaling_group_name(&names.full).instance_refresh_ids(id);
        let answer = call.send().await.cannot(what(names))?;
        let found = answer.instance_refreshes.and_then(|found| found.into_iter().next());
        let found = found.with_context(|| format!("the deployment {id} of {names} is gone"))?;
        let state = if is_running(&found) { State::Pending(progress(&found)) } else { State::Ready };
        let what = format!("{names} to run {}", aim(&found));
        last = Some(found);
        Ok(vec![(what, state)])
    })
    .await?;
    last.context("the deployment was not looked at")
}

/// `InProgress, 50 %, 1 left`.
fn progress(refresh: &InstanceRefresh) -> String {
    let status = refresh.status().map_or("unknown", Status::as_str);
    let percent = refresh.percentage_complete().map(|it| format!(", {it} %")).unwrap_or_default();
    let left = refresh.instances_to_update().map(|it| format!(", {it} left")).unwrap_or_default();
    format!("{status}{percent}{left}")
}

/// Ok where a refresh has succeeded.
///
/// # Errors
/// Any other end, with AWS's reason.
pub fn outcome(names: &Names, ended: &InstanceRefresh) -> Result<()> {
    let aim = aim(ended);
    let because = reason(ended).map(|reason| format!(": {reason}")).unwrap_or_default();
    let (what, hint) = match ended.status() {
        Some(Status::Successful) => return Ok(()),
        Some(Status::RollbackSuccessful) => (
            format!("{aim} was not deployed, AWS went back to the version before{because}"),
            format!("`asg history {0}` tells more; the version before serves again", names.name),
        ),
        Some(Status::RollbackFailed) => (
            format!("{aim} was not deployed, and AWS could not go back to the version before{because}"),
            format!("`asg rollback {0}` or `asg create {0}` with a good image tries again", names.name),
        ),
        Some(Status::Cancelled) => (
            format!("the deployment of {aim} was cancelled{because}"),
            "some instances may be of the new version: run the same command again to carry on".to_owned(),
        ),
        status => (
            format!("the deployment of {aim} ended as {}{because}", status.map_or("unknown", Status::as_str)),
            format!("`asg rollback {0}` goes back to the version before", names.name),
        ),
    };
    Err(Fault::new(Kind::Failed, format!("{names}: {what}")).hint(hint).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_autoscaling::types::{LifecycleState, RollbackDetails};
    use common::fault::kind_of;
    use common::identity::Identity;

    fn ended(status: Status) -> InstanceRefresh {
        let rollback = RollbackDetails::builder().rollback_reason("i-1 was not healthy").build();
        InstanceRefresh::builder().status(status).rollback_details(rollback).build()
    }

    #[test]
    fn only_a_deployment_that_succeeded_ends_well() {
        let identity = Identity::new("expense", "dev", std::collections::BTreeMap::new()).unwrap();
        let names = Names::new(&identity, "backend");
        assert!(outcome(&names, &ended(Status::Successful)).is_ok());
        for status in [Status::RollbackSuccessful, Status::RollbackFailed, Status::Failed, Status::Cancelled]
        {
            let error = outcome(&names, &ended(status)).unwrap_err();
            assert_eq!(kind_of(&error), Kind::Failed);
            assert!(error.to_string().contains("i-1 was not healthy"), "{error}");
        }
    }

    #[test]
    fn an_instance_of_another_version_is_a_reason_to_deploy() {
        let template = |version: &str| {
            LaunchTemplateSpecification::builder().launch_template_id("lt-1").version(version).build()
        };
        let group = |of_instance: &str, state: LifecycleState| {
            let instance =
                Instance::builder().launch_template(template(of_instance)).lifecycle_state(state).build();
            AutoScalingGroup::builder().launch_template(template("2")).instances(instance).build()
        };
        let wanted = |number| Version { template: "lt-1".into(), number };
        assert!(!is_needed(&group("2", LifecycleState::InService), &wanted(2)));
        assert!(is_needed(&group("2", LifecycleState::InService), &wanted(3)));
        assert!(is_needed(&group("1", LifecycleState::InService), &wanted(2)));
        assert!(!is_needed(&group("1", LifecycleState::Terminating), &wanted(2)));
    }
}
