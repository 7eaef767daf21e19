//! Instance refreshes: what they are, and how they are described.

use std::collections::BTreeSet;

use super::activity::page;
use super::error::{invalid, required};
use super::group::{Group, named};
use super::preferences::Preferences;
use super::template::Spec;
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::clock::Time;
use crate::loopback::error::Result;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read(
    "DescribeInstanceRefreshes",
    list,
    "AutoScalingGroupName InstanceRefreshIds.N NextToken MaxRecords",
)];

/// How many new instances may fail before the refresh is given up. AWS tells no number; that it gives up at all is what
/// clients have to see.
pub const LOST: usize = 3;

#[derive(Clone, Debug)]
pub struct Refresh {
    pub id: String,
    pub status: &'static str,
    pub reason: Option<String>,
    pub made: Time,
    /// When it went from pending to work.
    pub start: Option<Time>,
    pub end: Option<Time>,
    /// The configuration asked for, as it was asked for.
    pub desired: Option<Spec>,
    /// What new instances are launched from, the version a number.
    pub target: Spec,
    /// What the group had before, the version a number.
    pub previous: Spec,
    pub preferences: Preferences,
    /// The instances to be replaced.
    pub old: BTreeSet<String>,
    /// How many there were of them.
    pub total: usize,
    /// How many of them have been replaced, and are ready.
    pub done: usize,
    /// Checkpoints passed.
    pub checkpoint: usize,
    /// Until when it holds at a checkpoint, is cancelled, or bakes.
    pub until: Option<Time>,
    /// When something last went forward.
    pub moved: Time,
    /// New instances that failed and launches that did, with the reason of the last.
    pub lost: (usize, String),
    pub rollback: Option<Rollback>,
}

/// A roll-back, with how far the refresh had come.
#[derive(Clone, Debug)]
pub struct Rollback {
    pub reason: String,
    pub start: Time,
    pub percentage: usize,
    pub instances: usize,
}

impl Refresh {
    /// Whether it is neither done nor given up.
    #[must_use]
    pub fn active(&self) -> bool {
        matches!(self.status, "Pending" | "InProgress" | "Baking" | "Cancelling" | "RollbackInProgress")
    }

    /// Whether it replaces instances now.
    #[must_use]
    pub fn works(&self) -> bool {
        matches!(self.status, "InProgress" | "RollbackInProgress")
    }

    #[must_use]
    pub fn percentage(&self) -> usize {
        (self.done * 100).checked_div(self.total).unwrap_or(100)
    }

    pub fn end(&mut self, status: &'static str, reason: Option<String>, at: Time) {
        (self.status, self.reason, self.end) = (status, reason, Some(at));
    }

    /// Takes note of an instance that failed, if it is a new one.
    pub fn lost(&mut self, id: &str, why: &str) {
        if self.works() && !self.old.contains(id) {
            let why = why.trim_start_matches("in response to an ").trim_start_matches("in response to a ");
            self.lost = (self.lost.0 + 1, format!("{id} was taken out of service after an {why}"));
        }
    }

    /// Takes note of a launch that failed in a way that no other zone helps against.
    pub fn failed_launch(&mut self, why: &str) {
        if self.works() {
            self.lost = (self.lost.0 + 1, why.to_owned());
        }
    }

    fn show(&self, group: &str) -> Node {
        let desired = self.desired.as_ref().map(|spec| Node::new().node("LaunchTemplate", spec.show()));
        let progress = self.start.map(|_| (self.percentage(), self.total.saturating_sub(self.done)));
        let live = progress.map(|(percentage, left)| {
            let live = Node::new().put("PercentageComplete", percentage).put("InstancesToUpdate", left);
            Node::new().node("LivePoolProgress", live)
        });
        Node::new()
            .put("InstanceRefreshId", &self.id)
            .put("AutoScalingGroupName", group)
            .put("Status", self.status)
            .maybe("StatusReason", self.reason.as_ref())
            .maybe("StartTime", self.start)
            .maybe("EndTime", self.end)
            .maybe("PercentageComplete", progress.map(|p| p.0))
            .maybe("InstancesToUpdate", progress.map(|p| p.1))
            .maybe_node("ProgressDetails", live)
            .node("Preferences", self.preferences.show())
            .maybe_node("DesiredConfiguration", desired)
            .maybe_node("RollbackDetails", self.rollback.as_ref().map(Rollback::show))
            .put("Strategy", "Rolling")
    }
}

impl Rollback {
    fn show(&self) -> Node {
        Node::new()
            .put("RollbackReason", &self.reason)
            .put("RollbackStartTime", self.start)
            .put("PercentageCompleteOnRollback", self.percentage)
            .put("InstancesToUpdateOnRollback", self.instances)
    }
}

impl Group {
    /// The refresh that is under way, if one is.
    #[must_use]
    pub fn refreshing(&self) -> Option<&Refresh> {
        self.refreshes.last().filter(|refresh| refresh.active())
    }

    /// The same, to change it.
    pub fn refreshing_mut(&mut self) -> Option<&mut Refresh> {
        self.refreshes.last_mut().filter(|refresh| refresh.active())
    }

    /// What new instances are launched from.
    #[must_use]
    pub fn launch_template(&self) -> &Spec {
        self.refreshing().filter(|refresh| refresh.works()).map_or(&self.template, |refresh| &refresh.target)
    }
}

/// The newest first.
fn list(call: &mut Call<'_>) -> Result<Reply> {
    let group = named(call.region, required(call.params, "AutoScalingGroupName")?)?;
    let ids = call.params.texts("InstanceRefreshIds");
    let known = |id: &&&str| !group.refreshes.iter().any(|refresh| refresh.id == **id);
    if let Some(id) = ids.iter().find(known) {
        return Err(invalid(format!("The instance refresh ID {id} was not found.")));
    }
    let asked = |refresh: &&Refresh| ids.is_empty() || ids.contains(&refresh.id.as_str());
    let page = page(call.params, group.refreshes.iter().rev().filter(asked).collect(), 50)?;
    let nodes = page.items.into_iter().map(|refresh| refresh.show(&group.name));
    Ok(Node::new().named_list("InstanceRefreshes", "member", nodes).maybe("NextToken", page.next).into())
}
