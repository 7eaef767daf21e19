//! The section of `asg`: components by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::shape;

/// A component: servers of one kind behind a load balancer. Which servers there are is not in the document: they come and go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Component {
    #[serde(default, deserialize_with = "shape::arn")]
    #[schemars(regex(pattern = r"^arn:aws[a-z-]*:autoscaling:"))]
    pub arn: Option<String>,
    /// The name of its Auto Scaling group, e.g. `expense-dev-backend`.
    pub name: Option<String>,
    pub launch_template: Option<LaunchTemplate>,
    pub target_group: Option<TargetGroup>,
    pub rule: Option<Rule>,
    /// The load balancer it is behind: a key of the section `alb`.
    pub load_balancer: Option<String>,
    #[serde(default, deserialize_with = "shape::security_group_id")]
    #[schemars(regex(pattern = r"^sg-[0-9a-f]{8,17}$"))]
    pub security_group_id: Option<String>,
    pub min_size: Option<i32>,
    pub max_size: Option<i32>,
    /// Percent of CPU that the number of instances is kept for.
    pub cpu_target: Option<i32>,
}

/// What its instances are launched from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaunchTemplate {
    #[serde(default, deserialize_with = "shape::launch_template_id")]
    #[schemars(regex(pattern = r"^lt-[0-9a-f]{8,17}$"))]
    pub id: Option<String>,
    pub name: Option<String>,
    /// The version that is deployed.
    pub version: Option<i64>,
    #[serde(default, deserialize_with = "shape::image_id")]
    #[schemars(regex(pattern = r"^ami-[0-9a-f]{8,17}$"))]
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
}

/// Where the load balancer sends requests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetGroup {
    #[serde(default, deserialize_with = "shape::arn")]
    #[schemars(regex(pattern = r"^arn:aws[a-z-]*:elasticloadbalancing:"))]
    pub arn: Option<String>,
    /// At most 32 characters: a longer one is cut and ends in a hash.
    pub name: Option<String>,
    pub port: Option<u16>,
    /// The path that says whether an instance is healthy, e.g. `/health`.
    pub health_check_path: Option<String>,
}

/// Which requests it gets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rule {
    #[serde(default, deserialize_with = "shape::arn")]
    #[schemars(regex(pattern = r"^arn:aws[a-z-]*:elasticloadbalancing:"))]
    pub arn: Option<String>,
    pub priority: Option<i32>,
    #[serde(default)]
    pub hosts: Vec<String>,
    #[serde(default)]
    pub paths: Vec<String>,
}

impl Entry for Component {
    fn is_made(&self) -> bool {
        self.arn.is_some() || self.name.is_some()
    }
}
