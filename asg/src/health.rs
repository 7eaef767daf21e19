//! Whether a component serves, and whether it ever will: read from its group, its targets and what the group did.

use std::collections::BTreeSet;

use aws_sdk_autoscaling::types::{Activity, AutoScalingGroup, LifecycleState, ScalingActivityStatusCode};
use aws_sdk_elasticloadbalancingv2::types::{
    TargetHealthDescription, TargetHealthReasonEnum, TargetHealthStateEnum,
};
use common::wait::State;

use crate::refresh::stays;

/// Words by which AWS tells that one AZ is out of something: the group tries the others by itself.
const OF_ONE_ZONE: [&str; 4] =
    ["capacity", "free addresses", "not supported in your requested", "enough free"];

/// What a look at a component sees.
#[derive(Debug, Clone)]
pub struct Look {
    pub group: AutoScalingGroup,
    pub health: Vec<TargetHealthDescription>,
    /// What the group did since this run began.
    pub activities: Vec<Activity>,
}

impl Look {
    fn desired(&self) -> usize {
        usize::try_from(self.group.desired_capacity().unwrap_or_default()).unwrap_or_default()
    }

    fn target(&self, id: &str) -> Option<&TargetHealthDescription> {
        self.health.iter().find(|it| it.target().and_then(|it| it.id()) == Some(id))
    }

    /// In service, healthy, and healthy for the load balancer.
    fn healthy(&self) -> usize {
        let in_service = self.group.instances().iter().filter(|it| {
            it.lifecycle_state() == Some(&LifecycleState::InService) && it.health_status() == Some("Healthy")
        });
        let serves = |id: &str| {
            let state = self.target(id).and_then(|it| it.target_health()).and_then(|it| it.state());
            state == Some(&TargetHealthStateEnum::Healthy)
        };
        in_service.filter(|it| it.instance_id().is_some_and(serves)).count()
    }

    fn there(&self) -> usize {
        self.group.instances().iter().filter(|it| stays(it)).count()
    }

    /// Ready where as many as wanted serve and none is too many.
    pub fn state(&self) -> State {
        let (healthy, desired, there) = (self.healthy(), self.desired(), self.there());
        if healthy >= desired && there <= desired {
            return State::Ready;
        }
        if let Some(reason) = self.hopeless() {
            return State::Failed(reason);
        }
        let why = self.example().map(|why| format!("; {why}")).unwrap_or_default();
        State::Pending(format!("{healthy} of {desired} healthy{why}"))
    }

    /// Why one of them does not serve yet.
    fn example(&self) -> Option<String> {
        let instances = self.group.instances().iter().filter(|it| stays(it));
        for id in instances.filter_map(|it| it.instance_id()) {
            let Some(health) = self.target(id).and_then(|it| it.target_health()) else { continue };
            if health.state() == Some(&TargetHealthStateEnum::Unhealthy) {
                let reason = health.reason().map_or("unhealthy", TargetHealthReasonEnum::as_str);
                return Some(format!("{id} {}", health.description().unwrap_or(reason)));
            }
        }
        None
    }

    /// Why it will not come to be: a launch failed in a way that no AZ helps against, or in every AZ; or as many instances as are wanted
    /// came up and were taken out again because they did not become healthy.
    fn hopeless(&self) -> Option<String> {
        if self.there() < self.desired() {
            let failed: Vec<&Activity> = self.failed().collect();
            let zones: BTreeSet<String> = failed.iter().filter_map(|it| zone(it)).collect();
            let all = self.group.availability_zones();
            let is_everywhere = !all.is_empty() && all.iter().all(|zone| zones.contains(zone));
            let fatal = failed.iter().find(|it| !is_of_one_zone(it));
            if let Some(failed) = fatal.or_else(|| failed.first().filter(|_| is_everywhere)) {
                return failed.status_message().map(|it| it.trim().trim_end_matches('.').to_owned());
            }
        }
        let sick: Vec<&Activity> = self.activities.iter().filter(|it| is_about_health(it)).collect();
        if self.healthy() == 0 && sick.len() >= self.desired().max(2) {
            let cause = sick.first().and_then(|it| it.cause()).unwrap_or_default();
            return Some(format!("the instances do not become healthy: {}", cause.trim()));
        }
        None
    }

    fn failed(&self) -> impl Iterator<Item = &Activity> {
        let failed = |it: &&Activity| it.status_code() == Some(&ScalingActivityStatusCode::Failed);
        let launch = |it: &&Activity| it.description().is_none_or(|it| !it.starts_with("Terminating"));
        self.activities.iter().filter(failed).filter(launch)
    }
}

fn is_of_one_zone(activity: &Activity) -> bool {
    let message = activity.status_message().unwrap_or_default().to_ascii_lowercase();
    OF_ONE_ZONE.iter().any(|words| message.contains(words))
}

fn is_about_health(activity: &Activity) -> bool {
    activity.description().is_some_and(|it| it.starts_with("Terminating"))
        && activity.cause().is_some_and(|it| it.contains("health check"))
}

/// The AZ that an activity was about: its details are JSON with the key `Availability Zone`.
fn zone(activity: &Activity) -> Option<String> {
    let details: serde_json::Value = serde_json::from_str(activity.details()?).ok()?;
    Some(details.get("Availability Zone")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_autoscaling::types::Instance;
    use aws_sdk_elasticloadbalancingv2::types::{TargetDescription, TargetHealth};

    fn instance(id: &str) -> Instance {
        Instance::builder()
            .instance_id(id)
            .lifecycle_state(LifecycleState::InService)
            .health_status("Healthy")
            .build()
    }

    fn target(id: &str, state: TargetHealthStateEnum) -> TargetHealthDescription {
        TargetHealthDescription::builder()
            .target(TargetDescription::builder().id(id).build())
            .target_health(TargetHealth::builder().state(state).build())
            .build()
    }

    fn failed(zone: &str, message: &str) -> Activity {
        Activity::builder()
            .status_code(ScalingActivityStatusCode::Failed)
            .description("Launching a new EC2 instance.")
            .status_message(message)
            .details(format!(r#"{{"Availability Zone":"{zone}"}}"#))
            .build()
    }

    fn look(instances: &[&str], health: Vec<TargetHealthDescription>, activities: Vec<Activity>) -> Look {
        let group = AutoScalingGroup::builder()
            .desired_capacity(2)
            .availability_zones("a")
            .availability_zones("b")
            .set_instances(Some(instances.iter().map(|id| instance(id)).collect()))
            .build();
        Look { group, health, activities }
    }

    #[test]
    fn ready_means_healthy_for_the_load_balancer_too() {
        let healthy = |id| target(id, TargetHealthStateEnum::Healthy);
        assert_eq!(look(&["i-1", "i-2"], vec![healthy("i-1"), healthy("i-2")], vec![]).state(), State::Ready);
        let initial = target("i-2", TargetHealthStateEnum::Initial);
        let state = look(&["i-1", "i-2"], vec![healthy("i-1"), initial], vec![]).state();
        assert_eq!(state, State::Pending("1 of 2 healthy".into()));
    }

    #[test]
    fn capacity_missing_in_one_zone_is_no_failure_and_in_all_it_is() {
        let short = "We currently do not have sufficient t3.micro capacity in the Availability Zone";
        let pending = |activities| matches!(look(&["i-1"], vec![], activities).state(), State::Pending(_));
        assert!(pending(vec![failed("a", short), failed("a", short)]));
        let everywhere = look(&["i-1"], vec![], vec![failed("a", short), failed("b", short)]).state();
        assert_eq!(everywhere, State::Failed(short.into()));
    }

    #[test]
    fn a_launch_that_fails_anywhere_fails_at_once_unless_instances_are_there_anyway() {
        let gone = "The image id '[ami-1]' does not exist. Launching EC2 instance failed.";
        assert_eq!(
            look(&["i-1"], vec![], vec![failed("a", gone)]).state(),
            State::Failed(gone.trim_end_matches('.').into())
        );
        let state = look(&["i-1", "i-2"], vec![], vec![failed("a", gone)]).state();
        assert!(matches!(state, State::Pending(_)));
    }

    #[test]
    fn instances_that_never_become_healthy_are_a_failure() {
        let sick = Activity::builder()
            .description("Terminating EC2 instance: i-9")
            .cause("At 1 an instance was taken out of service in response to an ELB system health check failure.")
            .build();
        let state = look(&["i-1", "i-2"], vec![], vec![sick.clone(), sick]).state();
        assert!(matches!(state, State::Failed(_)));
    }
}
