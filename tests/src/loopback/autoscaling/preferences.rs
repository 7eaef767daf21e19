//! How a refresh is to go about it.

use super::error::{bounded, invalid, parsed};
use super::group::Group;
use crate::loopback::error::Result;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

/// Least healthy, in percent, where nobody says.
const LEAST: i64 = 90;
/// How long a checkpoint is held where nobody says, in seconds.
const CHECKPOINT: i64 = 3600;
/// The longest that a checkpoint or the end may be held, in seconds.
const LONGEST: i64 = 172_800;

/// What becomes of instances that scaling may not touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untouchable {
    Replace,
    Ignore,
    Wait,
}

#[derive(Clone, Debug)]
pub struct Preferences {
    pub least: i64,
    /// More than 100 lets new instances come before old ones go.
    pub most: i64,
    /// Seconds after coming into service before the next is replaced.
    pub warmup: i64,
    pub checkpoints: Vec<i64>,
    pub checkpoint_delay: i64,
    pub skip_matching: bool,
    pub auto_rollback: bool,
    pub protected: Untouchable,
    pub standby: Untouchable,
    /// Seconds after the last replacement until it counts as done.
    pub bake: i64,
}

impl Preferences {
    /// Those of a call.
    ///
    /// # Errors
    /// `ValidationError`.
    pub fn read(params: &Params, group: &Group) -> Result<Self> {
        let maintenance = group.settings.maintenance;
        let least = bounded(params, "MinHealthyPercentage", 0, 100)?;
        let most = bounded(params, "MaxHealthyPercentage", 100, 200)?;
        if most.is_some() && least.is_none() {
            return Err(invalid(
                "You must specify MinHealthyPercentage when you specify MaxHealthyPercentage.",
            ));
        }
        let (least, most) = match (least, maintenance) {
            (None, Some(policy)) => policy,
            (least, policy) => (least.unwrap_or(LEAST), most.or(policy.map(|p| p.1)).unwrap_or(100)),
        };
        if most - least > 100 {
            return Err(invalid(
                "The difference between MinHealthyPercentage and MaxHealthyPercentage cannot be greater than 100.",
            ));
        }
        let usual = group.settings.warmup.unwrap_or(group.settings.grace);
        Ok(Self {
            least,
            most,
            warmup: bounded(params, "InstanceWarmup", 0, i64::from(i32::MAX))?.unwrap_or(usual),
            checkpoints: checkpoints(params)?,
            checkpoint_delay: bounded(params, "CheckpointDelay", 0, LONGEST)?.unwrap_or(CHECKPOINT),
            skip_matching: parsed(params, "SkipMatching")?.unwrap_or_default(),
            auto_rollback: parsed(params, "AutoRollback")?.unwrap_or_default(),
            protected: untouchable(params, "ScaleInProtectedInstances", "Refresh")?,
            standby: untouchable(params, "StandbyInstances", "Terminate")?,
            bake: bounded(params, "BakeTime", 0, LONGEST)?.unwrap_or_default(),
        })
    }

    pub fn show(&self) -> Node {
        let word = |untouchable, replace: &str| match untouchable {
            Untouchable::Replace => replace.to_owned(),
            Untouchable::Ignore => "Ignore".to_owned(),
            Untouchable::Wait => "Wait".to_owned(),
        };
        let held = !self.checkpoints.is_empty();
        Node::new()
            .put("MinHealthyPercentage", self.least)
            .maybe("MaxHealthyPercentage", Some(self.most).filter(|most| *most > 100))
            .put("InstanceWarmup", self.warmup)
            .texts("CheckpointPercentages", "member", &self.checkpoints)
            .maybe("CheckpointDelay", Some(self.checkpoint_delay).filter(|_| held))
            .put("SkipMatching", self.skip_matching)
            .put("AutoRollback", self.auto_rollback)
            .put("ScaleInProtectedInstances", word(self.protected, "Refresh"))
            .put("StandbyInstances", word(self.standby, "Terminate"))
            .maybe("BakeTime", Some(self.bake).filter(|bake| *bake > 0))
    }
}

fn checkpoints(params: &Params) -> Result<Vec<i64>> {
    let texts = params.texts("CheckpointPercentages");
    let numbers: Vec<i64> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    let fits =
        numbers.iter().all(|percent| (1..=100).contains(percent)) && numbers.is_sorted_by(|a, b| a < b);
    if numbers.len() != texts.len() || !fits {
        return Err(invalid("CheckpointPercentages must be ascending whole numbers from 1 to 100."));
    }
    if numbers.is_empty() && params.has("CheckpointDelay") {
        return Err(invalid("If you specify CheckpointDelay, you must also specify CheckpointPercentages."));
    }
    Ok(numbers)
}

fn untouchable(params: &Params, name: &str, replace: &str) -> Result<Untouchable> {
    match params.text(name) {
        None | Some("Wait") => Ok(Untouchable::Wait),
        Some("Ignore") => Ok(Untouchable::Ignore),
        Some(other) if other == replace => Ok(Untouchable::Replace),
        Some(other) => Err(invalid(format!("{other} is not a valid value for {name}."))),
    }
}
