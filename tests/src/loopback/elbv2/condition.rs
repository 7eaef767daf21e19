//! The conditions under which rules apply.

use ipnet::IpNet;

use super::noun::invalid;
use crate::loopback::action::Call;
use crate::loopback::error::Result;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

/// The parameters of a list of conditions.
macro_rules! condition_parameters {
    () => {
        "Conditions.N.Field Conditions.N.Values.N Conditions.N.HostHeaderConfig.Values.N \
         Conditions.N.PathPatternConfig.Values.N Conditions.N.HttpHeaderConfig.HttpHeaderName \
         Conditions.N.HttpHeaderConfig.Values.N Conditions.N.QueryStringConfig.Values.N.Key \
         Conditions.N.QueryStringConfig.Values.N.Value Conditions.N.HttpRequestMethodConfig.Values.N \
         Conditions.N.SourceIpConfig.Values.N"
    };
}
pub(super) use condition_parameters;

/// Every field, with the structure that its values are in, and whether they may come without it as well.
const FIELDS: &[(&str, &str, bool)] = &[
    ("host-header", "HostHeaderConfig", true),
    ("path-pattern", "PathPatternConfig", true),
    ("http-header", "HttpHeaderConfig", false),
    ("query-string", "QueryStringConfig", false),
    ("http-request-method", "HttpRequestMethodConfig", false),
    ("source-ip", "SourceIpConfig", false),
];
/// Values that all conditions of a rule may have together.
const VALUES: usize = 5;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    pub field: &'static str,
    config: &'static str,
    plain: bool,
    /// Of `http-header`.
    pub header: Option<String>,
    /// With a key before it in `query-string`.
    pub values: Vec<(Option<String>, String)>,
}

/// The conditions that a call lists.
///
/// # Errors
/// `ValidationError` for none, unknown fields, values that cannot be, and too many of them.
pub fn read(call: &Call<'_>) -> Result<Vec<Condition>> {
    let conditions: Vec<Condition> =
        call.params.items("Conditions").into_iter().map(condition).collect::<Result<_>>()?;
    if conditions.is_empty() {
        return Err(invalid("At least one condition must be specified"));
    }
    let repeated = |condition: &Condition| {
        let alike = conditions.iter().filter(|other| other.field == condition.field).count();
        alike > 1 && !matches!(condition.field, "http-header" | "query-string")
    };
    if let Some(condition) = conditions.iter().find(|condition| repeated(condition)) {
        return Err(invalid(format!("A rule can only have one '{}' condition", condition.field)));
    }
    let values: usize = conditions.iter().map(|condition| condition.values.len()).sum();
    if values > VALUES {
        return Err(invalid(format!("The maximum number of condition values per rule is {VALUES}")));
    }
    Ok(conditions)
}

fn condition(item: &Params) -> Result<Condition> {
    let field = item.text("Field").unwrap_or_default();
    let known = FIELDS.iter().find(|(name, _, _)| *name == field);
    let &(field, config, plain) =
        known.ok_or_else(|| invalid(format!("Condition field '{field}' is not supported")))?;
    let nested = item.nested(config).cloned().unwrap_or_default();
    let bare = |texts: Vec<&str>| texts.into_iter().map(|text| (None, text.to_owned())).collect::<Vec<_>>();
    let mut values = match field {
        "query-string" => pairs(&nested)?,
        _ => bare(nested.texts("Values")),
    };
    if values.is_empty() && plain {
        values = bare(item.texts("Values"));
    }
    let header = nested.text("HttpHeaderName").map(str::to_owned);
    if field == "http-header" && header.as_deref().is_none_or(str::is_empty) {
        return Err(invalid("An 'http-header' condition needs a header name"));
    }
    if values.is_empty() {
        return Err(invalid(format!("A condition value must be specified for '{field}'")));
    }
    values.iter().try_for_each(|(_, value)| valid(field, value))?;
    Ok(Condition { field, config, plain, header, values })
}

fn pairs(config: &Params) -> Result<Vec<(Option<String>, String)>> {
    let pair = |item: &Params| {
        let value = item.text("Value").ok_or_else(|| invalid("A query string condition needs a value"))?;
        Ok((item.text("Key").map(str::to_owned), value.to_owned()))
    };
    config.items("Values").into_iter().map(pair).collect()
}

fn valid(field: &str, value: &str) -> Result<()> {
    let good = match field {
        "host-header" => {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "-.*?".contains(c);
            (1..=128).contains(&value.len()) && value.chars().all(allowed) && value.contains('.')
        }
        "path-pattern" => {
            let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.$/~\"'@:+&*?".contains(c);
            (1..=128).contains(&value.len()) && value.chars().all(allowed)
        }
        "source-ip" => value.parse::<IpNet>().is_ok(),
        "http-request-method" => {
            (1..=40).contains(&value.len())
                && value.chars().all(|c| c.is_ascii_uppercase() || matches!(c, '-' | '_'))
        }
        _ => (1..=128).contains(&value.len()),
    };
    if good {
        return Ok(());
    }
    Err(invalid(format!("Condition value '{value}' is not valid for '{field}'")))
}

impl Condition {
    /// A condition on a field, with a header's name for `http-header`. None for a field that there is not.
    #[must_use]
    pub fn new(field: &str, header: Option<&str>, values: &[(Option<&str>, &str)]) -> Option<Self> {
        let &(field, config, plain) = FIELDS.iter().find(|(name, _, _)| *name == field)?;
        let own = |(key, value): &(Option<&str>, &str)| (key.map(str::to_owned), (*value).to_owned());
        let values = values.iter().map(own).collect();
        Some(Self { field, config, plain, header: header.map(str::to_owned), values })
    }

    pub fn show(&self) -> Node {
        let texts = || self.values.iter().map(|(_, value)| value);
        let config = Node::new().maybe("HttpHeaderName", self.header.as_ref());
        let config = if self.field == "query-string" {
            let pairs = self
                .values
                .iter()
                .map(|(key, value)| Node::new().maybe("Key", key.as_ref()).put("Value", value));
            config.named_list("Values", "member", pairs)
        } else {
            config.texts("Values", "member", texts())
        };
        let node = Node::new().put("Field", self.field);
        // Where AWS took them without a structure first, it still shows them so.
        let node = if self.plain { node.texts("Values", "member", texts()) } else { node };
        node.node(self.config, config)
    }
}
