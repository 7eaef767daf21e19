//! The statuses that an instance passes through, each for its time, and the one it comes to rest in.

use crate::loopback::clock::{Clock, Time};

/// Statuses with the moments they end.
#[derive(Clone, Debug)]
pub struct Course {
    phases: Vec<(Time, &'static str)>,
    rest: &'static str,
    last: Time,
}

impl Course {
    /// At rest.
    #[must_use]
    pub fn at(now: Time, rest: &'static str) -> Self {
        Self { phases: Vec::new(), rest, last: now }
    }

    /// Passes through one status more before it comes to rest.
    #[must_use]
    pub fn through(mut self, clock: &Clock, seconds: f64, status: &'static str) -> Self {
        self.last = clock.after(self.last, seconds);
        self.phases.push((self.last, status));
        self
    }

    #[must_use]
    pub fn status(&self, now: Time) -> &'static str {
        self.phases.iter().find(|(end, _)| now < *end).map_or(self.rest, |(_, status)| status)
    }

    /// When the last of what has been put into it so far ends.
    #[must_use]
    pub fn ends(&self) -> Time {
        self.last
    }

    /// When it first leaves a status for good: the end of the last phase with it.
    #[must_use]
    pub fn leaves(&self, status: &str) -> Option<Time> {
        self.phases.iter().rev().find(|(_, phase)| *phase == status).map(|(end, _)| *end)
    }
}

#[cfg(test)]
mod tests {
    use super::Course;
    use crate::loopback::clock::{Clock, Time};

    #[test]
    fn statuses_follow_each_other() {
        let clock = Clock::new(1.0);
        let course = Course::at(Time(0), "available").through(&clock, 1.0, "creating").through(
            &clock,
            2.0,
            "backing-up",
        );
        let at = |seconds: u64| course.status(Time(seconds * 1_000_000));
        assert_eq!([at(0), at(1), at(2), at(3)], ["creating", "backing-up", "backing-up", "available"]);
        assert_eq!(course.leaves("creating"), Some(Time(1_000_000)));
        assert_eq!(course.ends(), Time(3_000_000));
    }
}
