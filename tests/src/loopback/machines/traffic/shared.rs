//! What the threads of a VPC's traffic share.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Probe;
use super::choice::Rounds;
use super::plan::Traffic;
use super::pool::Pool;
use crate::loopback::clock::Clock;

/// Findings that are kept while nobody asks for them.
const PROBES: usize = 10_000;

#[derive(Debug)]
pub struct Shared {
    pub clock: Clock,
    /// Whether the traffic is in a network namespace of its own. Then what goes out has to say from which address.
    pub apart: bool,
    pub problems: Problems,
    /// Whose turn it is.
    pub rounds: Rounds,
    /// Connections to targets that can be used again.
    pub pool: Pool,
    traffic: Mutex<Arc<Traffic>>,
    probes: Mutex<Vec<Probe>>,
}

impl Shared {
    #[must_use]
    pub fn new(clock: Clock, apart: bool) -> Self {
        Self {
            clock,
            apart,
            problems: Problems::default(),
            rounds: Rounds::default(),
            pool: Pool::default(),
            traffic: Mutex::default(),
            probes: Mutex::default(),
        }
    }

    /// The plan in force, to be kept by whoever begins something.
    pub fn traffic(&self) -> Arc<Traffic> {
        Arc::clone(&lock(&self.traffic))
    }

    /// Puts a plan in force. No connection is kept to an address that it does not lead to.
    pub fn put(&self, traffic: Traffic) {
        let traffic = Arc::new(traffic);
        *lock(&self.traffic) = Arc::clone(&traffic);
        self.pool.keep(|address| traffic.reaches(*address));
    }

    pub fn probes(&self) -> MutexGuard<'_, Vec<Probe>> {
        lock(&self.probes)
    }

    /// Keeps a finding, unless nobody has asked for so many others.
    pub fn found(&self, probe: Probe) {
        let mut probes = self.probes();
        if probes.len() < PROBES {
            probes.push(probe);
        }
    }
}

/// What could not be done: told once each, until it is told to somebody.
#[derive(Debug, Default)]
pub struct Problems(Mutex<(BTreeSet<String>, Vec<String>)>);

impl Problems {
    pub fn tell(&self, problem: &str) {
        let (told, new) = &mut *lock(&self.0);
        if told.insert(problem.to_owned()) {
            new.push(problem.to_owned());
        }
    }

    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut lock(&self.0).1)
    }
}

/// A lock that nobody holds while it could panic half way.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
