//! `asg rollback`: back to the version before.

use anyhow::Result;
use aws_sdk_autoscaling::types::{InstanceRefresh, InstanceRefreshStatus as Status};
use aws_sdk_ec2::types::LaunchTemplateVersion;
use common::call::Call as _;
use common::fault::{Fault, is_code};
use common::session::Session;

use crate::cli::Rollback;
use crate::inventory::{self, Found, Target};
use crate::launch_template::Version;
use crate::names::Names;
use crate::refresh::{self, Wanted};
use crate::scale::own_group;
use crate::{group, section, settle};

pub async fn rollback(session: &Session, flags: &Rollback) -> Result<()> {
    let names = Names::new(&session.identity, &flags.name);
    let found = session.inventory(inventory::read(session, &names, None)).await?;
    own_group(session, &names, &found)?;
    let running = refresh::running(&found.refreshes).filter(|_| flags.to.is_none());
    let version = match running {
        Some(running) => {
            turn_round(session, &names, running).await?;
            None
        }
        None => deploy(session, flags, &names, &found).await?,
    };
    section::write(session, [(names.name.clone(), section::component(&names, &found, version.as_ref()))])?;
    match found.target_group.as_ref().and_then(Target::arn) {
        Some(arn) if session.waits() => settle::until_healthy(session, &names, arn, &found, false).await,
        _ => Ok(()),
    }
}

async fn deploy(
    session: &Session,
    flags: &Rollback,
    names: &Names,
    found: &Found,
) -> Result<Option<Version>> {
    let group = own_group(session, names, found)?;
    let current = group::version(group);
    let number = match flags.to {
        Some(number) if found.version(number).is_some() => number,
        Some(number) => {
            return Err(Fault::not_found(format!("{names} has no version {number}"))
                .hint(format!("see `asg history {}`", names.name))
                .into());
        }
        None => before(&found.versions, &found.refreshes, current)
            .ok_or_else(|| nothing_before(names, current))?,
    };
    let id = found.template.as_ref().and_then(|it| it.launch_template_id()).unwrap_or_default();
    let version = Version { template: id.to_owned(), number };
    let wanted = Wanted { names, version: &version, min_healthy: flags.min_healthy };
    if !Box::pin(wanted.deploy(session, group.clone(), &found.refreshes)).await? {
        session.progress.line(&format!("{names} runs version {number} already"));
    }
    Ok(Some(version))
}

fn nothing_before(names: &Names, current: Option<i64>) -> Fault {
    let current = current.map_or_else(|| "the one there is".to_owned(), |it| format!("version {it}"));
    Fault::not_found(format!("{names} has no good version before {current}"))
        .hint(format!("see `asg history {0}`; `asg rollback {0} --to VERSION` goes to any", names.name))
}

/// The newest version below the current one that is not known to be bad: one that was tried and never deployed is passed over.
fn before(
    versions: &[LaunchTemplateVersion],
    refreshes: &[InstanceRefresh],
    current: Option<i64>,
) -> Option<i64> {
    let is_bad = |number: i64| {
        let mut tried = refreshes.iter().filter(|it| refresh::version(it) == Some(number)).peekable();
        tried.peek().is_some() && tried.all(|it| it.status() != Some(&Status::Successful))
    };
    let numbers = versions.iter().filter_map(LaunchTemplateVersion::version_number);
    numbers.filter(|it| current.is_none_or(|current| *it < current) && !is_bad(*it)).max()
}

/// Has a deployment that is under way go back.
async fn turn_round(session: &Session, names: &Names, running: &InstanceRefresh) -> Result<()> {
    let id = running.instance_refresh_id().unwrap_or_default();
    let call = async {
        let call = session.aws.autoscaling().rollback_instance_refresh().auto_scaling_group_name(&names.full);
        match call.send().await.cannot(format_args!("turn the deployment of {names} round")) {
            // It is going back already, or has ended: how it ends tells.
            Err(error)
                if is_code(&error, &["IrreversibleInstanceRefresh*", "ActiveInstanceRefreshNotFound*"]) =>
            {
                Ok(())
            }
            other => other.map(|_| ()),
        }
    };
    session.change(format_args!("group {names}: the deployment that is under way goes back"), call).await?;
    if !session.waits() {
        return Ok(());
    }
    let ended = refresh::until_ended(session, names, id).await?;
    match ended.status() {
        Some(Status::RollbackSuccessful) => Ok(()),
        Some(Status::Successful) => {
            Err(Fault::conflict(format!("the deployment of {names} had ended well already"))
                .hint(format!("run `asg rollback {}` again to go back from it", names.name))
                .into())
        }
        _ => refresh::outcome(names, &ended),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_autoscaling::types::{DesiredConfiguration, LaunchTemplateSpecification};

    fn versions(numbers: &[i64]) -> Vec<LaunchTemplateVersion> {
        let version = |&number: &i64| LaunchTemplateVersion::builder().version_number(number).build();
        numbers.iter().map(version).collect()
    }

    fn refresh(version: &str, status: Status) -> InstanceRefresh {
        let template = LaunchTemplateSpecification::builder().version(version).build();
        let desired = DesiredConfiguration::builder().launch_template(template).build();
        InstanceRefresh::builder().status(status).desired_configuration(desired).build()
    }

    #[test]
    fn a_version_that_was_rolled_back_is_passed_over() {
        let versions = versions(&[3, 2, 1]);
        let bad = [refresh("3", Status::Successful), refresh("2", Status::RollbackSuccessful)];
        assert_eq!(before(&versions, &bad, Some(3)), Some(1));
        let good = [refresh("3", Status::Successful), refresh("2", Status::Successful)];
        assert_eq!(before(&versions, &good, Some(3)), Some(2));
        assert_eq!(before(&versions, &[], Some(1)), None);
    }
}
