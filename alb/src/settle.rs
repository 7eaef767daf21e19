//! Waiting until load balancers are ready.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_elasticloadbalancingv2::types::{LoadBalancer, LoadBalancerStateEnum};
use common::fault::{Fault, Kind};
use common::session::Session;
use common::wait::{State, until_ready};

use crate::inventory::{self, Balancer};
use crate::names::Names;
use crate::record;

/// Two to four minutes as a rule.
const READY_WITHIN: Duration = Duration::from_mins(15);

/// Looks in a row that may miss a load balancer made a moment ago. After them it counts as gone.
const MISSES: u32 = 30;

/// Where a load balancer stands. One that is impaired routes, but cannot grow: that passes, and is told by [`warn`].
pub fn state(found: &LoadBalancer) -> State {
    let told = found.state();
    let reason = || told.and_then(|state| state.reason()).filter(|reason| !reason.is_empty());
    match told.and_then(|state| state.code()) {
        Some(LoadBalancerStateEnum::Active | LoadBalancerStateEnum::ActiveImpaired) => State::Ready,
        Some(LoadBalancerStateEnum::Failed) => {
            State::Failed(reason().unwrap_or("no reason given").to_owned())
        }
        Some(code) => State::Pending(code.as_str().to_owned()),
        None => State::Pending("no state yet".to_owned()),
    }
}

/// Waits until each routes, and until the record that was changed is known to all name servers.
///
/// # Errors
/// A load balancer that failed, with AWS's reason; not in time; AWS's refusal.
pub async fn until_routing(
    session: &Session,
    balancers: &[(&Names, &Balancer)],
    mut change: Option<(&str, String)>,
) -> Result<()> {
    let mut pending: Vec<(&Names, LoadBalancer, u32)> =
        balancers.iter().map(|(names, balancer)| (*names, balancer.found.clone(), 0)).collect();
    let mut is_first = true;
    let routing = until_ready(session, READY_WITHIN, async || {
        // The first look is the one that has been had already.
        if !std::mem::take(&mut is_first) {
            for (names, found, misses) in &mut pending {
                match inventory::look(session, names).await? {
                    Some(now) => (*found, *misses) = (now, 0),
                    None if *misses < MISSES => *misses += 1,
                    None => return Err(gone(names)),
                }
            }
        }
        let mut states: Vec<(String, State)> =
            pending.iter().map(|(names, found, _)| (names.to_string(), state(found))).collect();
        pending.retain(|(names, found, _)| {
            let state = state(found);
            if state == State::Ready {
                warn(session, names, found);
            }
            state != State::Ready
        });
        if let Some((host, id)) = &change {
            if record::is_in_sync(session, id).await? {
                change = None;
            } else {
                states.push((
                    format!("record {host}"),
                    State::Pending("not on all name servers yet".to_owned()),
                ));
            }
        }
        Ok(states)
    });
    routing.await.map_err(with_hint)
}

/// A load balancer that failed stays so: running the same command again does not help.
fn with_hint(error: anyhow::Error) -> anyhow::Error {
    let is_failed = error.downcast_ref::<Fault>().is_some_and(|fault| fault.kind == Kind::Failed);
    if !is_failed {
        return error;
    }
    error.context(
        Fault::new(Kind::Failed, "AWS could not bring it up")
            .hint("take it away with `alb delete`, then run the same command again"),
    )
}

fn warn(session: &Session, names: &Names, found: &LoadBalancer) {
    let state = found.state();
    if state.and_then(|state| state.code()) == Some(&LoadBalancerStateEnum::ActiveImpaired) {
        let reason = state.and_then(|state| state.reason()).unwrap_or("AWS lacks something to let it grow");
        session.progress.warning(&format!("{names} is impaired: {reason}"));
    }
}

fn gone(names: &Names) -> anyhow::Error {
    Fault::not_found(format!("the {names} is gone: another run deleted it"))
        .hint(format!("run `alb create {}` again to have it back", names.name))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_elasticloadbalancingv2::types::LoadBalancerState;

    #[test]
    fn an_impaired_one_routes_and_a_failed_one_never_will() {
        let stands = |code: LoadBalancerStateEnum| {
            let told = LoadBalancerState::builder().code(code).reason("no room").build();
            state(&LoadBalancer::builder().state(told).build())
        };
        assert_eq!(stands(LoadBalancerStateEnum::Provisioning), State::Pending("provisioning".into()));
        assert_eq!(stands(LoadBalancerStateEnum::ActiveImpaired), State::Ready);
        assert_eq!(stands(LoadBalancerStateEnum::Failed), State::Failed("no room".into()));
    }
}
