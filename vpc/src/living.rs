//! Creates with a client token, where the token may still stand for something that is dead.
//!
//! A derived token is the same in every run, so AWS may answer with what an earlier run made under it, even after that was deleted. Each
//! dead one moves the token on by a generation.

use std::time::Duration;

use anyhow::Result;
use common::fault::{Fault, is_missing};
use tokio::time::sleep;

/// Generations that are tried in one run.
const GENERATIONS: usize = 5;

/// For how long what was just made may stay unknown before it counts as dead: 15 s, where a describe by id usually takes one or two.
const LOOKS: u32 = 15;
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Calls `create` with rising generations from `first` until `is_alive` holds for what it answers.
///
/// # Errors
/// What `create` and `is_alive` fail with; a fault where every answer was dead.
pub async fn create<T>(
    first: usize,
    what: &str,
    mut create: impl AsyncFnMut(usize) -> Result<T>,
    mut is_alive: impl AsyncFnMut(&T) -> Result<bool>,
) -> Result<T> {
    for generation in first..first + GENERATIONS {
        let made = create(generation).await?;
        if is_alive(&made).await? {
            return Ok(made);
        }
    }
    Err(Fault::not_found(format!("every {what} that was made is gone again"))
        .hint("see who deletes it, then run the same command again")
        .into())
}

/// Whether a describe by id finds it. `look` answers whether it is in a live state, or that it is missing.
///
/// # Errors
/// Any refusal other than that it is missing.
pub async fn is_known(mut look: impl AsyncFnMut() -> Result<bool>) -> Result<bool> {
    for _ in 0..LOOKS {
        match look().await {
            Err(error) if is_missing(&error) => sleep(BETWEEN_LOOKS).await,
            other => return other,
        }
    }
    Ok(false)
}
