//! Parameters of the engine: which ones to set, and when each takes effect.

use std::collections::BTreeMap;

use anyhow::Result;
use aws_sdk_rds::types::{ApplyMethod, Filter, Parameter};
use common::call::Call as _;
use common::fault::Fault;
use common::session::Session;

/// A parameter to set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    pub name: String,
    pub value: String,
    /// Takes effect at the next reboot only.
    pub is_static: bool,
}

impl Setting {
    /// As `ModifyDBParameterGroup` takes it.
    pub fn to_sdk(&self) -> Parameter {
        let method = if self.is_static { ApplyMethod::PendingReboot } else { ApplyMethod::Immediate };
        Parameter::builder()
            .parameter_name(&self.name)
            .parameter_value(&self.value)
            .apply_method(method)
            .build()
    }
}

/// What is set where the person says nothing else: all text is utf8mb4, in the collation that is this version's own default.
fn ours(family: &str) -> [(&'static str, &'static str); 2] {
    let collation = if family == "mysql5.7" { "utf8mb4_unicode_ci" } else { "utf8mb4_0900_ai_ci" };
    [("character_set_server", "utf8mb4"), ("collation_server", collation)]
}

/// The parameters to set, given those that are. What a person has asked for counts; ours are set only where nothing is, because a
/// flag that is not given leaves things as they are.
pub fn to_set(
    family: &str,
    asked: &[(String, String)],
    set: &BTreeMap<String, String>,
    is_static: impl Fn(&str) -> bool,
) -> Vec<Setting> {
    let asked: BTreeMap<&str, &str> =
        asked.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let ours =
        ours(family).into_iter().filter(|(key, _)| !set.contains_key(*key) && !asked.contains_key(key));
    let theirs = asked.iter().filter(|(key, value)| set.get(**key).map(String::as_str) != Some(**value));
    ours.chain(theirs.map(|(key, value)| (*key, *value)))
        .map(|(key, value)| Setting {
            name: key.to_owned(),
            value: value.to_owned(),
            is_static: is_static(key),
        })
        .collect()
}

/// Which of the parameters asked for are static, after checking that all of them exist and can be set.
///
/// # Errors
/// Not found where one does not exist, a conflict where one cannot be set; AWS's refusal.
pub async fn check(session: &Session, family: &str, asked: &[(String, String)]) -> Result<Vec<String>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let filter = asked
        .iter()
        .fold(Filter::builder().name("parameter-name"), |filter, (key, _)| filter.values(key))
        .build();
    let call = session.aws.rds().describe_engine_default_parameters().db_parameter_group_family(family);
    let pages = call
        .filters(filter)
        .into_paginator()
        .send()
        .try_collect()
        .await
        .cannot(format_args!("look up the parameters of {family}"))?;
    let known: Vec<&Parameter> = pages
        .iter()
        .filter_map(|page| page.engine_defaults())
        .flat_map(aws_sdk_rds::types::EngineDefaults::parameters)
        .collect();
    let mut are_static = Vec::new();
    for (key, _) in asked {
        let Some(parameter) = known.iter().find(|it| it.parameter_name() == Some(key)) else {
            return Err(Fault::not_found(format!("{family} has no parameter {key}")).into());
        };
        if parameter.is_modifiable() == Some(false) {
            return Err(
                Fault::conflict(format!("the parameter {key} of {family} cannot be set on RDS")).into()
            );
        }
        if parameter.apply_type() == Some("static") {
            are_static.push(key.clone());
        }
    }
    Ok(are_static)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_new_group_is_utf8mb4_and_the_persons_own_goes_first() {
        let fresh = to_set("mysql8.4", &[], &BTreeMap::new(), |_| false);
        assert_eq!(fresh[0].value, "utf8mb4");
        let asked = pairs(&[("character_set_server", "latin1"), ("max_connections", "200")]);
        let names: Vec<(String, String)> = to_set("mysql8.4", &asked, &BTreeMap::new(), |_| false)
            .into_iter()
            .map(|setting| (setting.name, setting.value))
            .collect();
        assert!(names.contains(&("character_set_server".into(), "latin1".into())));
        assert_eq!(names.len(), 3);
    }

    #[test]
    fn what_is_set_already_is_left() {
        let set = pairs(&[
            ("character_set_server", "latin1"),
            ("collation_server", "latin1_swedish_ci"),
            ("max_connections", "200"),
        ]);
        let set: BTreeMap<String, String> = set.into_iter().collect();
        assert_eq!(to_set("mysql8.4", &pairs(&[("max_connections", "200")]), &set, |_| false), []);
    }
}
