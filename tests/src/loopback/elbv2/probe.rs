//! What health checks of real machines have found, and what follows for their targets.

use std::collections::BTreeMap;

use super::Elbv2;
use super::health_check::HealthCheck;
use super::target::Target;
use crate::loopback::clock::Time;
use crate::loopback::ec2::instance_state::State;
use crate::loopback::world::Region;

/// What a health check has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The target group's ARN.
    pub group: String,
    /// The target's id and port.
    pub target: String,
    pub port: u16,
    pub outcome: Outcome,
    pub at: Time,
}

/// How a health check ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Good,
    /// An answer with a status code that the group does not want.
    Code(u16),
    /// No answer in time.
    Timeout,
    /// No connection, or an answer that is none.
    Failed,
}

/// How a target stands after all its checks up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// None as long as it is new.
    pub healthy: Option<bool>,
    /// The last outcome that was not good.
    pub why: Outcome,
    good: u32,
    bad: u32,
}

/// By target group, target and port.
pub type Standings = BTreeMap<(String, String, u16), Standing>;

impl Standing {
    const NEW: Self = Self { healthy: None, why: Outcome::Failed, good: 0, bad: 0 };

    /// A new target is healthy with its first good answer; an unhealthy one needs as many in a row as the group wants.
    fn note(&mut self, outcome: Outcome, check: &HealthCheck) {
        if outcome == Outcome::Good {
            (self.good, self.bad) = (self.good.saturating_add(1), 0);
            if self.healthy.is_none() || self.good >= check.healthy {
                self.healthy = Some(true);
            }
        } else {
            (self.good, self.bad) = (0, self.bad.saturating_add(1));
            self.why = outcome;
            if self.bad >= check.unhealthy {
                self.healthy = Some(false);
            }
        }
    }
}

impl Elbv2 {
    /// Takes note of what a check has found, unless it is about a target that has left or come anew meanwhile.
    pub fn note(&mut self, probe: &Probe) {
        let Some(group) = self.target_groups.get(&probe.group) else { return };
        let mut targets = group.targets.iter().filter(|target| target.leaving.is_none());
        let found = targets.find(|target| target.id == probe.target && target.port == probe.port);
        if found.is_some_and(|target| target.registered <= probe.at) {
            let key = (probe.group.clone(), probe.target.clone(), probe.port);
            self.standings.entry(key).or_insert(Standing::NEW).note(probe.outcome, &group.check);
        }
    }

    /// How a target of a group stands, once it has been checked.
    #[must_use]
    pub fn standing(&self, group: &str, target: &Target) -> Option<&Standing> {
        self.standings.get(&(group.to_owned(), target.id.clone(), target.port))
    }
}

/// Forgets how targets stood that are leaving, so that one that comes back is new, or that are not checked as things are.
pub fn settle(region: &mut Region, now: Time) {
    let (elb, ec2) = (&mut region.elbv2, &region.ec2);
    let groups = &elb.target_groups;
    elb.standings.retain(|(arn, id, port), _| {
        let used = groups.get(arn).filter(|group| group.used.is_some());
        let is = |target: &Target| target.id == *id && target.port == *port && target.leaving.is_none();
        used.is_some_and(|group| group.targets.iter().any(is))
            && ec2.instances.get(id).is_none_or(|instance| instance.state(now) == State::Running)
    });
}

#[cfg(test)]
mod tests {
    use super::{HealthCheck, Outcome, Standing};

    #[test]
    fn answers_in_a_row_make_a_target_healthy_or_unhealthy() {
        let check = HealthCheck { healthy: 2, unhealthy: 2, ..HealthCheck::default() };
        let (good, bad) = (Outcome::Good, Outcome::Code(503));
        let course = |outcomes: &[Outcome]| {
            let mut standing = Standing::NEW;
            for outcome in outcomes {
                standing.note(*outcome, &check);
            }
            standing.healthy
        };
        assert_eq!(course(&[]), None);
        assert_eq!(course(&[bad]), None, "one bad answer says nothing of a new target");
        assert_eq!(course(&[bad, good]), Some(true), "one good one does");
        assert_eq!(course(&[bad, bad]), Some(false));
        assert_eq!(course(&[bad, bad, good]), Some(false));
        assert_eq!(course(&[bad, bad, good, good]), Some(true));
        assert_eq!(course(&[good, bad]), Some(true));
        assert_eq!(course(&[good, bad, good, bad]), Some(true));
        assert_eq!(course(&[good, bad, bad]), Some(false));
    }
}
