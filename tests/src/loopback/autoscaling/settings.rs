//! What a group is told of its size, place and health, at first and when it is changed.

use super::error::{bounded, invalid, parsed};
use crate::loopback::action::Call;
use crate::loopback::ec2::subnet::Subnet;
use crate::loopback::error::Result;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

/// What creating and updating a group take alike, with more behind it.
macro_rules! takes {
    ($more:literal) => {
        concat!(
            "AutoScalingGroupName LaunchTemplate.LaunchTemplateId LaunchTemplate.LaunchTemplateName \
             LaunchTemplate.Version MinSize MaxSize DesiredCapacity DefaultCooldown AvailabilityZones.N \
             VPCZoneIdentifier HealthCheckType HealthCheckGracePeriod DefaultInstanceWarmup TerminationPolicies.N \
             NewInstancesProtectedFromScaleIn CapacityRebalance MaxInstanceLifetime \
             InstanceMaintenancePolicy.MinHealthyPercentage InstanceMaintenancePolicy.MaxHealthyPercentage",
            $more
        )
    };
}
pub(super) use takes;

pub const TAKES: &str = takes!("");

const COOLDOWN: i64 = 300;
/// The longest time that anything may be told to take, in seconds.
const LONGEST: i64 = 31_536_000;
const POLICIES: [&str; 8] = [
    "Default",
    "OldestInstance",
    "NewestInstance",
    "OldestLaunchConfiguration",
    "OldestLaunchTemplate",
    "ClosestToNextInstanceHour",
    "AllocationStrategy",
    "Custom",
];

#[derive(Clone, Debug)]
pub struct Settings {
    pub min: usize,
    pub max: usize,
    pub desired: usize,
    pub cooldown: i64,
    pub subnets: Vec<String>,
    /// The zones of the subnets, in the order of their names.
    pub zones: Vec<String>,
    pub vpc: String,
    /// What is asked beside EC2: `EC2` (nothing), `ELB`.
    pub health_check: String,
    /// Seconds after coming into service in which nothing counts as unhealthy.
    pub grace: i64,
    pub warmup: Option<i64>,
    pub policies: Vec<String>,
    pub protect_new: bool,
    /// Least and most healthy, in percent of the capacity, when instances are replaced.
    pub maintenance: Option<(i64, i64)>,
    pub rebalance: Option<bool>,
    pub lifetime: Option<i64>,
}

impl Settings {
    pub fn show(&self) -> Node {
        let maintenance = self
            .maintenance
            .map(|(min, max)| Node::new().put("MinHealthyPercentage", min).put("MaxHealthyPercentage", max));
        Node::new()
            .put("MinSize", self.min)
            .put("MaxSize", self.max)
            .put("DesiredCapacity", self.desired)
            .put("DefaultCooldown", self.cooldown)
            .texts("AvailabilityZones", "member", &self.zones)
            .put("HealthCheckType", &self.health_check)
            .put("HealthCheckGracePeriod", self.grace)
            .put("VPCZoneIdentifier", self.subnets.join(","))
            .texts("TerminationPolicies", "member", &self.policies)
            .put("NewInstancesProtectedFromScaleIn", self.protect_new)
            .maybe("DefaultInstanceWarmup", self.warmup)
            .maybe("MaxInstanceLifetime", self.lifetime)
            .maybe("CapacityRebalance", self.rebalance)
            .maybe_node("InstanceMaintenancePolicy", maintenance)
    }
}

/// The settings of a call over those there are.
///
/// # Errors
/// `ValidationError`.
pub fn read(call: &Call<'_>, before: Option<&Settings>) -> Result<Settings> {
    let params = call.params;
    let (min, max, desired) = size(params, before)?;
    let subnets = subnets(call, before)?;
    let health_check = params.text("HealthCheckType").map(str::to_owned);
    let health_check =
        health_check.or_else(|| before.map(|b| b.health_check.clone())).unwrap_or_else(|| "EC2".to_owned());
    if !health_check.split(',').all(|kind| matches!(kind, "EC2" | "ELB")) {
        return Err(invalid(format!(
            "Invalid health check type: {health_check}. Valid types are EC2 and ELB."
        )));
    }
    let seconds = |name| bounded(params, name, 0, LONGEST);
    let policies: Vec<String> = params.texts("TerminationPolicies").into_iter().map(str::to_owned).collect();
    if let Some(other) = policies.iter().find(|policy| !POLICIES.contains(&policy.as_str())) {
        return Err(invalid(format!("Invalid termination policy: {other}")));
    }
    let flag = |name| parsed::<bool>(params, name);
    Ok(Settings {
        min,
        max,
        desired,
        cooldown: seconds("DefaultCooldown")?.or(before.map(|b| b.cooldown)).unwrap_or(COOLDOWN),
        zones: zones(call, &subnets),
        vpc: call.find::<Subnet>(&subnets[0]).map(|subnet| subnet.vpc.clone()).unwrap_or_default(),
        subnets,
        health_check,
        grace: seconds("HealthCheckGracePeriod")?.or(before.map(|b| b.grace)).unwrap_or_default(),
        warmup: warmup(params, before)?,
        policies: match (policies.is_empty(), before) {
            (true, Some(before)) => before.policies.clone(),
            (true, None) => vec!["Default".to_owned()],
            (false, _) => policies,
        },
        protect_new: flag("NewInstancesProtectedFromScaleIn")?
            .or(before.map(|b| b.protect_new))
            .unwrap_or_default(),
        maintenance: maintenance(params, before.and_then(|b| b.maintenance))?,
        rebalance: flag("CapacityRebalance")?.or(before.and_then(|b| b.rebalance)),
        lifetime: seconds("MaxInstanceLifetime")?.or(before.and_then(|b| b.lifetime)),
    })
}

fn size(params: &Params, before: Option<&Settings>) -> Result<(usize, usize, usize)> {
    let number = |name: &str, usual: Option<usize>| -> Result<Option<usize>> {
        match parsed::<i64>(params, name)? {
            None => Ok(usual),
            Some(value) => {
                let value = usize::try_from(value);
                value.map(Some).map_err(|_| invalid(format!("{name} must be greater than or equal to 0")))
            }
        }
    };
    let min = number("MinSize", before.map(|b| b.min))?;
    let max = number("MaxSize", before.map(|b| b.max))?;
    let (Some(min), Some(max)) = (min, max) else {
        return Err(invalid("Valid requests must contain both the MinSize and MaxSize parameters."));
    };
    if min > max {
        return Err(invalid(format!("Min bound, {min}, must be less than or equal to max bound, {max}")));
    }
    // Bounds that move take the capacity with them; one that is asked for has to fit.
    let asked = number("DesiredCapacity", None)?;
    let desired = asked.unwrap_or_else(|| before.map_or(min, |b| b.desired).clamp(min, max));
    if !(min..=max).contains(&desired) {
        return Err(invalid(format!(
            "Desired capacity:{desired} must be between the specified min size:{min} and max size:{max}"
        )));
    }
    Ok((min, max, desired))
}

fn subnets(call: &Call<'_>, before: Option<&Settings>) -> Result<Vec<String>> {
    let Some(text) = call.params.text("VPCZoneIdentifier") else {
        if let Some(before) = before {
            return Ok(before.subnets.clone());
        }
        return defaults(call);
    };
    let ids: Vec<&str> = text.split(',').map(str::trim).filter(|id| !id.is_empty()).collect();
    let missing = |id: &&&str| call.find::<Subnet>(id).is_err();
    if let Some(id) = ids.iter().find(missing) {
        return Err(invalid(format!("The subnet ID '{id}' does not exist")));
    }
    let vpc = |id: &&str| call.find::<Subnet>(id).map(|subnet| subnet.vpc.clone()).ok();
    if ids.windows(2).any(|pair| vpc(&pair[0]) != vpc(&pair[1])) {
        return Err(invalid("The specified subnets are in different VPCs."));
    }
    if ids.is_empty() {
        return Err(invalid("At least one Availability Zone or VPC Subnet is required."));
    }
    let given = call.params.texts("AvailabilityZones");
    let own: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    if !given.is_empty() && !zones(call, &own).iter().all(|zone| given.contains(&zone.as_str())) {
        return Err(invalid(
            "The availability zones of the specified subnets and the Auto Scaling group do not match",
        ));
    }
    Ok(own)
}

/// The default subnets of the zones that a call lists.
fn defaults(call: &Call<'_>) -> Result<Vec<String>> {
    let zones = call.params.texts("AvailabilityZones");
    if zones.is_empty() {
        return Err(invalid("At least one Availability Zone or VPC Subnet is required."));
    }
    let default = |zone: &&str| {
        let mut subnets = call.region.ec2.subnets.values();
        let found = subnets.find(|subnet| subnet.default && subnet.zone.name == **zone);
        found
            .map(|subnet| subnet.meta.id.clone())
            .ok_or_else(|| invalid(format!("Invalid availability zones: [{zone}]")))
    };
    zones.iter().map(default).collect()
}

fn zones(call: &Call<'_>, subnets: &[String]) -> Vec<String> {
    let zone = |id: &String| Some(call.region.ec2.subnets.get(id)?.zone.name.clone());
    let mut zones: Vec<String> = subnets.iter().filter_map(zone).collect();
    zones.sort();
    zones.dedup();
    zones
}

/// A time of -1 takes it away again.
fn warmup(params: &Params, before: Option<&Settings>) -> Result<Option<i64>> {
    let given = bounded(params, "DefaultInstanceWarmup", -1, LONGEST)?;
    Ok(given.or(before.and_then(|b| b.warmup)).filter(|seconds| *seconds >= 0))
}

fn maintenance(params: &Params, before: Option<(i64, i64)>) -> Result<Option<(i64, i64)>> {
    let percent = |name, low, high| bounded(params, &format!("InstanceMaintenancePolicy.{name}"), low, high);
    match (percent("MinHealthyPercentage", -1, 100)?, percent("MaxHealthyPercentage", -1, 200)?) {
        (None, None) => Ok(before),
        (Some(-1), Some(-1)) => Ok(None),
        (Some(min), Some(max)) if min >= 0 && max >= 100 && max - min <= 100 => Ok(Some((min, max))),
        _ => Err(invalid(
            "Both MinHealthyPercentage and MaxHealthyPercentage must be specified, and the difference between them \
             cannot be greater than 100.",
        )),
    }
}
