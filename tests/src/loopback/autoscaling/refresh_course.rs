//! How a refresh goes on, turn by turn: old instances go as long as enough are ready, and new ones come.

use super::client::Turn;
use super::group::Group;
use super::member::{Member, Stage};
use super::membership::{Targets, after};
use super::preferences::Untouchable;
use super::refresh::{LOST, Refresh};
use super::terminate;
use crate::loopback::clock::Time;

/// How long a refresh waits until it begins.
const PENDING_SECONDS: f64 = 3.0;
/// How long it waits for something to go forward.
const PATIENCE_SECONDS: f64 = 3600.0;

/// One turn of the refresh that is under way.
pub fn advance(group: &mut Group, turn: &mut Turn<'_>, targets: &Targets) {
    let paused = group.pauses("InstanceRefresh");
    let Some(refresh) = group.refreshing_mut() else { return };
    let due = refresh.until.is_none_or(|until| until <= turn.now);
    match refresh.status {
        "Pending" if turn.now >= turn.clock.after(refresh.made, PENDING_SECONDS) => {
            refresh.status = "InProgress";
            let members: Vec<String> = group.members.keys().cloned().collect();
            group.begin_work(turn.now, &members);
        }
        "Cancelling" if due => {
            refresh.end("Cancelled", Some("Cancelled due to user request.".to_owned()), turn.now);
        }
        "Baking" if due => group.succeed(turn.now),
        "InProgress" | "RollbackInProgress" if !paused => work(group, turn, targets),
        _ => {}
    }
}

/// Where the instances of a group stand in a refresh.
struct Standing {
    /// Old ones that may be replaced: those that serve nobody first, then the longest there.
    replaceable: Vec<(String, bool)>,
    /// Old ones that nobody may touch, but that have to go.
    blocked: Option<String>,
    /// Why a new one is not ready, if one is not.
    waiting: Option<String>,
    /// New ones that are not ready.
    unready: usize,
    /// All that serve and are warm.
    ready: usize,
    /// The new ones among these.
    fresh: usize,
}

impl Group {
    /// Notes what there is to replace, of these members.
    pub fn begin_work(&mut self, now: Time, members: &[String]) {
        let Some(at) = self.refreshes.len().checked_sub(1) else { return };
        let refresh = &self.refreshes[at];
        let skips = refresh.preferences.skip_matching || refresh.rollback.is_some();
        let concerned = |id: &&String| {
            let Some(member) = self.members.get(*id) else { return false };
            let ignored = match member.stage {
                Stage::Terminating => true,
                Stage::Standby => refresh.preferences.standby == Untouchable::Ignore,
                _ => member.protected && refresh.preferences.protected == Untouchable::Ignore,
            };
            !(ignored || skips && member.template == refresh.target)
        };
        let old: std::collections::BTreeSet<String> = members.iter().filter(concerned).cloned().collect();
        let refresh = &mut self.refreshes[at];
        (refresh.total, refresh.done, refresh.old, refresh.moved) = (old.len(), 0, old, now);
        (refresh.until, refresh.checkpoint) = (None, 0);
        refresh.start.get_or_insert(now);
    }

    /// How many instances there should be now: a refresh that may go above the capacity has new ones come first.
    #[must_use]
    pub fn wanted(&self) -> usize {
        let desired = self.settings.desired;
        let Some(refresh) = self.refreshing().filter(|refresh| refresh.works()) else { return desired };
        let left = self.members.values().filter(|member| member.active() && refresh.old.contains(&member.id));
        let left = left.count().min(refresh.allowed().saturating_sub(refresh.done));
        most(desired, refresh).min(desired + left).max(desired)
    }

    /// Ends the refresh well: what was asked for is the group's own configuration now.
    fn succeed(&mut self, now: Time) {
        let Some(refresh) = self.refreshing_mut() else { return };
        if refresh.rollback.is_some() {
            refresh.end("RollbackSuccessful", None, now);
            return;
        }
        refresh.end("Successful", None, now);
        if let Some(desired) = refresh.desired.clone() {
            self.template = desired;
        }
    }

    fn standing(&self, refresh: &Refresh, turn: &Turn<'_>, targets: &Targets) -> Standing {
        let mut standing = Standing {
            replaceable: Vec::new(),
            blocked: None,
            waiting: None,
            unready: 0,
            ready: 0,
            fresh: 0,
        };
        for member in self.members.values().filter(|member| member.stage != Stage::Terminating) {
            let serves = member.serves(targets) && !turn.impaired(&member.id);
            let old = refresh.old.contains(&member.id);
            let warm = old || member.warm(turn.clock, turn.now, refresh.preferences.warmup);
            standing.ready += usize::from(serves && warm);
            standing.fresh += usize::from(serves && warm && !old);
            if old && untouchable(member, refresh) {
                standing.blocked = Some(member.id.clone());
            } else if old {
                standing.replaceable.push((member.id.clone(), serves));
            } else if member.active() && !(serves && warm) {
                standing.unready += 1;
                standing.waiting = Some(not_ready(member, serves, targets));
            }
        }
        standing.replaceable.sort_by_key(|(_, serves)| *serves);
        standing
    }
}

/// Whether an instance has to go and may not be touched.
fn untouchable(member: &Member, refresh: &Refresh) -> bool {
    let preferences = &refresh.preferences;
    match member.stage {
        Stage::Standby => preferences.standby == Untouchable::Wait,
        _ => member.protected && preferences.protected == Untouchable::Wait,
    }
}

fn not_ready(member: &Member, serves: bool, targets: &Targets) -> String {
    let id = &member.id;
    let initial = targets.get(id).is_some_and(|states| states.iter().any(|state| state == "initial"));
    let example = match (serves, member.stage) {
        (true, _) => {
            return format!(
                "Waiting for instances to warm up before continuing. For example: {id} is warming up."
            );
        }
        (_, Stage::Pending) => format!("{id} is not yet in service."),
        _ if initial => {
            format!("{id} has insufficient data to evaluate its health with Elastic Load Balancing.")
        }
        _ => format!("{id} is not healthy."),
    };
    format!("Waiting for remaining instances to be available. For example: {example}")
}

/// The most instances that there may be, in percent of the capacity; the least, so.
fn most(desired: usize, refresh: &Refresh) -> usize {
    share(desired, refresh.preferences.most)
}

/// So many percent of a number, rounded up.
fn share(number: usize, percent: i64) -> usize {
    (number * usize::try_from(percent).unwrap_or_default()).div_ceil(100)
}

impl Refresh {
    /// How many may be replaced until the next checkpoint.
    fn allowed(&self) -> usize {
        let checkpoint = self.preferences.checkpoints.get(self.checkpoint);
        let checkpoint = checkpoint.filter(|_| self.rollback.is_none());
        checkpoint.map_or(self.total, |percent| share(self.total, *percent))
    }

    /// Whether it is at a checkpoint that is not the end of it.
    fn at_checkpoint(&self) -> bool {
        let last = self.preferences.checkpoints.last().is_none_or(|percent| *percent == 100);
        let more = self.checkpoint + 1 < self.preferences.checkpoints.len();
        self.rollback.is_none() && self.done >= self.allowed() && self.done < self.total && (more || last)
    }
}

/// Replaces what may be replaced now, and sees what has become of what was.
fn work(group: &mut Group, turn: &mut Turn<'_>, targets: &Targets) {
    let Some(refresh) = group.refreshing().cloned() else { return };
    let standing = group.standing(&refresh, turn, targets);
    let left = standing.replaceable.len() + usize::from(standing.blocked.is_some());
    let gone = refresh.total.saturating_sub(left);
    let done = gone.saturating_sub(standing.unready).min(standing.fresh);
    let full = group.active().count() >= group.settings.desired;
    let Some(now) = group.refreshing_mut() else { return };
    if done > now.done {
        (now.done, now.moved) = (done, turn.now);
    }
    now.reason.clone_from(&standing.waiting);
    if standing.unready == 0 && full && (left == 0 || now.done >= now.allowed() && !now.at_checkpoint()) {
        finish(group, turn);
    } else if now.lost.0 >= LOST || turn.now >= turn.clock.after(now.moved, PATIENCE_SECONDS) {
        give_up(group, turn.now, &standing);
    } else if !hold(now, turn, standing.unready) {
        let room = room(group.settings.desired, &refresh, &standing, full);
        let limit = refresh.allowed().saturating_sub(gone);
        replace(group, turn, &standing, room, limit);
    }
}

/// Begins the time that a finished refresh is watched, or ends it.
fn finish(group: &mut Group, turn: &Turn<'_>) {
    let Some(refresh) = group.refreshing_mut() else { return };
    let bake = refresh.preferences.bake;
    if bake > 0 && refresh.rollback.is_none() {
        (refresh.status, refresh.until) = ("Baking", Some(after(turn.clock, turn.now, bake)));
        refresh.reason = None;
    } else {
        group.succeed(turn.now);
    }
}

/// Ends the refresh badly, or turns it round.
fn give_up(group: &mut Group, now: Time, standing: &Standing) {
    let members: Vec<String> = group.active().map(|member| member.id.clone()).collect();
    let Some(refresh) = group.refreshing_mut() else { return };
    let why = match (refresh.lost.0, &standing.blocked, &standing.waiting) {
        (1.., ..) => format!("New instances failed. For example: {}.", refresh.lost.1.trim_end_matches('.')),
        (0, Some(id), _) => {
            format!("Timed out waiting for {id}, which is in Standby or protected from scale in.")
        }
        (0, None, Some(waiting)) => format!("Timed out. {waiting}"),
        (0, None, None) => "Timed out.".to_owned(),
    };
    if refresh.rollback.is_some() {
        refresh.end("RollbackFailed", Some(why), now);
    } else if refresh.preferences.auto_rollback {
        refresh.roll_back(format!("The instance refresh failed. {why}"), now);
        group.begin_work(now, &members);
    } else {
        refresh.end("Failed", Some(why), now);
    }
}

/// Whether the refresh holds at a checkpoint.
fn hold(refresh: &mut Refresh, turn: &Turn<'_>, unready: usize) -> bool {
    if !refresh.at_checkpoint() || unready > 0 {
        return false;
    }
    let delay = refresh.preferences.checkpoint_delay;
    let until = *refresh.until.get_or_insert_with(|| after(turn.clock, turn.now, delay));
    if until <= turn.now {
        (refresh.until, refresh.checkpoint, refresh.moved) = (None, refresh.checkpoint + 1, turn.now);
        return false;
    }
    refresh.moved = turn.now;
    refresh.reason = Some(format!("Waiting at checkpoint {}% until {until}.", refresh.percentage()));
    true
}

/// How many that serve may go now. Where percentages leave no room at all, one goes as soon as all are ready: without a
/// maximum above 100, AWS replaces one at a time even then.
fn room(desired: usize, refresh: &Refresh, standing: &Standing, full: bool) -> usize {
    let least = share(desired, refresh.preferences.least);
    let stuck = least >= desired && most(desired, refresh) <= desired;
    match standing.ready.saturating_sub(least) {
        0 if stuck && full && standing.unready == 0 => 1,
        room => room,
    }
}

/// Lets old instances go: those that serve nobody, and of the others as many as there is room for.
fn replace(group: &mut Group, turn: &mut Turn<'_>, standing: &Standing, mut room: usize, limit: usize) {
    for (id, serves) in standing.replaceable.iter().take(limit) {
        if *serves && room == 0 {
            return;
        }
        room -= usize::from(*serves);
        terminate::begin(group, &mut turn.region.rng, turn.now, id, "in response to an instance refresh");
    }
}
