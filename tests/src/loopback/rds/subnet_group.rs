//! DB subnet groups: where in a VPC an instance may stand.

use std::collections::BTreeSet;

use super::describe::{Shape, describe};
use super::noun::{Kind, Noun, kept};
use super::subnet_choice;
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateDBSubnetGroup",
        create,
        "DBSubnetGroupName! DBSubnetGroupDescription! SubnetIds.N! Tags.N.Key Tags.N.Value",
    ),
    read(
        "DescribeDBSubnetGroups",
        list,
        "DBSubnetGroupName Filters.N.Name Filters.N.Values.N MaxRecords Marker",
    ),
    write("ModifyDBSubnetGroup", modify, "DBSubnetGroupName! DBSubnetGroupDescription SubnetIds.N!"),
    write("DeleteDBSubnetGroup", delete, "DBSubnetGroupName!"),
];

/// The group that AWS makes in the default VPC for instances that name none.
pub const DEFAULT: &str = "default";
/// Subnet groups a Region.
const QUOTA: usize = 50;

#[derive(Clone, Debug)]
pub struct SubnetGroup {
    pub meta: Meta,
    pub description: String,
    pub vpc: String,
    /// Subnets with their zones, in the order they were given.
    pub subnets: Vec<(String, String)>,
}

impl Noun for SubnetGroup {
    const KIND: Kind = Kind {
        dump: "db-subnet-group",
        arn: "subgrp",
        not_found: "DBSubnetGroupNotFoundFault",
        message: "DB subnet group '{}' does not exist.",
    };

    kept!(subnet_groups);

    fn show(&self, view: View<'_>) -> Node {
        let subnet = |(id, zone): &(String, String)| {
            Node::new()
                .put("SubnetIdentifier", id)
                .node("SubnetAvailabilityZone", Node::new().put("Name", zone))
                .node("SubnetOutpost", Node::new())
                .put("SubnetStatus", "Active")
        };
        Node::new()
            .put("DBSubnetGroupName", self.name())
            .put("DBSubnetGroupDescription", &self.description)
            .put("VpcId", &self.vpc)
            .put("SubnetGroupStatus", "Complete")
            .named_list("Subnets", "Subnet", self.subnets.iter().map(subnet))
            .put("DBSubnetGroupArn", self.arn(view.region))
            .texts("SupportedNetworkTypes", "member", ["IPV4"])
    }
}

impl SubnetGroup {
    /// The zones it covers.
    #[must_use]
    pub fn zones(&self) -> BTreeSet<&str> {
        self.subnets.iter().map(|(_, zone)| zone.as_str()).collect()
    }
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let name = name(call.params.required("DBSubnetGroupName")?)?;
    let description = call.params.required("DBSubnetGroupDescription")?.to_owned();
    let (vpc, subnets) = subnet_choice::given(call)?;
    let groups = &call.region.rds.subnet_groups;
    if groups.contains_key(&name) {
        let message = format!("The DB subnet group '{name}' already exists.");
        return Err(AwsError::new("DBSubnetGroupAlreadyExists", message));
    }
    if groups.len() >= call.conditions.quota("db-subnet-group", QUOTA) {
        let message =
            "The request would result in the user exceeding the allowed number of DB subnet groups.";
        return Err(AwsError::new("DBSubnetGroupQuotaExceeded", message));
    }
    let tags = tag::read(&call.params.items("Tags"))?;
    let meta = Meta { id: name, tags, made: call.now, visible: call.now };
    let group = SubnetGroup { meta, description, vpc, subnets };
    let shown = group.show(call.view());
    call.region.rds.keep(group);
    Ok(Node::new().node("DBSubnetGroup", shown).into())
}

fn name(text: &str) -> Result<String> {
    let name = text.to_ascii_lowercase();
    let fits = |c: char| c.is_ascii_alphanumeric() || " ._-".contains(c);
    if name == DEFAULT || name.is_empty() || name.len() > 255 || !name.chars().all(fits) {
        return Err(AwsError::invalid_value(
            "The parameter DBSubnetGroupName must be provided and must not be blank, must contain no more than 255 letters, \
             numbers, periods, underscores, spaces, or hyphens, and must not be 'default'.",
        ));
    }
    Ok(name)
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let shape = Shape { name: "DBSubnetGroupName", list: ("DBSubnetGroups", "DBSubnetGroup"), filters: &[] };
    describe::<SubnetGroup>(call, &shape, |_| true)
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let group = call.region.rds.find::<SubnetGroup>(call.params.required("DBSubnetGroupName")?)?.clone();
    let (vpc, subnets) = subnet_choice::given(call)?;
    if vpc != group.vpc {
        return Err(AwsError::invalid_value(
            "The specified subnets are not in the VPC of the DB subnet group.",
        ));
    }
    let kept = |id: &str| subnets.iter().any(|(kept, _)| kept == id);
    let used = call.region.rds.instances.values().find(|instance| {
        instance.network.subnet_group == group.name() && instance.network.subnets().any(|id| !kept(id))
    });
    if let Some(instance) = used {
        let message = format!("The subnet is currently in use by DB instance {}.", instance.name());
        return Err(AwsError::new("SubnetAlreadyInUse", message));
    }
    let description = call.params.text("DBSubnetGroupDescription").unwrap_or(&group.description).to_owned();
    let group = SubnetGroup { description, subnets, ..group };
    let shown = group.show(call.view());
    call.region.rds.keep(group);
    Ok(Node::new().node("DBSubnetGroup", shown).into())
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let name =
        call.region.rds.find::<SubnetGroup>(call.params.required("DBSubnetGroupName")?)?.name().to_owned();
    let user = call.region.rds.instances.values().find(|instance| instance.network.subnet_group == name);
    if let Some(user) = user {
        let message = format!(
            "Cannot delete the subnet group '{name}' because at least one database instance: {} is still using it.",
            user.name()
        );
        return Err(AwsError::new("InvalidDBSubnetGroupStateFault", message));
    }
    call.region.rds.drop_noun::<SubnetGroup>(&name);
    Ok(Node::new().into())
}
