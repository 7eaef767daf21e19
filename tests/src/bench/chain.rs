//! The shortest chain of calls that AWS itself forces on each command: no call of it can be sent before the one above it is answered.
//!
//! It is the measure for `round_trips`: what a command takes beyond it is the command's own. Calls that can go side by side are one step,
//! and each step has the reason why it cannot go with the one before. Counted is what leads to the same outcome, no more: the second look
//! after a create that AWS protects by nothing, for instance, is ours and not in it.

/// One round trip, and why it cannot go together with the one before.
#[derive(Debug)]
pub struct Step {
    pub calls: &'static str,
    pub because: &'static str,
}

/// The chain of one command's run.
#[derive(Debug)]
pub struct Chain {
    /// As [`super::pipe::Stage`] names it.
    pub name: &'static str,
    pub run: Run,
    pub steps: &'static [Step],
}

/// Which run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    First,
    Second,
    /// The second, without a document.
    Alone,
    Delete,
}

const fn step(calls: &'static str, because: &'static str) -> Step {
    Step { calls, because }
}

/// What every run begins with.
const INVENTORY: Step = step("Describe… of everything at once", "what is there decides what to do");

/// What ELB tells once a name has led to an ARN.
const BY_ARN: Step = step(
    "DescribeTags, DescribeListeners, Describe…Attributes",
    "ELB has no filter for tags: they take the ARN",
);

/// AWS's own word on a state.
const STATE: &str = "AWS tells a state only to who asks";

pub const CHAINS: &[Chain] = &[
    Chain {
        name: "vpc create",
        run: Run::First,
        steps: &[
            INVENTORY,
            step("CreateVpc, CreateInternetGateway, AllocateAddress", "only what is not there is made"),
            step("CreateSubnet, AttachInternetGateway, CreateRouteTable", "they take the VPC's id"),
            step(
                "CreateNatGateway, CreateRoute, AssociateRouteTable",
                "a NAT gateway takes a subnet's id, and fails in a VPC with no internet gateway attached",
            ),
            step("DescribeNatGateways: available", "AWS tells a state only to who asks"),
            step("CreateRoute to the NAT gateway", "it is refused before the gateway is available"),
        ],
    },
    Chain {
        name: "sg create",
        run: Run::First,
        steps: &[
            INVENTORY,
            step("CreateSecurityGroup of each", "only what is not there is made"),
            step("AuthorizeSecurityGroupIngress of each", "rules take the ids of both groups"),
        ],
    },
    Chain {
        name: "rds create",
        run: Run::First,
        steps: &[
            INVENTORY,
            step(
                "CreateDBSubnetGroup, CreateDBParameterGroup, CreateSecret",
                "only what is not there is made, and only of a version and class that AWS offers",
            ),
            step("ModifyDBParameterGroup", "parameters are no part of the create"),
            step(
                "CreateDBInstance",
                "it takes both groups by name; a parameter changed later waits for a restart",
            ),
            step("DescribeDBInstances: available", "AWS tells a state only to who asks"),
            step("PutSecretValue", "the secret names host and port, which the instance has only then"),
        ],
    },
    Chain {
        name: "vpc create",
        run: Run::Second,
        steps: &[
            INVENTORY,
            step("DescribeVpcAttribute", "it takes the VPC's id, and nothing else tells of DNS"),
        ],
    },
    Chain {
        name: "bastion create",
        run: Run::First,
        steps: &[
            INVENTORY,
            step(
                "RunInstances, AllocateAddress",
                "only what is not there is made, from an image that is known",
            ),
            step("DescribeInstances: running", STATE),
            step("AssociateAddress, GetConsoleOutput", "both are refused before the instance runs"),
        ],
    },
    Chain {
        name: "vpn create",
        run: Run::First,
        steps: &[
            INVENTORY,
            step("AllocateAddress, CreateSecret, ImportKeyPair", "only what is not there is made"),
            step("RunInstances", "user data names the address, and the instance takes the key pair"),
            step("DescribeInstances: running", STATE),
            step(
                "AssociateAddress, GetConsoleOutput, GetSecretValue",
                "the first two are refused before it runs",
            ),
            step("CreateTags", "that it has its settings is noted once it has them"),
        ],
    },
    Chain {
        name: "alb create",
        run: Run::First,
        steps: &[
            INVENTORY,
            step("CreateLoadBalancer", "only what is not there is made"),
            step("CreateListener, ModifyLoadBalancerAttributes", "they take the load balancer's ARN"),
            step("DescribeLoadBalancers: active", STATE),
        ],
    },
    Chain {
        name: "asg create",
        run: Run::First,
        steps: &[
            INVENTORY,
            step("CreateTargetGroup, CreateLaunchTemplate", "only what is not there is made"),
            step("CreateAutoScalingGroup, CreateRule", "they take the target group's ARN"),
            step("PutScalingPolicy", "it takes the group"),
            step("DescribeAutoScalingGroups, DescribeTargetHealth: healthy", STATE),
        ],
    },
    Chain {
        name: "bake create",
        run: Run::First,
        steps: &[
            step("Describe… of everything at once, GetParameter", "what is there decides what to do"),
            step("DescribeImages", "it takes the id that the parameter holds"),
            step("CreateSecurityGroup", "only what is not there is made"),
            step("AuthorizeSecurityGroupIngress, RunInstances", "they take the group's id"),
            step("DescribeInstances: running, GetConsoleOutput: its host key", STATE),
            step("StopInstances", "once it is configured, which is no AWS call"),
            step("DescribeInstances: stopped", STATE),
            step("CreateImage", "of a running instance it is not whole"),
            step("DescribeImages: available", STATE),
            step("TerminateInstances", "the builder stays until its image is there"),
            step("DescribeInstances: terminated", STATE),
            step("DeleteSecurityGroup", "one in use is refused"),
        ],
    },
    Chain { name: "sg create", run: Run::Second, steps: &[INVENTORY] },
    Chain { name: "bake create", run: Run::Second, steps: &[INVENTORY] },
    Chain { name: "rds create", run: Run::Second, steps: &[INVENTORY] },
    Chain { name: "bastion create", run: Run::Second, steps: &[INVENTORY] },
    Chain { name: "vpn create", run: Run::Second, steps: &[INVENTORY] },
    Chain { name: "alb create", run: Run::Second, steps: &[INVENTORY, BY_ARN] },
    Chain { name: "asg create", run: Run::Second, steps: &[INVENTORY, BY_ARN] },
    Chain {
        name: "vpc create",
        run: Run::Alone,
        steps: &[
            INVENTORY,
            step("DescribeVpcAttribute", "it takes the VPC's id, and nothing else tells of DNS"),
        ],
    },
    Chain { name: "sg create", run: Run::Alone, steps: &[INVENTORY] },
    Chain { name: "rds create", run: Run::Alone, steps: &[INVENTORY] },
    Chain { name: "bastion create", run: Run::Alone, steps: &[INVENTORY] },
    Chain { name: "vpn create", run: Run::Alone, steps: &[INVENTORY] },
    Chain { name: "alb create", run: Run::Alone, steps: &[INVENTORY, BY_ARN] },
    Chain { name: "asg create", run: Run::Alone, steps: &[INVENTORY, BY_ARN] },
    Chain {
        name: "asg delete",
        run: Run::Delete,
        steps: &[
            INVENTORY,
            BY_ARN,
            step("DeleteRule, UpdateAutoScalingGroup to none", "only what is ours is deleted"),
            step("DescribeAutoScalingGroups: empty", STATE),
            step("DeleteAutoScalingGroup", "a group with instances is refused"),
            step("DescribeAutoScalingGroups: gone", STATE),
            step("DeleteTargetGroup, DeleteLaunchTemplate", "one in use is refused"),
        ],
    },
    Chain {
        name: "alb delete",
        run: Run::Delete,
        steps: &[
            INVENTORY,
            BY_ARN,
            step("DeleteLoadBalancer", "only what is ours is deleted"),
            step("DescribeNetworkInterfaces: none", "they hold groups and subnets, and go some time later"),
        ],
    },
    Chain {
        name: "vpn delete",
        run: Run::Delete,
        steps: &[
            INVENTORY,
            step("TerminateInstances", "only what is ours is deleted"),
            step("DescribeInstances: terminated", STATE),
            step("ReleaseAddress, DeleteKeyPair, DeleteSecret", "an address in use is refused"),
        ],
    },
    Chain {
        name: "bastion delete",
        run: Run::Delete,
        steps: &[
            INVENTORY,
            step("TerminateInstances", "only what is ours is deleted"),
            step("DescribeInstances: terminated", STATE),
            step("ReleaseAddress", "an address in use is refused"),
        ],
    },
    Chain {
        name: "rds delete",
        run: Run::Delete,
        steps: &[
            INVENTORY,
            step("DeleteDBInstance", "only what is ours is deleted"),
            step("DescribeDBInstances: not found", "AWS tells a state only to who asks"),
            step(
                "DeleteDBSubnetGroup, DeleteDBParameterGroup, DeleteSecret",
                "groups in use are refused; the secret must outlive the database",
            ),
        ],
    },
    Chain {
        name: "sg delete",
        run: Run::Delete,
        steps: &[
            INVENTORY,
            step("RevokeSecurityGroupIngress of each", "groups refer to one another"),
            step("DeleteSecurityGroup of each", "a group that a rule names is refused"),
        ],
    },
    Chain {
        name: "vpc delete",
        run: Run::Delete,
        steps: &[
            INVENTORY,
            step("DeleteNatGateway, DeleteVpcEndpoints", "only what is ours is deleted"),
            step("DescribeNatGateways: deleted", "AWS tells a state only to who asks"),
            step(
                "DeleteSubnet, ReleaseAddress, DetachInternetGateway",
                "each is refused while a NAT gateway lives",
            ),
            step(
                "DeleteInternetGateway, DeleteRouteTable",
                "refused while attached, or associated with a subnet",
            ),
            step("DeleteVpc", "refused while anything is in it"),
        ],
    },
];

/// The chain of a command's run. Empty where none is written down, so that everything counts as the command's own.
#[must_use]
pub fn of(name: &str, run: Run) -> &'static [Step] {
    let of_verb = |chain: &&Chain| {
        chain.run == run
            && name.strip_prefix(chain.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    CHAINS.iter().find(of_verb).map_or(&[], |chain| chain.steps)
}

#[cfg(test)]
mod tests {
    use super::{Run, of};
    use crate::harness::{EVERYTHING, EVERYTHING_DELETE};

    #[test]
    fn every_command_of_the_pipes_has_its_chain() {
        for (line, run) in [
            (EVERYTHING, Run::First),
            (EVERYTHING, Run::Second),
            (EVERYTHING, Run::Alone),
            (EVERYTHING_DELETE, Run::Delete),
        ] {
            for part in line.split('|') {
                let name = crate::bench::pipe::name(part);
                assert!(!of(&name, run).is_empty(), "{name}");
            }
        }
    }
}
