//! A table in JSON: `{"mysql": ["3306/tcp from backend", {"ports": "22/tcp", "from": ["bastion", "vpn"]}]}`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::rule::{Rule, Source};
use super::syntax::{Position, SyntaxError};
use super::table::{MOST_RULES, Table};
use super::{text, word};

const RULES: &str = "a list of rules";
const RULE: &str =
    "a rule such as \"3306/tcp from backend\" or {\"ports\": \"3306/tcp\", \"from\": \"backend\"}";

pub(super) fn table(text: &str) -> Result<Table, SyntaxError> {
    let Groups(groups) = serde_json::from_str(text).map_err(|error| {
        let position = Position { line: error.line(), column: error.column() };
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        SyntaxError::at(position, format!("not JSON of the right shape: {reason}"))
    })?;
    let mut table = Table::default();
    let mut sources: Vec<(String, Source)> = Vec::new();
    for (role, value) in &groups {
        let shown = role.escape_debug().to_string();
        word::role(role).map_err(|expected| SyntaxError::in_value(&shown, format!("expected {expected}")))?;
        table.declare(role).map_err(|reason| SyntaxError::in_value(role, reason))?;
        let Value::Array(rules) = value else {
            return Err(SyntaxError::in_value(role, format!("expected {RULES}")));
        };
        for (index, rule) in rules.iter().enumerate() {
            let path = format!("{role}[{index}]");
            let rules = rules_in(rule, &path)?;
            sources.extend(rules.iter().map(|rule| (path.clone(), rule.source.clone())));
            table.add(role, rules).map_err(|reason| SyntaxError::in_value(&path, reason))?;
        }
    }
    for (path, source) in &sources {
        table.check_source(source).map_err(|reason| SyntaxError::in_value(path, reason))?;
    }
    Ok(table)
}

fn rules_in(value: &Value, path: &str) -> Result<Vec<Rule>, SyntaxError> {
    match value {
        Value::String(rule) => text::rules_of(rule).map_err(|error| error.within(path)),
        Value::Object(keys) => {
            if let Some(unknown) = keys.keys().find(|key| !matches!(key.as_str(), "ports" | "from")) {
                let unknown = common::identity::quoted(unknown);
                return Err(SyntaxError::in_value(
                    path,
                    format!("expected the keys ports and from, found {unknown}"),
                ));
            }
            let ports = words(keys.get("ports"), &format!("{path}.ports"), word::traffic)?;
            let from = words(keys.get("from"), &format!("{path}.from"), word::source)?;
            if ports.len().saturating_mul(from.len()) > MOST_RULES {
                return Err(SyntaxError::in_value(
                    path,
                    format!("more than {MOST_RULES} rules for one group"),
                ));
            }
            let of =
                |traffic| from.iter().map(move |source: &Source| Rule { traffic, source: source.clone() });
            Ok(ports.into_iter().flat_map(of).collect())
        }
        _ => Err(SyntaxError::in_value(path, format!("expected {RULE}"))),
    }
}

/// One text or a list of texts, each a word.
fn words<T>(
    value: Option<&Value>,
    path: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Vec<T>, SyntaxError> {
    let texts: Vec<&Value> = match value {
        Some(Value::Array(texts)) => texts.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    if texts.is_empty() {
        return Err(SyntaxError::in_value(path, "expected a text or a list of texts"));
    }
    texts
        .into_iter()
        .map(|text| {
            let text = text
                .as_str()
                .ok_or_else(|| SyntaxError::in_value(path, "expected a text or a list of texts"))?;
            read(text).map_err(|expected| {
                let found = common::identity::quoted(text);
                SyntaxError::in_value(path, format!("expected {expected}, found {found}"))
            })
        })
        .collect()
}

/// The keys in their order. A key that stands there twice counts twice, where JSON maps would lose the first.
struct Groups(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Groups {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Groups;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of lists of rules, keyed by group")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Groups, A::Error> {
        let mut groups = Vec::new();
        while let Some(group) = map.next_entry()? {
            groups.push(group);
        }
        Ok(Groups(groups))
    }
}
