//! The record of every call, and what can be read from it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A call that was made, or one that could not be read as a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub service: String,
    pub action: String,
    pub region: String,
    pub access_key: String,
    /// The process at the other end, where it could be found.
    pub pid: Option<i32>,
    /// When the request was read, in microseconds since the epoch.
    pub start: u64,
    /// When the answer was ready to be sent.
    pub end: u64,
    pub write: bool,
    /// `ok`, an error's code, or how it was broken: `reset`, `lost`, `killed`.
    pub outcome: String,
}

impl Entry {
    /// `ec2.CreateVpc`
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.{}", self.service, self.action)
    }
}

/// How many round trips the calls took: the longest chain of calls that do not overlap, each begun after the one before
/// it had been answered. Calls made side by side count once.
#[must_use]
pub fn round_trips(calls: &[Entry]) -> usize {
    let mut spans: Vec<(u64, u64)> = calls.iter().map(|call| (call.start, call.end)).collect();
    // Taking what ends first is the longest chain there is (interval scheduling).
    spans.sort_by_key(|&(start, end)| (end, start));
    let mut chain = 0;
    let mut answered = 0;
    for (start, end) in spans {
        if start >= answered {
            chain += 1;
            answered = end;
        }
    }
    chain
}

/// The calls of each process, in the order they were begun.
#[must_use]
pub fn by_process(calls: &[Entry]) -> BTreeMap<Option<i32>, Vec<Entry>> {
    let mut groups: BTreeMap<_, Vec<Entry>> = BTreeMap::new();
    for call in calls {
        groups.entry(call.pid).or_default().push(call.clone());
    }
    for calls in groups.values_mut() {
        calls.sort_by_key(|call| call.start);
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::{Entry, by_process, round_trips};

    fn calls(spans: &[(u64, u64)]) -> Vec<Entry> {
        spans.iter().map(|&(start, end)| Entry { start, end, ..Entry::default() }).collect()
    }

    #[test]
    fn calls_side_by_side_are_one_round_trip() {
        assert_eq!(round_trips(&[]), 0);
        assert_eq!(round_trips(&calls(&[(0, 60), (1, 61), (2, 62)])), 1);
        assert_eq!(round_trips(&calls(&[(0, 60), (60, 120), (130, 190)])), 3);
        assert_eq!(round_trips(&calls(&[(0, 200), (10, 20), (30, 40), (210, 220)])), 3);
    }

    #[test]
    fn processes_are_told_apart() {
        let mut all = calls(&[(5, 6), (1, 2), (3, 4)]);
        all[0].pid = Some(7);
        all[1].pid = Some(7);
        let groups = by_process(&all);
        assert_eq!(groups[&Some(7)].iter().map(|c| c.start).collect::<Vec<_>>(), [1, 5]);
        assert_eq!(groups[&None].len(), 1);
    }
}
