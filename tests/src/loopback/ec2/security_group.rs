//! Security groups. Their rules are things of their own: see `security_group_rule.rs`.

use super::describe::{Shape, select};
use super::noun::kept;
use super::permission;
use super::security_group_rule::{self, SecurityGroupRule};
use super::vpc::Vpc;
use super::{Kind, Noun};
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::xml::Node;
use crate::loopback::{page, tag};

pub const ACTIONS: &[Action] = &[
    write("CreateSecurityGroup", create, "GroupName! GroupDescription! VpcId @tags"),
    read("DescribeSecurityGroups", list, "GroupId.N GroupName.N @filters @page"),
    write("DeleteSecurityGroup", delete, "GroupId GroupName"),
];

/// Groups a Region.
const QUOTA: usize = 2500;

#[derive(Clone, Debug)]
pub struct SecurityGroup {
    pub meta: Meta,
    pub name: String,
    pub description: String,
    pub vpc: String,
}

impl Noun for SecurityGroup {
    const KIND: Kind = Kind {
        tag: "security-group",
        prefix: "sg-",
        word: "security group",
        malformed: "InvalidGroupId.Malformed",
        not_found: "InvalidGroup.NotFound",
    };
    const FILTERS: &'static [Field<Self>] = &[
        ("group-id", |group, _| vec![group.meta.id.clone()]),
        ("group-name", |group, _| vec![group.name.clone()]),
        ("description", |group, _| vec![group.description.clone()]),
        ("vpc-id", |group, _| vec![group.vpc.clone()]),
        ("owner-id", |_, view| vec![view.region.account.clone()]),
        ("ip-permission.cidr", |group, view| group.each(view, false, |r| r.source.cidr())),
        ("ip-permission.group-id", |group, view| group.each(view, false, |r| r.source.group())),
        ("ip-permission.protocol", |group, view| group.each(view, false, |r| Some(r.protocol.clone()))),
        ("ip-permission.from-port", |group, view| {
            group.each(view, false, |r| r.ports.map(|p| p.0.to_string()))
        }),
        ("ip-permission.to-port", |group, view| {
            group.each(view, false, |r| r.ports.map(|p| p.1.to_string()))
        }),
        ("egress.ip-permission.cidr", |group, view| group.each(view, true, |r| r.source.cidr())),
        ("egress.ip-permission.group-id", |group, view| group.each(view, true, |r| r.source.group())),
        ("egress.ip-permission.protocol", |group, view| group.each(view, true, |r| Some(r.protocol.clone()))),
        ("egress.ip-permission.from-port", |group, view| {
            group.each(view, true, |r| r.ports.map(|p| p.0.to_string()))
        }),
        ("egress.ip-permission.to-port", |group, view| {
            group.each(view, true, |r| r.ports.map(|p| p.1.to_string()))
        }),
    ];

    kept!(security_groups);

    fn show(&self, view: View<'_>) -> Node {
        let rules = |egress| security_group_rule::of(&view.region.ec2, self.id(), egress);
        Node::new()
            .put("groupId", self.id())
            .put("groupName", &self.name)
            .put("groupDescription", &self.description)
            .put("vpcId", &self.vpc)
            .put("ownerId", &view.region.account)
            .put("securityGroupArn", self.arn(view))
            .list("ipPermissions", permission::show(&rules(false), view))
            .list("ipPermissionsEgress", permission::show(&rules(true), view))
            .list("tagSet", tag::nodes(&self.meta.tags))
    }
}

impl SecurityGroup {
    fn arn(&self, view: View<'_>) -> String {
        view.region.arn("ec2", &format!("security-group/{}", self.id()))
    }

    fn each(
        &self,
        view: View<'_>,
        egress: bool,
        get: impl Fn(&SecurityGroupRule) -> Option<String>,
    ) -> Vec<String> {
        security_group_rule::of(&view.region.ec2, self.id(), egress).into_iter().filter_map(get).collect()
    }
}

/// The group that a call names: by id, or by name in the default VPC.
///
/// # Errors
/// `MissingParameter`, and those of an id or name that nothing has.
pub fn named<'a>(call: &'a Call<'_>) -> Result<&'a SecurityGroup> {
    if call.params.has("GroupId") {
        return call.named("GroupId");
    }
    let name = call.params.text("GroupName").ok_or_else(|| {
        AwsError::new("MissingParameter", "The request must contain the parameter groupName or groupId")
    })?;
    by_name(call, name).ok_or_else(|| not_in_default_vpc(name))
}

/// A group by name, in the default VPC.
fn by_name<'a>(call: &'a Call<'_>, name: &str) -> Option<&'a SecurityGroup> {
    let ec2 = &call.region.ec2;
    let default = ec2.vpcs.values().find(|vpc| vpc.default)?;
    ec2.security_groups.values().find(|group| group.vpc == default.meta.id && group.name == name)
}

fn not_in_default_vpc(name: &str) -> AwsError {
    let message = format!("The security group '{name}' does not exist in default VPC");
    AwsError::new("InvalidGroup.NotFound", message)
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let (name, description) = (call.params.required("GroupName")?, call.params.required("GroupDescription")?);
    check_name(name)?;
    permission::check_text("GroupDescription", description)?;
    let default = || call.region.ec2.vpcs.values().find(|vpc| vpc.default);
    let vpc = match call.params.text("VpcId") {
        Some(id) => call.find::<Vpc>(id)?.meta.id.clone(),
        None => default()
            .map(|vpc| vpc.meta.id.clone())
            .ok_or_else(|| AwsError::new("VPCIdNotSpecified", "No default VPC for this user"))?,
    };
    let mut others = call.region.ec2.security_groups.values();
    if others.any(|group| group.vpc == vpc && group.name.eq_ignore_ascii_case(name)) {
        let message = format!("The security group '{name}' already exists for VPC '{vpc}'");
        return Err(AwsError::new("InvalidGroup.Duplicate", message));
    }
    if call.region.ec2.security_groups.len() >= call.conditions.quota("security-group", QUOTA) {
        return Err(AwsError::new(
            "SecurityGroupLimitExceeded",
            "The maximum number of security groups has been reached.",
        ));
    }
    let meta = call.make::<SecurityGroup>()?;
    let group = SecurityGroup { meta, name: name.to_owned(), description: description.to_owned(), vpc };
    let answer = Node::new()
        .put("return", true)
        .put("groupId", group.id())
        .put("securityGroupArn", group.arn(call.view()))
        .list("tagSet", tag::nodes(&group.meta.tags));
    let id = group.meta.id.clone();
    call.keep(group);
    security_group_rule::allow_all(call.region, &id, true, call.now);
    Ok(answer.into())
}

fn check_name(name: &str) -> Result<()> {
    permission::check_text("GroupName", name)?;
    if name.starts_with("sg-") {
        let message = format!(
            "Value ({name}) for parameter GroupName is invalid. Group names may not be in the format sg-*."
        );
        return Err(AwsError::invalid_value(message));
    }
    if name.is_empty() || name != name.trim() {
        return Err(AwsError::invalid_value(format!("Value ({name}) for parameter GroupName is invalid.")));
    }
    if name.eq_ignore_ascii_case("default") {
        return Err(AwsError::invalid_value("Cannot use reserved security group name: default"));
    }
    Ok(())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let names = call.params.texts("GroupName");
    if let Some(unknown) = names.iter().find(|name| by_name(call, name).is_none()) {
        return Err(not_in_default_vpc(unknown));
    }
    let ids: Vec<&str> = names.iter().filter_map(|name| by_name(call, name)).map(Noun::id).collect();
    let groups = select::<SecurityGroup>(call, &Shape::new("GroupId", ""))?;
    let groups = groups.into_iter().filter(|group| names.is_empty() || ids.contains(&group.id())).collect();
    let page = page::ec2(call.params, groups, 5..=1000)?;
    let nodes = page.items.into_iter().map(|group| group.show(call.view()));
    Ok(Node::new().list("securityGroupInfo", nodes).maybe("nextToken", page.next).into())
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let group = named(call)?;
    let id = group.meta.id.clone();
    if group.name == "default" {
        let message = format!("the specified group: \"{id}\" name: \"default\" cannot be deleted by a user");
        return Err(AwsError::new("CannotDelete", message));
    }
    let ec2 = &call.region.ec2;
    let used = ec2.network_interfaces.values().any(|interface| interface.groups.contains(&id));
    let referred =
        ec2.security_group_rules.values().any(|r| r.group != id && r.source.group().as_ref() == Some(&id));
    if used || referred {
        return Err(AwsError::dependency(format!("resource {id} has a dependent object")));
    }
    call.drop_noun::<SecurityGroup>(&id);
    call.region.ec2.security_group_rules.retain(|_, rule| rule.group != id);
    Ok(Node::new().put("return", true).put("groupId", id).into())
}
