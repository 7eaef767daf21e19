//! Scaling activities: what a group has done, and why.

use serde_json::json;

use super::error::{bounded, invalid, no_group};
use super::group::Group;
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::id;
use crate::loopback::page::{self, Page};
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[read(
    "DescribeScalingActivities",
    list,
    "ActivityIds.N AutoScalingGroupName IncludeDeletedGroups MaxRecords NextToken",
)];

/// Activities are known for six weeks; this many are more than any client here looks at.
const KEPT: usize = 500;

#[derive(Clone, Debug)]
pub struct Activity {
    pub id: String,
    pub group: String,
    pub arn: String,
    pub description: String,
    pub cause: String,
    pub start: Time,
    pub end: Option<Time>,
    pub status: &'static str,
    pub message: Option<String>,
    pub progress: u8,
    /// Where it was about: subnet and zone.
    pub place: Option<(String, String)>,
}

impl Activity {
    pub fn show(&self) -> Node {
        let details = match &self.place {
            Some((subnet, zone)) => json!({ "Subnet ID": subnet, "Availability Zone": zone }),
            None => json!({}),
        };
        Node::new()
            .put("ActivityId", &self.id)
            .put("AutoScalingGroupName", &self.group)
            .put("AutoScalingGroupARN", &self.arn)
            .put("Description", &self.description)
            .put("Cause", &self.cause)
            .put("StartTime", self.start)
            .maybe("EndTime", self.end)
            .put("StatusCode", self.status)
            .maybe("StatusMessage", self.message.as_ref())
            .put("Progress", self.progress)
            .put("Details", details)
    }

    /// Ends it well.
    pub fn succeed(&mut self, now: Time) {
        (self.status, self.progress, self.end) = ("Successful", 100, Some(now));
    }
}

/// A moment as causes have it: `2026-11-23T12:29:30Z`.
#[must_use]
pub fn at(time: Time) -> String {
    format!("{}Z", &time.to_string()[..19])
}

impl Group {
    /// Begins an activity, and answers with its id.
    pub fn begin(
        &mut self,
        rng: &mut fastrand::Rng,
        now: Time,
        (description, cause, status): (String, String, &'static str),
        place: Option<(String, String)>,
    ) -> String {
        let id = id::uuid(rng);
        self.activities.push(Activity {
            id: id.clone(),
            group: self.name.clone(),
            arn: self.arn.clone(),
            description,
            cause,
            start: now,
            end: None,
            status,
            message: None,
            progress: 0,
            place,
        });
        let over = self.activities.len().saturating_sub(KEPT);
        self.activities.drain(..over);
        id
    }

    /// An activity that is not over, to change it.
    pub fn activity(&mut self, id: &str) -> Option<&mut Activity> {
        self.activities.iter_mut().rev().find(|activity| activity.id == id)
    }
}

/// A page in Auto Scaling's way: `MaxRecords` up to 100, `NextToken`.
///
/// # Errors
/// `ValidationError` for a size out of bounds, `InvalidNextToken`.
pub fn page<T>(params: &Params, items: Vec<T>, usual: usize) -> Result<Page<T>> {
    let size =
        bounded(params, "MaxRecords", 1, 100)?.map_or(usual, |size| usize::try_from(size).unwrap_or(usual));
    let token = params.text("NextToken");
    let bad = || {
        let token = token.unwrap_or_default();
        AwsError::new("InvalidNextToken", format!("The token '{token}' is invalid."))
    };
    page::cut(items, size, token, bad)
}

/// The newest first.
fn list(call: &mut Call<'_>) -> Result<Reply> {
    let name = call.params.text("AutoScalingGroupName");
    let deleted = call.params.flag("IncludeDeletedGroups").map_err(|error| invalid(error.message))?;
    let state = &call.region.autoscaling;
    let (ids, deleted) = (call.params.texts("ActivityIds"), deleted == Some(true));
    if let Some(name) = name.filter(|name| !deleted && !state.groups.contains_key(*name)) {
        return Err(no_group(name));
    }
    let past = state.past.iter().filter(|_| deleted);
    let mut all: Vec<&Activity> =
        past.chain(state.groups.values().flat_map(|group| &group.activities)).collect();
    all.retain(|activity| {
        name.is_none_or(|name| activity.group == name)
            && (ids.is_empty() || ids.contains(&activity.id.as_str()))
    });
    all.reverse();
    all.sort_by_key(|activity| std::cmp::Reverse(activity.start));
    let page = page(call.params, all, 100)?;
    let nodes = page.items.into_iter().map(Activity::show);
    Ok(Node::new().named_list("Activities", "member", nodes).maybe("NextToken", page.next).into())
}
