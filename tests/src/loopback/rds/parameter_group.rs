//! DB parameter groups, the default one of each family among them.

use std::collections::BTreeMap;

use super::describe::{Shape, describe};
use super::identifier;
use super::noun::{Kind, Noun, kept, tag_json};
use super::version;
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::{self, Tags};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateDBParameterGroup",
        create,
        "DBParameterGroupName! DBParameterGroupFamily! Description! Tags.N.Key Tags.N.Value",
    ),
    read(
        "DescribeDBParameterGroups",
        list,
        "DBParameterGroupName Filters.N.Name Filters.N.Values.N MaxRecords Marker",
    ),
    write("DeleteDBParameterGroup", delete, "DBParameterGroupName!"),
];

/// Parameter groups a Region.
const QUOTA: usize = 50;

#[derive(Clone, Debug)]
pub struct ParameterGroup {
    pub meta: Meta,
    pub family: &'static str,
    pub description: String,
    /// What the person has set, with how it is applied.
    pub set: BTreeMap<String, (String, &'static str)>,
}

impl Noun for ParameterGroup {
    const KIND: Kind = Kind {
        dump: "db-parameter-group",
        arn: "pg",
        not_found: "DBParameterGroupNotFound",
        message: "DBParameterGroup not found: {}",
    };

    kept!(parameter_groups);

    fn show(&self, view: View<'_>) -> Node {
        Node::new()
            .put("DBParameterGroupName", self.name())
            .put("DBParameterGroupFamily", self.family)
            .put("Description", &self.description)
            .put("DBParameterGroupArn", self.arn(view.region))
    }

    /// With the parameters, without which two groups look alike.
    fn body(&self, view: View<'_>) -> serde_json::Value {
        let values: BTreeMap<_, _> = self.set.iter().map(|(name, (value, _))| (name, value)).collect();
        let mut body = self.show(view).json();
        body["Parameters"] = serde_json::json!(values);
        body["TagList"] = tag_json(&self.meta.tags);
        body
    }
}

/// The name of a family's default group.
#[must_use]
pub fn default_name(family: &str) -> String {
    format!("default.{family}")
}

/// Makes the default group of a family, as AWS does when it is first needed.
pub fn ensure_default(call: &mut Call<'_>, family: &'static str) {
    let id = default_name(family);
    if call.region.rds.parameter_groups.contains_key(&id) {
        return;
    }
    let meta = Meta { id, tags: Tags::new(), made: call.now, visible: call.now };
    let description = format!("Default parameter group for {family}");
    call.region.rds.keep(ParameterGroup { meta, family, description, set: BTreeMap::new() });
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let name =
        identifier::checked("DBParameterGroupName", call.params.required("DBParameterGroupName")?, 255)?;
    let family = version::family(call.params.required("DBParameterGroupFamily")?)?;
    let description = call.params.required("Description")?.to_owned();
    let groups = &call.region.rds.parameter_groups;
    if groups.contains_key(&name) {
        let message = format!("Parameter group {name} already exists");
        return Err(AwsError::new("DBParameterGroupAlreadyExists", message));
    }
    if groups.len() >= call.conditions.quota("db-parameter-group", QUOTA) {
        let message =
            "The request would result in the user exceeding the allowed number of DB parameter groups.";
        return Err(AwsError::new("DBParameterGroupQuotaExceeded", message));
    }
    let tags = tag::read(&call.params.items("Tags"))?;
    let meta = Meta { id: name, tags, made: call.now, visible: call.now };
    let group = ParameterGroup { meta, family, description, set: BTreeMap::new() };
    let shown = group.show(call.view());
    call.region.rds.keep(group);
    Ok(Node::new().node("DBParameterGroup", shown).into())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let list = ("DBParameterGroups", "DBParameterGroup");
    let shape = Shape { name: "DBParameterGroupName", list, filters: &[] };
    describe::<ParameterGroup>(call, &shape, |_| true)
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let group = call.region.rds.find::<ParameterGroup>(call.params.required("DBParameterGroupName")?)?;
    let name = group.name().to_owned();
    if name.starts_with("default.") {
        return Err(AwsError::new(
            "InvalidDBParameterGroupState",
            format!("Default DBParameterGroup cannot be deleted: {name}"),
        ));
    }
    if call.region.rds.instances.values().any(|instance| instance.settings.parameter_group == name) {
        return Err(AwsError::new(
            "InvalidDBParameterGroupState",
            format!(
                "One or more database instances are still members of this parameter group {name}, so the group cannot be deleted"
            ),
        ));
    }
    call.region.rds.drop_noun::<ParameterGroup>(&name);
    Ok(Node::new().into())
}
