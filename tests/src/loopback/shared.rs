//! What all connections share.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock::Clock;
use super::fault::Faults;
use super::id;
use super::journal::Entry;
use super::options::{Conditions, Options};
use super::world::World;

/// The whole of a server's state.
#[derive(Debug)]
pub struct Shared {
    pub clock: Clock,
    pub latency: Duration,
    pub seed: u64,
    /// As they were at the start.
    pub conditions: Conditions,
    /// Whether real machines are behind the instances.
    pub machines: bool,
    inner: Mutex<Inner>,
}

/// What changes while it runs.
#[derive(Debug)]
pub struct Inner {
    pub world: World,
    pub faults: Faults,
    pub journal: Vec<Entry>,
    requests: fastrand::Rng,
}

impl Shared {
    #[must_use]
    pub fn new(options: &Options) -> Self {
        let seed = options.seed.unwrap_or_else(|| fastrand::u64(..));
        let inner = Inner {
            world: World::new(seed, options.conditions.clone(), options.machines),
            faults: Faults::new(options.faults.clone(), seed),
            journal: Vec::new(),
            requests: fastrand::Rng::with_seed(seed),
        };
        Self {
            clock: Clock::new(options.time_scale),
            latency: options.latency,
            conditions: options.conditions.clone(),
            machines: options.machines,
            seed,
            inner: Mutex::new(inner),
        }
    }

    /// The same state from now on apart, with no faults and no calls made yet.
    #[must_use]
    pub fn copy(&self) -> Self {
        let inner = Inner {
            world: self.lock().world.clone(),
            faults: Faults::new(Vec::new(), self.seed),
            journal: Vec::new(),
            requests: fastrand::Rng::with_seed(self.seed),
        };
        Self {
            clock: self.clock.apart(),
            latency: self.latency,
            conditions: self.conditions.clone(),
            machines: self.machines,
            seed: self.seed,
            inner: Mutex::new(inner),
        }
    }

    /// The state, alone. A handler that panicked has left it whole, since writes work on copies.
    pub fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// A request's id.
    pub fn request_id(&mut self) -> String {
        id::uuid(&mut self.requests)
    }
}
