//! How Auto Scaling calls other services: by their own actions, so that it meets every refusal that a client meets.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::loopback::action::{Call, Reply};
use crate::loopback::clock::{Clock, Time};
use crate::loopback::ec2::instance_state;
use crate::loopback::elbv2::health;
use crate::loopback::elbv2::target::Target;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::options::Conditions;
use crate::loopback::params::Params;
use crate::loopback::request::{Raw, Request};
use crate::loopback::service;
use crate::loopback::world::Region;

const LOAD_BALANCING: &str = "elasticloadbalancing";

/// A Region at a moment, to act on.
pub struct Turn<'a> {
    pub region: &'a mut Region,
    pub clock: &'a Clock,
    pub now: Time,
}

impl Turn<'_> {
    /// The moment `seconds` of AWS's time from now.
    #[must_use]
    pub fn after(&self, seconds: f64) -> Time {
        self.clock.after(self.now, seconds)
    }

    /// Launches one instance, and answers with it as EC2 does. A refused launch leaves nothing behind.
    ///
    /// # Errors
    /// Whatever EC2 refuses.
    pub fn run_instance(&mut self, params: &Json) -> Result<Json> {
        let mut copy = self.region.clone();
        let conditions = copy.conditions.clone();
        let answer = ask(&mut copy, self.clock, self.now, &conditions, ("ec2", "RunInstances"), params)?;
        *self.region = copy;
        Ok(answer["instancesSet"][0].clone())
    }

    /// Terminates an instance, protected or not.
    pub fn terminate_instance(&mut self, id: &str) {
        instance_state::end(self.region, self.clock, self.now, id);
    }

    /// Adds an instance to a target group, or takes it out.
    ///
    /// # Errors
    /// Whatever load balancing refuses.
    pub fn target(&mut self, action: &'static str, group: &str, instance: &str) -> Result<()> {
        let params = json!({ "TargetGroupArn": group, "Targets": [{ "Id": instance }] });
        let conditions = self.region.conditions.clone();
        let call = (LOAD_BALANCING, action);
        ask(self.region, self.clock, self.now, &conditions, call, &params).map(|_| ())
    }

    /// The state of every target of a group, by instance. Every turn asks, so it is read and not called for.
    #[must_use]
    pub fn target_states(&self, group: &str) -> BTreeMap<String, String> {
        // A target group that is gone has no targets.
        let Some(group) = self.region.elbv2.target_groups.get(group) else { return BTreeMap::new() };
        let state =
            |target: &Target| health::of(self.region, self.clock, self.now, group, target).0.to_owned();
        group.targets.iter().map(|target| (target.id.clone(), state(target))).collect()
    }
}

/// Whether all of these target groups are there.
pub fn target_groups_exist(call: &mut Call<'_>, arns: &[String]) -> bool {
    let params = json!({ "TargetGroupArns": arns });
    let what = (LOAD_BALANCING, "DescribeTargetGroups");
    arns.is_empty() || ask(call.region, call.clock, call.now, call.conditions, what, &params).is_ok()
}

/// What EC2 would refuse of a launch, capacity and quotas left aside: those can change until instances are launched.
///
/// # Errors
/// Whatever EC2 refuses.
pub fn try_launch(call: &Call<'_>, params: &Json) -> Result<()> {
    const PASSING: [&str; 3] =
        ["InsufficientInstanceCapacity", "InsufficientFreeAddressesInSubnet", "VcpuLimitExceeded"];
    let what = ("ec2", "RunInstances");
    let tried = ask(&mut call.region.clone(), call.clock, call.now, call.conditions, what, params);
    match tried {
        Err(error) if !PASSING.contains(&error.code.as_str()) => Err(error),
        _ => Ok(()),
    }
}

/// Calls an action of a service.
fn ask(
    region: &mut Region,
    clock: &Clock,
    now: Time,
    conditions: &Conditions,
    (service, action): (&str, &'static str),
    params: &Json,
) -> Result<Json> {
    let unknown = || AwsError::new("InvalidAction", format!("The loopback AWS has no {service}.{action}"));
    let service = service::named(service).ok_or_else(unknown)?;
    let action = service.action(action).ok_or_else(unknown)?;
    let request = Request {
        service,
        action,
        params: Params::from_json(params.to_string().as_bytes())?,
        region: region.name.clone(),
        account: region.account.clone(),
        access_key: String::new(),
        raw: Raw::default(),
    };
    let params = &request.params;
    let mut call = Call { request: &request, params, region, elsewhere: None, clock, conditions, now };
    Ok(match (action.handler)(&mut call)? {
        Reply::Xml(node) => node.json(),
        Reply::Json(json) => json,
        Reply::Rest { body, .. } => Json::String(body),
    })
}
