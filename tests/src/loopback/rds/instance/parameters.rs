//! Whether the parameters of its group have reached an instance.

use crate::loopback::clock::Time;

/// How far the parameters of its group have reached an instance.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    /// When those that need no reboot are applied.
    applied: Time,
    reboot: bool,
}

impl Parameters {
    /// Takes note of a change.
    pub fn changed(&mut self, applied: Time, reboot: bool) {
        self.applied = applied;
        self.reboot |= reboot;
    }

    /// As `DescribeDBInstances` has it.
    #[must_use]
    pub fn status(&self, now: Time) -> &'static str {
        match (now < self.applied, self.reboot) {
            (_, true) => "pending-reboot",
            (true, false) => "applying",
            (false, false) => "in-sync",
        }
    }
}
