//! The signals that ask a command to stop.
//!
//! Ordinarily the first one ends the run at once: what was made is found by the next one. A verb that leaves something behind which
//! costs money and serves nobody takes the first signal itself ([`Interrupt::hold`]), ends what it is doing and cleans up; the second
//! one then ends the run at once.

use std::cell::Cell;
use std::future::Future;

use anyhow::{Context as _, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use crate::fault::{Fault, Kind};

/// The first signal of a run, where a verb wants it.
#[derive(Debug, Default)]
pub struct Interrupt {
    is_held: Cell<bool>,
    signal: Cell<Option<&'static str>>,
    came: Notify,
}

impl Interrupt {
    /// From now on and until what this answers is dropped, the first signal is the verb's own.
    pub fn hold(&self) -> Held<'_> {
        self.is_held.set(true);
        Held(self)
    }

    /// Hands a signal to the verb. False where the run is to end at once.
    pub(crate) fn take(&self, signal: &'static str) -> bool {
        if !self.is_held.get() || self.signal.get().is_some() {
            return false;
        }
        self.signal.set(Some(signal));
        self.came.notify_waiters();
        true
    }
}

/// While this is there, the first signal ends no run.
pub struct Held<'a>(&'a Interrupt);

impl Held<'_> {
    /// Carries out `work`, which is dropped where it stands when the signal comes. So nothing in it may be a call that makes something.
    ///
    /// # Errors
    /// [`Kind::Interrupted`]; what `work` fails with.
    pub async fn until_interrupted<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.check()?;
        let came = self.0.came.notified();
        tokio::select! {
            biased;
            () = came => self.check().and_then(|()| Err(anyhow::anyhow!("a signal came without a name"))),
            done = work => done,
        }
    }

    /// Whether the signal has come.
    ///
    /// # Errors
    /// [`Kind::Interrupted`].
    pub fn check(&self) -> Result<()> {
        match self.0.signal.get() {
            Some(signal) => Err(interrupted(signal)),
            None => Ok(()),
        }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.is_held.set(false);
    }
}

/// The error of a run that a signal ends.
pub(crate) fn interrupted(signal: &str) -> anyhow::Error {
    Fault::new(Kind::Interrupted, format!("interrupted by {signal}"))
        .hint("run the same command again: it carries on with what was made")
        .into()
}

/// Listens for SIGINT, SIGTERM and SIGHUP.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    pub(crate) fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen for signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
            hang_up: listen(SignalKind::hangup())?,
        })
    }

    /// The name of the next one.
    pub(crate) async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hang_up.recv() => "SIGHUP",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::kind_of;

    #[test]
    fn a_signal_is_the_verbs_only_while_it_holds_it_and_only_once() {
        let interrupt = Interrupt::default();
        assert!(!interrupt.take("SIGINT"));
        let held = interrupt.hold();
        assert!(held.check().is_ok());
        assert!(interrupt.take("SIGTERM"));
        assert_eq!(held.check().map_err(|error| kind_of(&error)), Err(Kind::Interrupted));
        assert!(!interrupt.take("SIGINT"), "the second one ends the run");
        drop(held);
        assert!(!interrupt.take("SIGINT"));
    }
}
