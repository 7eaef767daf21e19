//! The target groups that a group's instances are in.

use super::activity::page;
use super::client;
use super::error::{invalid, required};
use super::group::{Group, named, named_mut};
use super::member::Stage;
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::Result;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("AttachLoadBalancerTargetGroups", attach, "AutoScalingGroupName TargetGroupARNs.N"),
    write("DetachLoadBalancerTargetGroups", detach, "AutoScalingGroupName TargetGroupARNs.N"),
    read("DescribeLoadBalancerTargetGroups", list, "AutoScalingGroupName NextToken MaxRecords"),
];

/// Refuses target groups that are not there.
pub fn check(call: &mut Call<'_>, arns: &[String]) -> Result<()> {
    if client::target_groups_exist(call, arns) {
        return Ok(());
    }
    Err(invalid("Provided Target Groups may not be valid. Please ensure they exist and try again."))
}

fn given(call: &Call<'_>) -> Vec<String> {
    call.params.texts("TargetGroupARNs").into_iter().map(str::to_owned).collect()
}

/// Instances are registered with the next turn.
fn attach(call: &mut Call<'_>) -> Result<Reply> {
    let arns = given(call);
    check(call, &arns)?;
    let group = named_mut(call)?;
    for arn in arns {
        if !group.target_groups.contains(&arn) {
            group.target_groups.push(arn);
        }
    }
    Ok(Node::new().into())
}

fn detach(call: &mut Call<'_>) -> Result<Reply> {
    let arns = given(call);
    let group = named_mut(call)?;
    if arns.iter().any(|arn| !group.target_groups.contains(arn)) {
        return Err(invalid("Trying to remove Target Groups that are not part of the group"));
    }
    group.target_groups.retain(|arn| !arns.contains(arn));
    Ok(Node::new().into())
}

impl Group {
    /// How far a target group is attached.
    fn attachment(&self, arn: &String) -> &'static str {
        let mut serving = self.members.values().filter(|member| member.stage == Stage::InService);
        match (self.target_groups.contains(arn), serving.all(|member| member.registered.contains(arn))) {
            (false, _) => "Removing",
            (true, false) => "Adding",
            (true, true) => "InService",
        }
    }
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let group = named(call.region, required(call.params, "AutoScalingGroupName")?)?;
    let mut arns = group.target_groups.clone();
    let held = group.members.values().filter(|member| member.stage == Stage::InService);
    arns.extend(held.flat_map(|member| member.registered.iter().cloned()));
    arns.sort();
    arns.dedup();
    let state =
        |arn: &String| Node::new().put("LoadBalancerTargetGroupARN", arn).put("State", group.attachment(arn));
    let page = page(call.params, arns.iter().map(state).collect(), 100)?;
    let node = Node::new().named_list("LoadBalancerTargetGroups", "member", page.items);
    Ok(node.maybe("NextToken", page.next).into())
}
