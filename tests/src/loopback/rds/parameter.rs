//! The parameters of a group, and those of a family before anybody has set any.

use super::describe::filtered;
use super::parameter_group::ParameterGroup;
use super::parameter_table::{ALL, Parameter};
use super::version;
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::page;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    read(
        "DescribeDBParameters",
        list,
        "DBParameterGroupName! Source Filters.N.Name Filters.N.Values.N MaxRecords Marker",
    ),
    read(
        "DescribeEngineDefaultParameters",
        defaults,
        "DBParameterGroupFamily! Filters.N.Name Filters.N.Values.N MaxRecords Marker",
    ),
];

const FILTERS: &[Field<Parameter>] = &[("parameter-name", |parameter, _| vec![parameter.name.to_owned()])];

/// What a person has set a parameter to, and how that is applied.
type Set = (String, &'static str);

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let group = call.region.rds.find::<ParameterGroup>(call.params.required("DBParameterGroupName")?)?;
    let source = call.params.text("Source");
    if source.is_some_and(|source| !matches!(source, "user" | "system" | "engine-default")) {
        return Err(AwsError::invalid_value("Source must be one of user, system, engine-default."));
    }
    let set = |parameter: &Parameter| group.set.get(parameter.name);
    let fits =
        |parameter: &&Parameter| source.is_none_or(|source| source == source_of(parameter, set(parameter)));
    let parameters = filtered(call, ALL.iter().filter(fits).collect(), FILTERS)?;
    let page = page::marker(call.params, parameters)?;
    let shown = page.items.into_iter().map(|parameter| show(parameter, set(parameter)));
    Ok(Node::new().named_list("Parameters", "Parameter", shown).maybe("Marker", page.next).into())
}

fn defaults(call: &mut Call<'_>) -> Result<Reply> {
    let family = version::family(call.params.required("DBParameterGroupFamily")?)?;
    let page = page::marker(call.params, filtered(call, ALL.iter().collect(), FILTERS)?)?;
    let shown = page.items.into_iter().map(|parameter| show(parameter, None));
    let defaults = Node::new()
        .put("DBParameterGroupFamily", family)
        .named_list("Parameters", "Parameter", shown)
        .maybe("Marker", page.next);
    Ok(Node::new().node("EngineDefaults", defaults).into())
}

fn source_of(parameter: &Parameter, set: Option<&Set>) -> &'static str {
    match (set, parameter.default) {
        (Some(_), _) => "user",
        (None, Some(_)) => "system",
        (None, None) => "engine-default",
    }
}

fn show(parameter: &Parameter, set: Option<&Set>) -> Node {
    Node::new()
        .put("ParameterName", parameter.name)
        .maybe("ParameterValue", set.map(|(value, _)| value.as_str()).or(parameter.default))
        .put("Source", source_of(parameter, set))
        .put("ApplyType", if parameter.dynamic { "dynamic" } else { "static" })
        .put("DataType", parameter.data)
        .maybe("AllowedValues", (!parameter.allowed.is_empty()).then_some(parameter.allowed))
        .put("IsModifiable", parameter.modifiable)
        .put("ApplyMethod", set.map_or("pending-reboot", |(_, method)| *method))
}
