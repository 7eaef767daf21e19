//! Waiting: until something is ready, until it is gone, or until AWS stops refusing.
//!
//! The SDK's own waiters are too short or wrong in places (a NAT gateway's deletion, a load balancer that failed, a database whose
//! storage is full), so there is one loop here. It polls soon at first and a little less than every two seconds at most, so that
//! readiness is noticed within two seconds and a short wait costs little.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, sleep};

use crate::fault::{Fault, Kind, is_code, is_missing};
use crate::session::Session;

/// The longest pause between two looks. With the look itself, readiness is noticed within two seconds.
const LONGEST_PAUSE: Duration = Duration::from_millis(1750);
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// How long a name may stay unknown after it was made. EC2 documents no bound; peers use five minutes.
const PROPAGATION: Duration = Duration::from_mins(5);

/// Where a thing stands on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Ready,
    /// Not yet: AWS's word for what it is doing.
    Pending(String),
    /// It never will be: AWS's reason.
    Failed(String),
}

/// Looks at several things in one call until all are ready.
///
/// `look` answers each thing's name and state. `longest` is the default budget; `--timeout` goes before it.
///
/// # Errors
/// A thing that failed, at once and with AWS's reason; [`Kind::NotInTime`] where time is up; a failed look.
pub async fn until_ready(
    session: &Session,
    longest: Duration,
    mut look: impl AsyncFnMut() -> Result<Vec<(String, State)>>,
) -> Result<()> {
    let mut pace = Pace::new(session.timeout(longest));
    loop {
        let mut pending = Vec::new();
        for (name, state) in look().await? {
            match state {
                State::Ready => {}
                State::Pending(doing) => pending.push(format!("{name} ({doing})")),
                State::Failed(reason) => {
                    session.progress.waited();
                    return Err(Fault::new(Kind::Failed, format!("{name} failed: {reason}")).into());
                }
            }
        }
        if pending.is_empty() {
            session.progress.waited();
            return Ok(());
        }
        let what = pending.join(", ");
        if !pace.pause(session, &what).await {
            return Err(not_in_time(&what, pace.longest).into());
        }
    }
}

/// Tries again while AWS refuses with one of these codes, such as a group that something still uses.
///
/// # Errors
/// Any other refusal at once; this one when time is up, with what was being waited for.
pub async fn while_refused<T>(
    session: &Session,
    codes: &[&str],
    what: &str,
    longest: Duration,
    mut call: impl AsyncFnMut() -> Result<T>,
) -> Result<T> {
    let mut pace = Pace::new(session.timeout(longest));
    loop {
        match call().await {
            Err(error) if is_code(&error, codes) => {
                if !pace.pause(session, what).await {
                    return Err(error.context(not_in_time(what, pace.longest)));
                }
            }
            other => {
                session.progress.waited();
                return other;
            }
        }
    }
}

/// Tries again while AWS does not yet know something that was made a moment ago.
///
/// # Errors
/// Any other refusal at once; this one after five minutes.
pub async fn while_missing<T>(session: &Session, mut call: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let mut pace = Pace::new(PROPAGATION);
    loop {
        match call().await {
            Err(error) if is_missing(&error) => {
                if !pace.pause(session, "AWS to know what was just made").await {
                    return Err(error);
                }
            }
            other => {
                session.progress.waited();
                return other;
            }
        }
    }
}

fn not_in_time(what: &str, longest: Duration) -> Fault {
    Fault::new(Kind::NotInTime, format!("not finished after {} s: {what}", longest.as_secs()))
        .hint("run the same command again: it carries on; --timeout sets the longest wait")
}

/// The pauses of one wait.
struct Pace {
    began: Instant,
    longest: Duration,
    next: Duration,
}

impl Pace {
    fn new(longest: Duration) -> Self {
        Self { began: Instant::now(), longest, next: FIRST_PAUSE }
    }

    /// Sleeps until the next look. False where time is up.
    async fn pause(&mut self, session: &Session, what: &str) -> bool {
        let elapsed = self.began.elapsed();
        let Some(left) = self.longest.checked_sub(elapsed).filter(|left| !left.is_zero()) else {
            session.progress.waited();
            return false;
        };
        session.progress.waiting(what, elapsed.as_secs());
        sleep(self.next.min(left)).await;
        self.next = self.next.mul_f32(1.5).min(LONGEST_PAUSE);
        true
    }
}
