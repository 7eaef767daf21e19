//! A group's turns.

use super::client::Turn;
use super::group::Group;
use super::{AutoScaling, health, launch, membership, refresh_course, serving, terminate};
use crate::loopback::clock::{Clock, Time};
use crate::loopback::world::Region;

/// From one turn to the next.
const TURN_SECONDS: f64 = 1.0;
/// The most turns taken at once: after a long silence they are longer instead.
const MOST: u64 = 200;

/// Takes all turns that have fallen due.
pub fn settle(region: &mut Region, clock: &Clock, now: Time) {
    if region.autoscaling.groups.is_empty() {
        region.autoscaling.settled = now;
        return;
    }
    let since = region.autoscaling.settled;
    let length = clock.scaled(TURN_SECONDS).max(now.0.saturating_sub(since.0) / MOST).max(1);
    let mut at = since.0;
    while at + length <= now.0 {
        at += length;
        take(region, clock, Time(at));
    }
    region.autoscaling.settled = Time(at);
}

/// One turn of every group.
fn take(region: &mut Region, clock: &Clock, now: Time) {
    let mut state: AutoScaling = std::mem::take(&mut region.autoscaling);
    for group in state.groups.values_mut() {
        one(group, &mut Turn { region, clock, now });
    }
    let gone: Vec<String> =
        state.groups.values().filter(|group| group.gone(now)).map(|group| group.name.clone()).collect();
    for name in gone {
        let group = state.groups.shift_remove(&name);
        state.past.extend(group.into_iter().flat_map(|group| group.activities));
    }
    region.autoscaling = state;
}

fn one(group: &mut Group, turn: &mut Turn<'_>) {
    membership::arrive(group, turn);
    let targets = membership::targets(group, turn);
    serving::note(group, turn.now, &targets);
    health::check(group, turn, &targets);
    refresh_course::advance(group, turn, &targets);
    launch::fill(group, turn);
    terminate::shrink(group, turn);
    terminate::carry_on(group, turn, &targets);
}
