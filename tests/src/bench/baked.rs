//! What came of bakes, as tables.

use std::time::Duration;

use super::bake::SCALE;
use super::builder::{At, LOOK, Waits};
use super::by_hand::ByHand;
use super::chain::{self, Run};
use super::pipe::Stage;
use super::report::Table;
use super::round_trips::{self, LATENCY, signed};
use super::statistics::{megabytes, milliseconds, seconds};
use super::watch::between;
use crate::loopback;

/// By which of the two.
pub const SHELL: &str = "script";

/// A run of `bake create`.
pub struct Baked {
    pub by: &'static str,
    /// None where it goes on with what another has begun.
    pub run: Option<Run>,
    pub stage: Stage,
    pub waits: Waits,
    /// The same with an account that has to be asked for, where that can be had.
    pub asking: Option<Stage>,
}

/// What each run took, and what of it is nobody's but `bake`'s.
#[must_use]
pub fn times(all: &[Baked], by_hand: ByHand) -> Table {
    let how = format!(
        "Real machines, real SSH through a bastion, {} ms a call, AWS's durations divided by {SCALE} (the machines take their own time). What \
         is waited for is looked at every {} ms: EC2 while an instance or an image is between two states, then the builder until its \
         cloud-init has finished. By hand is the same script or playbook over the same SSH to a builder set up alike. Overhead is what is left.",
        LATENCY.as_millis(),
        LOOK.as_millis()
    );
    let head =
        ["by", "run", "total", "EC2", "first start", "by hand", "overhead", "total to what nobody can spare"];
    let mut table = Table::new("Images: time", how, &head);
    for baked in all {
        let total = between(baked.stage.began, baked.stage.end.at);
        let (ec2, start) = (baked.waits.sum(At::Ec2), baked.waits.sum(At::Start));
        let provisioning = baked.provisioning(by_hand);
        let needed = ec2 + start + provisioning;
        let ratio = total.as_secs_f64() / needed.as_secs_f64();
        let own = if needed.is_zero() {
            [milliseconds(total), String::new()]
        } else {
            [seconds(total.saturating_sub(needed)), format!("{ratio:.2}")]
        };
        let [overhead, ratio] = own;
        table.row([
            baked.by.to_owned(),
            baked.title().to_owned(),
            seconds(total),
            seconds(ec2),
            seconds(start),
            seconds(provisioning),
            overhead,
            ratio,
        ]);
    }
    table
}

/// What each run asked of AWS.
#[must_use]
pub fn trips(all: &[Baked]) -> Table {
    let how = "The same runs. Round trips are the longest row of calls, each begun after the one before it was answered, without those that \
               were answered \"not yet\"; the chain is what AWS itself forces.";
    let head = [
        "by",
        "run",
        "calls",
        "that write",
        "round trips",
        "asking STS",
        "chain",
        "added",
        "target",
        "peak memory",
    ];
    let mut table = Table::new("Images: calls and round trips", how, &head);
    for baked in all {
        let calls = &baked.stage.calls;
        let found = loopback::round_trips(&baked.waits.outside(calls));
        let [chain, added, target] = baked.judged(found);
        table.row([
            baked.by.to_owned(),
            baked.title().to_owned(),
            calls.len().to_string(),
            calls.iter().filter(|call| call.write).count().to_string(),
            found.to_string(),
            baked.asking.as_ref().map_or_else(String::new, |it| loopback::round_trips(&it.calls).to_string()),
            chain,
            added,
            target,
            megabytes(baked.stage.end.peak),
        ]);
    }
    table
}

impl Baked {
    /// What the steps of this run take by themselves.
    fn provisioning(&self, by_hand: ByHand) -> Duration {
        match (self.run, self.by) {
            (Some(Run::First), SHELL) => by_hand.script,
            (Some(Run::First), _) => by_hand.playbook,
            _ => Duration::ZERO,
        }
    }

    /// The chain, what is beyond it, and whether that is too much. Nothing is promised of a run that goes on with half of it done.
    fn judged(&self, found: usize) -> [String; 3] {
        let Some(run) = self.run else { return [const { String::new() }; 3] };
        let chain = chain::of(&self.stage.name, run).len();
        let most = if run == Run::First { chain + 2 } else { 1 };
        let verdict = if found <= most { "met" } else { "**missed**" };
        [chain.to_string(), signed(found, chain), format!("≤ {most}: {verdict}")]
    }

    pub fn title(&self) -> &'static str {
        self.run.map_or("resumed, the image pending", round_trips::title)
    }
}
