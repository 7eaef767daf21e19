//! Stopping and starting a server.

use anyhow::Result;
use aws_sdk_ec2::types::{self as ec2, InstanceStateName};

use crate::call::Call as _;
use crate::fault::refusal_of;
use crate::session::Session;

/// How often an answer that was lost is asked for again.
const ATTEMPTS: usize = 5;

/// Whether it is stopped or about to be.
pub fn is_off(found: &ec2::Instance) -> bool {
    let state = found.state().and_then(ec2::InstanceState::name);
    matches!(state, Some(InstanceStateName::Stopping | InstanceStateName::Stopped))
}

/// Stops it. Stopping what is stopped succeeds.
///
/// # Errors
/// AWS's refusal.
pub async fn stop(session: &Session, id: &str) -> Result<()> {
    let call = session.aws.ec2().stop_instances().instance_ids(id);
    call.send().await.cannot(format!("stop the instance {id}")).map(|_| ())
}

/// Starts it. Missing capacity comes as a server error, which is not to be tried ten times: hence the client that repeats nothing
/// uncertain. Starting what is started already succeeds.
///
/// # Errors
/// AWS's refusal.
pub async fn start(session: &Session, id: &str) -> Result<()> {
    let mut last = Ok(());
    for _ in 0..ATTEMPTS {
        let call = session.aws.ec2_once().start_instances().instance_ids(id);
        last = call.send().await.cannot(format!("start the instance {id}")).map(|_| ());
        let is_uncertain = last
            .as_ref()
            .err()
            .and_then(refusal_of)
            .is_some_and(|it| it.uncertain && it.code.as_deref() != Some("InsufficientInstanceCapacity"));
        if !is_uncertain {
            break;
        }
    }
    last
}
