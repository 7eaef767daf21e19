//! The parameters of a call, one tree whatever the protocol.
//!
//! EC2 writes `Filter.1.Value.2=x`, the Query services `Filters.Filter.1.Values.Value.2=x` or `Tags.member.1.Key=x`, and
//! the JSON services objects and arrays. All become a tree in which a list is a map from `1`, `2`, … so that handlers
//! and the declaration of what an action takes (`Filters.N.Values.N`) look the same everywhere.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::Value as Json;

use super::error::{AwsError, Result};

/// Deeper nesting than any action has is hostile.
const DEPTH: usize = 16;

/// A text, or things by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Params {
    Text(String),
    Map(BTreeMap<String, Params>),
}

impl Default for Params {
    fn default() -> Self {
        Self::Map(BTreeMap::new())
    }
}

impl Params {
    /// Reads a form body. With `named_lists` (the Query protocol) the name of a list's elements is left out.
    ///
    /// # Errors
    /// `MalformedQueryString` where one name is a text and a tree at once, or nested too deep.
    pub fn from_form(body: &[u8], named_lists: bool) -> Result<Self> {
        let mut root = Self::default();
        for (key, value) in form_urlencoded::parse(body) {
            let mut path: Vec<&str> = key.split('.').collect();
            if named_lists {
                drop_element_names(&mut path);
            }
            root.insert(&path, &value)?;
        }
        Ok(root)
    }

    /// Reads a JSON body. Nulls are as if absent.
    ///
    /// # Errors
    /// `SerializationException` for what is not a JSON object.
    pub fn from_json(body: &[u8]) -> Result<Self> {
        let refuse = || AwsError::new("SerializationException", "The request body is not a JSON object.");
        match serde_json::from_slice(if body.is_empty() { b"{}" } else { body }) {
            Ok(json @ Json::Object(_)) => Ok(from_value(json).unwrap_or_default()),
            _ => Err(refuse()),
        }
    }

    fn insert(&mut self, path: &[&str], value: &str) -> Result<()> {
        let malformed = || AwsError::new("MalformedQueryString", "The query string contains a syntax error.");
        if path.len() > DEPTH || path.iter().any(|part| part.is_empty()) {
            return Err(malformed());
        }
        let mut at = self;
        for part in path {
            // A list given empty (`Tags=`) and then filled is the same list.
            if matches!(at, Self::Text(text) if text.is_empty()) {
                *at = Self::default();
            }
            let Self::Map(map) = at else { return Err(malformed()) };
            at = map.entry((*part).to_owned()).or_insert_with(|| Self::Text(String::new()));
        }
        match at {
            Self::Text(text) => value.clone_into(text),
            Self::Map(_) => return Err(malformed()),
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Map(map) => map.get(name),
            Self::Text(_) => None,
        }
    }

    /// What stands at a dotted path, where it is a text.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<&str> {
        match path.split('.').try_fold(self, |at, part| at.get(part))? {
            Self::Text(text) => Some(text),
            Self::Map(_) => None,
        }
    }

    /// The same, refused where it is absent.
    ///
    /// # Errors
    /// `MissingParameter`.
    pub fn required(&self, path: &str) -> Result<&str> {
        self.text(path).ok_or_else(|| missing(path))
    }

    /// A flag.
    ///
    /// # Errors
    /// `InvalidParameterValue` for anything but true and false.
    pub fn flag(&self, path: &str) -> Result<Option<bool>> {
        self.parsed(path)
    }

    /// A number, or whatever else is parsed from a text.
    ///
    /// # Errors
    /// `InvalidParameterValue` for what cannot be parsed.
    pub fn parsed<T: FromStr>(&self, path: &str) -> Result<Option<T>> {
        let Some(text) = self.text(path) else { return Ok(None) };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(AwsError::invalid_value(format!("Invalid value '{text}' for {path}."))),
        }
    }

    /// What is nested at a name, where there is something.
    #[must_use]
    pub fn nested(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |at, part| at.get(part)).filter(|p| matches!(p, Self::Map(_)))
    }

    /// The elements of a list of structures, in the order of their numbers.
    #[must_use]
    pub fn items(&self, path: &str) -> Vec<&Self> {
        let Some(Self::Map(map)) = self.nested(path) else { return Vec::new() };
        let mut numbered: Vec<_> =
            map.iter().filter_map(|(k, v)| Some((k.parse::<u32>().ok()?, v))).collect();
        numbered.sort_by_key(|(number, _)| *number);
        numbered.into_iter().map(|(_, value)| value).collect()
    }

    /// The elements of a list of texts, in the order of their numbers.
    #[must_use]
    pub fn texts<'a>(&'a self, path: &str) -> Vec<&'a str> {
        let text = |p: &'a Self| if let Self::Text(text) = p { Some(text.as_str()) } else { None };
        self.items(path).into_iter().filter_map(text).collect()
    }

    /// Whether anything stands at a path.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        path.split('.').try_fold(self, |at, part| at.get(part)).is_some()
    }

    /// The path of every text in the tree, with `N` for each number in it.
    #[must_use]
    pub fn shapes(&self) -> Vec<String> {
        let mut out = Vec::new();
        self.collect_shapes(String::new(), &mut out);
        out
    }

    fn collect_shapes(&self, at: String, out: &mut Vec<String>) {
        match self {
            Self::Map(map) => {
                for (key, value) in map {
                    let part = if key.bytes().all(|b| b.is_ascii_digit()) { "N" } else { key };
                    let path = if at.is_empty() { part.to_owned() } else { format!("{at}.{part}") };
                    value.collect_shapes(path, out);
                }
            }
            Self::Text(_) => out.push(at),
        }
    }

    /// The tree without one of its names, for comparing two calls with the same token.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        let mut copy = self.clone();
        if let Self::Map(map) = &mut copy {
            map.remove(name);
        }
        copy
    }
}

/// The refusal of a call in which something required is absent.
#[must_use]
pub fn missing(path: &str) -> AwsError {
    AwsError::new("MissingParameter", format!("The request must contain the parameter {path}"))
}

/// `Tags.member.1.Key` and `Tags.Tag.1.Key` are `Tags.1.Key`.
fn drop_element_names(path: &mut Vec<&str>) {
    let mut at = 1;
    while at + 1 < path.len() {
        let numeric = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        if numeric(path[at + 1]) && !numeric(path[at]) {
            path.remove(at);
        }
        at += 1;
    }
}

fn from_value(json: Json) -> Option<Params> {
    let map = |entries: Vec<(String, Json)>| {
        Params::Map(entries.into_iter().filter_map(|(k, v)| Some((k, from_value(v)?))).collect())
    };
    match json {
        Json::Null => None,
        Json::Bool(flag) => Some(Params::Text(flag.to_string())),
        Json::Number(number) => Some(Params::Text(number.to_string())),
        Json::String(text) => Some(Params::Text(text)),
        Json::Array(values) => {
            Some(map(values.into_iter().enumerate().map(|(i, v)| ((i + 1).to_string(), v)).collect()))
        }
        Json::Object(entries) => Some(map(entries.into_iter().collect())),
    }
}

#[cfg(test)]
mod tests {
    use super::Params;

    #[test]
    fn the_three_protocols_read_alike() {
        let ec2 = Params::from_form(b"Tags.1.Key=a&Tags.2.Key=b&Tags.10.Key=c", false).unwrap();
        let member =
            Params::from_form(b"Tags.member.1.Key=a&Tags.member.2.Key=b&Tags.member.10.Key=c", true).unwrap();
        let named = Params::from_form(b"Tags.Tag.1.Key=a&Tags.Tag.2.Key=b&Tags.Tag.10.Key=c", true).unwrap();
        assert_eq!((&ec2, &ec2), (&member, &named));
        let json = Params::from_json(br#"{"Tags":[{"Key":"a"},{"Key":"b","No":null},{"Key":"c"}]}"#).unwrap();
        for tree in [ec2, json] {
            let keys: Vec<_> = tree.items("Tags").iter().filter_map(|t| t.text("Key")).collect();
            assert_eq!(keys, ["a", "b", "c"]);
            assert_eq!(tree.shapes()[0], "Tags.N.Key");
        }
    }

    #[test]
    fn lists_within_lists_lose_their_element_names() {
        let tree = Params::from_form(b"Filters.Filter.1.Values.Value.1=x", true).unwrap();
        assert_eq!(tree.items("Filters")[0].texts("Values"), ["x"]);
    }

    #[test]
    fn hostile_bodies_are_refused_and_never_panic() {
        for body in [&b"a.b=1&a=2"[..], b"a=1&a.b=2", b"..=1", b"%ff%00.1=", &b"a.".repeat(10_000)] {
            let _ = Params::from_form(body, true);
        }
        assert_eq!(Params::from_form(b"a=1&a.b=2", false).unwrap_err().code, "MalformedQueryString");
        assert_eq!(Params::from_json(b"[]").unwrap_err().code, "SerializationException");
    }
}
