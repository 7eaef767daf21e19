//! Setting and resetting the parameters of a group.

use super::noun::Noun;
use super::parameter_group::ParameterGroup;
use super::parameter_table::{ALL, Parameter};
use crate::loopback::action::{Action, Call, Reply, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write(
        "ModifyDBParameterGroup",
        modify,
        "DBParameterGroupName! Parameters! Parameters.N.ParameterName Parameters.N.ParameterValue Parameters.N.ApplyMethod",
    ),
    write(
        "ResetDBParameterGroup",
        reset,
        "DBParameterGroupName! ResetAllParameters Parameters.N.ParameterName Parameters.N.ApplyMethod",
    ),
];

/// Parameters that one call can change.
const BATCH: usize = 20;
/// How long instances take to apply what needs no reboot.
const APPLY_SECONDS: f64 = 30.0;

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let name = own_group(call)?;
    let items = call.params.items("Parameters");
    if items.is_empty() || items.len() > BATCH {
        return Err(AwsError::invalid_value(format!(
            "Between 1 and {BATCH} parameters can be modified in one request."
        )));
    }
    let mut changes = Vec::new();
    for item in items {
        let (parameter, method) = change(item)?;
        let value = item.required("ParameterValue")?;
        if !parameter.takes(value) {
            return Err(AwsError::invalid_value(format!(
                "Invalid parameter value: {value} for: {} allowed values are: {}",
                parameter.name, parameter.allowed
            )));
        }
        changes.push((parameter.name.to_owned(), (value.to_owned(), method)));
    }
    let reboot = changes.iter().any(|(_, (_, method))| *method == "pending-reboot");
    call.region.rds.find_mut::<ParameterGroup>(&name)?.set.extend(changes);
    apply(call, &name, reboot);
    Ok(Node::new().put("DBParameterGroupName", name).into())
}

/// A parameter that may be changed, and how the change is to be applied.
fn change(item: &Params) -> Result<(&'static Parameter, &'static str)> {
    let name = item.required("ParameterName")?;
    let unknown = || AwsError::invalid_value(format!("Could not find parameter with name: {name}"));
    let parameter = ALL.iter().find(|parameter| parameter.name == name).ok_or_else(unknown)?;
    if !parameter.modifiable {
        return Err(AwsError::invalid_value(format!("The parameter {name} cannot be modified.")));
    }
    match item.required("ApplyMethod")? {
        "pending-reboot" => Ok((parameter, "pending-reboot")),
        "immediate" if parameter.dynamic => Ok((parameter, "immediate")),
        "immediate" => Err(AwsError::new(
            "InvalidParameterCombination",
            "cannot use immediate apply method for static parameter",
        )),
        other => Err(AwsError::invalid_value(format!("Invalid apply method: {other}"))),
    }
}

fn reset(call: &mut Call<'_>) -> Result<Reply> {
    let name = own_group(call)?;
    let items = call.params.items("Parameters");
    let all = call.params.flag("ResetAllParameters")?.unwrap_or(items.is_empty());
    if all != items.is_empty() {
        return Err(AwsError::new(
            "InvalidParameterCombination",
            "Either all parameters are reset or those that are listed.",
        ));
    }
    let changes: Vec<_> = items.into_iter().map(change).collect::<Result<_>>()?;
    let reboot = all || changes.iter().any(|(_, method)| *method == "pending-reboot");
    let group = call.region.rds.find_mut::<ParameterGroup>(&name)?;
    group.set.retain(|set, _| !all && !changes.iter().any(|(parameter, _)| parameter.name == set));
    apply(call, &name, reboot);
    Ok(Node::new().put("DBParameterGroupName", name).into())
}

/// The name of the group that a call is to change, which cannot be a default one.
fn own_group(call: &Call<'_>) -> Result<String> {
    let group = call.region.rds.find::<ParameterGroup>(call.params.required("DBParameterGroupName")?)?;
    if group.name().starts_with("default.") {
        let message = format!("The parameter group {} cannot be modified.", group.name());
        return Err(AwsError::invalid_value(message));
    }
    Ok(group.name().to_owned())
}

/// Lets the instances of a group apply the change, or wait for their reboot.
fn apply(call: &mut Call<'_>, group: &str, reboot: bool) {
    let applied = call.after(APPLY_SECONDS);
    for instance in call.region.rds.instances.values_mut() {
        if instance.settings.parameter_group == group {
            instance.parameters.changed(applied, reboot);
        }
    }
}
