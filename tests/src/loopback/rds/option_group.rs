//! Option groups. Options themselves are not there: MySQL can do without.

use super::describe::{Shape, describe};
use super::identifier;
use super::noun::{Kind, Noun, kept};
use super::version;
use crate::loopback::action::{Action, Call, Meta, Reply, View, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::{self, Tags};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "CreateOptionGroup",
        create,
        "OptionGroupName! EngineName! MajorEngineVersion! OptionGroupDescription! Tags.N.Key Tags.N.Value",
    ),
    read(
        "DescribeOptionGroups",
        list,
        "OptionGroupName EngineName MajorEngineVersion Filters.N.Name Filters.N.Values.N MaxRecords Marker",
    ),
    write("DeleteOptionGroup", delete, "OptionGroupName!"),
];

/// Option groups a Region.
const QUOTA: usize = 20;

#[derive(Clone, Debug)]
pub struct OptionGroup {
    pub meta: Meta,
    pub major: &'static str,
    pub description: String,
}

impl Noun for OptionGroup {
    const KIND: Kind = Kind {
        dump: "db-option-group",
        arn: "og",
        not_found: "OptionGroupNotFoundFault",
        message: "Specified OptionGroupName: {} not found.",
    };

    kept!(option_groups);

    fn show(&self, view: View<'_>) -> Node {
        Node::new()
            .put("OptionGroupName", self.name())
            .put("OptionGroupDescription", &self.description)
            .put("EngineName", version::ENGINE)
            .put("MajorEngineVersion", self.major)
            .named_list("Options", "Option", [])
            .put("AllowsVpcAndNonVpcInstanceMemberships", true)
            .put("OptionGroupArn", self.arn(view.region))
    }
}

/// The name of a major version's default group.
#[must_use]
pub fn default_name(major: &str) -> String {
    format!("default:mysql-{}", major.replace('.', "-"))
}

/// Makes the default group of a major version, as AWS does when it is first needed.
pub fn ensure_default(call: &mut Call<'_>, major: &'static str) {
    let id = default_name(major);
    if call.region.rds.option_groups.contains_key(&id) {
        return;
    }
    let meta = Meta { id, tags: Tags::new(), made: call.now, visible: call.now };
    let description = format!("Default option group for mysql {major}");
    call.region.rds.keep(OptionGroup { meta, major, description });
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let name = identifier::checked("OptionGroupName", call.params.required("OptionGroupName")?, 255)?;
    version::check_engine(call.params.required("EngineName")?)?;
    let major = call.params.required("MajorEngineVersion")?;
    let major = version::majors().find(|known| *known == major).ok_or_else(|| {
        let message = format!("Cannot find major version {major} for mysql");
        AwsError::new("InvalidParameterCombination", message)
    })?;
    let description = call.params.required("OptionGroupDescription")?.to_owned();
    let groups = &call.region.rds.option_groups;
    if groups.contains_key(&name) {
        let message = format!("An option group named {name} already exists.");
        return Err(AwsError::new("OptionGroupAlreadyExistsFault", message));
    }
    if groups.len() >= call.conditions.quota("db-option-group", QUOTA) {
        let message = "The quota of 20 option groups was exceeded for this Amazon Web Services account.";
        return Err(AwsError::new("OptionGroupQuotaExceededFault", message));
    }
    let tags = tag::read(&call.params.items("Tags"))?;
    let meta = Meta { id: name, tags, made: call.now, visible: call.now };
    let group = OptionGroup { meta, major, description };
    let shown = group.show(call.view());
    call.region.rds.keep(group);
    Ok(Node::new().node("OptionGroup", shown).into())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let (engine, major) = (call.params.text("EngineName"), call.params.text("MajorEngineVersion"));
    if let Some(engine) = engine {
        version::check_engine(engine)?;
    }
    let shape = Shape { name: "OptionGroupName", list: ("OptionGroupsList", "OptionGroup"), filters: &[] };
    describe::<OptionGroup>(call, &shape, |group| major.is_none_or(|major| major == group.major))
}

fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let group = call.region.rds.find::<OptionGroup>(call.params.required("OptionGroupName")?)?;
    let name = group.name().to_owned();
    let rds = &call.region.rds;
    // A snapshot, final ones included, keeps the group it was made under.
    let used = rds.instances.values().any(|instance| instance.settings.option_group == name)
        || rds.snapshots.values().any(|snapshot| snapshot.settings.option_group == name);
    if used || name.starts_with("default:") {
        return Err(AwsError::new(
            "InvalidOptionGroupStateFault",
            format!("The option group '{name}' cannot be deleted because it is in use."),
        ));
    }
    call.region.rds.drop_noun::<OptionGroup>(&name);
    Ok(Node::new().into())
}
