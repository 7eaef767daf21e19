//! Waiting until a component serves.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_autoscaling::types::{Activity, AutoScalingGroup};
use common::call::both;
use common::fault::Fault;
use common::session::Session;
use common::wait::{State, until_ready};

use crate::health::Look;
use crate::inventory::Found;
use crate::names::Names;
use crate::{group, target_group};

/// Boot, start of the application and two good checks, and once more where an instance did not make it.
const READY_WITHIN: Duration = Duration::from_mins(15);

/// How long until a group that is going away is gone.
const GONE_WITHIN: Duration = Duration::from_mins(15);

/// Waits until as many instances as wanted are in service, healthy, and healthy for the load balancer.
///
/// `found` is what there was when this run began: what the group did before is not held against it. `is_fresh` says that `found` still
/// stands, so that it is the first look.
///
/// # Errors
/// A group that cannot come to be, with AWS's reason; not in time; AWS's refusal.
pub async fn until_healthy(
    session: &Session,
    names: &Names,
    target_group: &str,
    found: &Found,
    is_fresh: bool,
) -> Result<()> {
    let old: Vec<&str> = found.activities.iter().filter_map(Activity::activity_id).collect();
    let mut first = found.group.clone().filter(|_| is_fresh).map(|group| Look {
        group,
        health: found.health.clone(),
        activities: Vec::new(),
    });
    until_ready(session, READY_WITHIN, async || {
        let look = match first.take() {
            Some(first) => first,
            None => look(session, names, target_group, &old).await?,
        };
        Ok(vec![(names.to_string(), look.state())])
    })
    .await
}

async fn look(session: &Session, names: &Names, target_group: &str, old: &[&str]) -> Result<Look> {
    let told = both(target_group::health(session, target_group), group::activities(session, names));
    let (group, (health, mut activities)) = both(group::look(session, names), told).await?;
    let group = group.ok_or_else(|| gone(names))?;
    activities.retain(|it| it.activity_id().is_none_or(|id| !old.contains(&id)));
    Ok(Look { group, health, activities })
}

/// The fault where a component is gone under a run's hands.
pub fn gone(names: &Names) -> Fault {
    Fault::not_found(format!("the group {names} is gone: another run deleted it"))
        .hint(format!("run `asg create {}` again to have it back", names.name))
}

/// Waits until a group that is being deleted is gone.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn until_gone(session: &Session, names: &Names) -> Result<()> {
    until_ready(session, GONE_WITHIN, async || {
        let found = group::look(session, names).await?.filter(group::is_deleting);
        let state = match found {
            Some(found) => State::Pending(doing(&found)),
            None => State::Ready,
        };
        Ok(vec![(format!("group {names} to be gone"), state)])
    })
    .await
}

fn doing(found: &AutoScalingGroup) -> String {
    match found.instances().len() {
        0 => "deleting".to_owned(),
        left => format!("deleting, {left} instances left"),
    }
}
