//! What a bake waits for that is not its own: EC2, on the way from one state to the next, and the first start of the builder.
//!
//! Both are looked at where they are, in the loopback AWS, and not taken from what `bake` says or does.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value as Json, json};

use super::watch::{between, now};
use crate::harness::{Sandbox, tag};
use crate::loopback::Entry;

/// How often it is looked.
pub const LOOK: Duration = Duration::from_millis(20);

/// The last thing that cloud-init writes to the console of a machine that has started.
const STARTED: &str = "finished at";

/// Who is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// An instance is pending, stopping or shutting down, or an image is pending.
    Ec2,
    /// The builder runs, and its cloud-init has not finished.
    Start,
}

/// The times of waiting in one run, in the order they were, in microseconds since the epoch.
#[derive(Debug, Default)]
pub struct Waits(Vec<(u64, u64, At)>);

impl Waits {
    /// How long somebody was waited for.
    #[must_use]
    pub fn sum(&self, whom: At) -> Duration {
        self.0.iter().filter(|(.., at)| *at == whom).map(|&(from, to, _)| between(from, to)).sum()
    }

    /// The calls that no waiting hides: all that write, and what was read when there was nothing to wait for. A call acts on AWS half way
    /// between request and answer.
    #[must_use]
    pub fn outside(&self, calls: &[Entry]) -> Vec<Entry> {
        let is_within = |moment: u64| self.0.iter().any(|&(from, to, _)| (from..to).contains(&moment));
        let is_outside = |call: &&Entry| call.write || !is_within(call.start.midpoint(call.end));
        calls.iter().filter(is_outside).cloned().collect()
    }
}

/// Looks until it is `over`. Something is so from one look, at which it is, to the next.
pub fn watch(sandbox: &Sandbox, builder: &str, over: &AtomicBool) -> Waits {
    let mut started = BTreeSet::new();
    let mut waits = Waits::default();
    let mut before = (now(), None);
    while !over.load(Ordering::Relaxed) {
        let moment = now();
        if let (from, Some(at)) = before {
            waits.0.push((from, moment, at));
        }
        before = (moment, look(sandbox, builder, &mut started));
        sleep(LOOK);
    }
    waits
}

fn look(sandbox: &Sandbox, builder: &str, started: &mut BTreeSet<String>) -> Option<At> {
    let all = sandbox.resources();
    let of_kind = |kind: &str| all[kind].as_object().into_iter().flatten();
    let mut images = of_kind("image");
    if images.any(|(_, image)| image["imageState"] == "pending") {
        return Some(At::Ec2);
    }
    let mut builders = of_kind("instance").filter(|(_, it)| tag(it, "Name").as_deref() == Some(builder));
    builders.find_map(|(id, instance)| match instance["instanceState"]["name"].as_str()? {
        "pending" | "stopping" | "shutting-down" => Some(At::Ec2),
        "running" if !started.contains(id) => {
            if console(sandbox, id).contains(STARTED) {
                started.insert(id.clone());
                return None;
            }
            Some(At::Start)
        }
        _ => None,
    })
}

/// What the instance's console shows. No call of `bake`'s, and none in the journal.
fn console(sandbox: &Sandbox, id: &str) -> String {
    let answer = sandbox.behind("ec2.GetConsoleOutput", json!({ "InstanceId": id, "Latest": true }));
    let text = answer.unwrap_or(Json::Null);
    let decoded = BASE64.decode(text["output"].as_str().unwrap_or_default()).unwrap_or_default();
    String::from_utf8_lossy(&decoded).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{At, Duration, Entry, Waits};

    fn call(start: u64, end: u64, write: bool) -> Entry {
        Entry { start, end, write, ..Entry::default() }
    }

    #[test]
    fn waiting_hides_what_is_read_meanwhile_and_never_what_is_written() {
        let waits = Waits(vec![(100, 200, At::Ec2), (300, 400, At::Start)]);
        let calls = [call(90, 108, false), call(90, 112, false), call(120, 140, true), call(195, 215, false)];
        assert_eq!(waits.outside(&calls), [calls[0].clone(), calls[2].clone(), calls[3].clone()]);
        assert_eq!(waits.sum(At::Start), Duration::from_micros(100));
    }
}
