//! Rules in: added, marked and taken away, one call a group.
//!
//! AWS refuses the whole call where one rule is there already (or, taking away, is not): by an answer that was lost, or by another
//! run. Then the group is read again and only the rest is sent.

mod allow;
mod mark;
mod revoke;

use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::all;
use sg::rules::Rule;
use tokio::sync::Semaphore;

use crate::inventory::RolesById;
use crate::permission::{Mark, permission};

pub use allow::allow;
pub use mark::mark;
pub use revoke::revoke;

/// These calls sit in EC2's lowest rate bucket, so not more than a few are in flight.
const IN_FLIGHT: usize = 8;

/// How long AWS may tell an old state of a group after it refused a rule as there already. Peers see seconds.
const STALE: Duration = Duration::from_mins(1);

/// Runs calls side by side, a few at a time; reports every failure.
///
/// # Errors
/// The one failure, or all of them.
pub async fn few<T>(calls: impl IntoIterator<Item = impl Future<Output = Result<T>>>) -> Result<Vec<T>> {
    let turns = Semaphore::new(IN_FLIGHT);
    let turns = &turns;
    all(calls.into_iter().map(|call| async move {
        let _turn = turns.acquire().await;
        call.await
    }))
    .await
}

fn permissions<'a>(
    rules: impl IntoIterator<Item = (&'a Rule, Mark)>,
    by_id: &RolesById,
) -> Result<Vec<ec2::IpPermission>> {
    rules.into_iter().map(|(rule, mark)| permission(rule, mark, by_id)).collect()
}
