//! Record sets: what a name stands for.

use super::alias::Alias;
use super::error::invalid;
use super::{alias, name, value};
use crate::loopback::clock::Time;
use crate::loopback::error::Result;
use crate::loopback::params::Params;
use crate::loopback::xml::Node;

/// What a record set is kept and listed by: its name from the right, and its type.
pub type Key = (String, String);

pub const KINDS: &[&str] =
    &["A", "AAAA", "CAA", "CNAME", "DS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "TXT"];

#[derive(Clone, Debug)]
pub struct RecordSet {
    /// Canonical, with a dot at its end.
    pub name: String,
    pub kind: String,
    /// Seconds; an alias has none.
    pub ttl: Option<u32>,
    pub values: Vec<String>,
    pub alias: Option<Alias>,
    pub since: Time,
}

/// What a record set of this name and type is kept by.
#[must_use]
pub fn key(canonical: &str, kind: &str) -> Key {
    (name::reversed(canonical), kind.to_owned())
}

impl RecordSet {
    pub fn plain(name: &str, kind: &str, ttl: u32, values: Vec<String>, since: Time) -> Self {
        Self { name: name.to_owned(), kind: kind.to_owned(), ttl: Some(ttl), values, alias: None, since }
    }

    #[must_use]
    pub fn key(&self) -> Key {
        key(&self.name, &self.kind)
    }

    /// Whether both say the same, in whatever order.
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        let sorted = |values: &[String]| {
            let mut values = values.to_vec();
            values.sort();
            values
        };
        self.ttl == other.ttl && self.alias == other.alias && sorted(&self.values) == sorted(&other.values)
    }

    pub fn show(&self) -> Node {
        let values = self.values.iter().map(|value| Node::new().put("Value", value));
        let node = Node::new().put("Name", &self.name).put("Type", &self.kind).maybe("TTL", self.ttl);
        match &self.alias {
            Some(alias) => node.node("AliasTarget", alias.show()),
            None => node.named_list("ResourceRecords", "ResourceRecord", values),
        }
    }

    /// The record set of a change. What is wrong with its form is an error; what is wrong with its values is among the
    /// `problems`, which are told all at once.
    ///
    /// # Errors
    /// `InvalidInput`.
    pub fn read(params: &Params, action: &str, now: Time, problems: &mut Vec<String>) -> Result<Self> {
        let (text, kind) = (params.text("Name").unwrap_or_default(), params.text("Type").unwrap_or_default());
        if !KINDS.contains(&kind) {
            return Err(invalid(format!(
                "Value '{kind}' at 'changeBatch.changes.member.resourceRecordSet.type' failed to satisfy constraint: \
                 Member must satisfy enum value set: [{}]",
                KINDS.join(", ")
            )));
        }
        let change = format!("Change with [Action={action}, Name={text}, Type={kind}, SetIdentifier=null]");
        let name = name::canonical(text).unwrap_or_else(|problem| {
            problems.push(format!("Invalid Resource Record Set name: '{problem}'"));
            text.to_owned()
        });
        let ttl =
            params.parsed("TTL").map_err(|_| invalid(format!("Invalid request: bad TTL in {change}")))?;
        let values: Vec<String> = params
            .items("ResourceRecords")
            .iter()
            .filter_map(|r| r.text("Value"))
            .map(str::to_owned)
            .collect();
        let alias = params.nested("AliasTarget").map(alias::read).transpose()?;
        check_form(ttl, &values, alias.is_some(), &change)?;
        problems.extend(value::problems(kind, &values));
        Ok(Self { name, kind: kind.to_owned(), ttl, values, alias, since: now })
    }
}

/// Refuses a record set that is neither an alias nor values with a time to live.
fn check_form(ttl: Option<u32>, values: &[String], alias: bool, change: &str) -> Result<()> {
    const ONE: &str = "Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or \
                       TrafficPolicyInstanceId]";
    let why = match (alias, ttl, values.is_empty()) {
        (true, None, true) => return Ok(()),
        (true, ..) => format!("{ONE}, but found more than one in {change}"),
        (false, None, true) => format!("{ONE}, but found none in {change}"),
        (false, None, false) => format!("Missing field 'TTL' in {change}"),
        (false, Some(_), true) => format!("Missing field 'ResourceRecords' in {change}"),
        (false, Some(ttl), false) if ttl > i32::MAX.unsigned_abs() => {
            format!("TTL out of bounds in {change}")
        }
        (false, Some(_), false) => return Ok(()),
    };
    Err(invalid(format!("Invalid request: {why}")))
}
