//! The document: one JSON object that the commands of a pipe hand on.
//!
//! It is kept as the JSON that came in, so that the order of keys, numbers to the last digit and keys this version does not know all
//! survive at every depth. A typed section is read out of it, and merged back into it.

use std::collections::BTreeMap;
use std::io::Read;

use anyhow::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::identity::quoted;
use crate::merge::merge;

/// The version of the document's shape.
pub const VERSION: u64 = 1;

/// More than any real environment by a factor of a hundred.
const LARGEST: u64 = 8 * 1024 * 1024;

/// The document as it came in and as it will go out.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    keys: Map<String, Value>,
}

impl Document {
    /// Reads it to its end and checks its outer shape. Nothing at all is the empty document.
    ///
    /// # Errors
    /// A document fault where it is too large, not JSON, not an object, of another version, or an outer key has the wrong type.
    pub fn read(input: impl Read) -> Result<Self> {
        let mut text = Vec::new();
        input.take(LARGEST + 1).read_to_end(&mut text)?;
        if text.len() as u64 > LARGEST {
            return Err(Fault::document(format!(
                "the document on stdin is larger than {} MiB",
                LARGEST / 1024 / 1024
            ))
            .hint("a document describes one environment in a few kilobytes: look at what was piped in")
            .into());
        }
        Self::parse(&text)
    }

    fn parse(text: &[u8]) -> Result<Self> {
        if text.trim_ascii().is_empty() {
            return Ok(Self::default());
        }
        let value: Value = serde_json::from_slice(text).map_err(|error| {
            let what = if error.is_eof() { "ends in the middle" } else { "is not JSON" };
            Fault::document(format!("the document on stdin {what}: {error}"))
                .hint("pipe in the output of another stackpipe command, or nothing")
        })?;
        let Value::Object(keys) = value else {
            return Err(Fault::document(format!(
                "the document on stdin is not a JSON object but {}",
                kind_of(&value)
            ))
            .into());
        };
        let document = Self { keys };
        document.check()?;
        Ok(document)
    }

    fn check(&self) -> Result<()> {
        if let Some(version) = self.keys.get("version")
            && version.as_u64() != Some(VERSION)
        {
            let shown = quoted(&version.to_string());
            return Err(Fault::document(format!(
                "the document has version {shown}, this command reads version {VERSION}"
            ))
            .hint("use commands of one stackpipe version in a pipe")
            .into());
        }
        for key in ["project", "environment", "region", "account"] {
            self.text(key)?;
        }
        self.flag("planned")?;
        self.tags().map(|_| ())
    }

    /// A text at the top of the document.
    ///
    /// # Errors
    /// A document fault where it is something else.
    pub fn text(&self, key: &str) -> Result<Option<&str>> {
        match self.keys.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong(key, "a string", other)),
        }
    }

    fn flag(&self, key: &str) -> Result<bool> {
        match self.keys.get(key) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => Err(wrong(key, "true or false", other)),
        }
    }

    /// The person's own tags.
    ///
    /// # Errors
    /// A document fault where it is not an object of strings.
    pub fn tags(&self) -> Result<BTreeMap<String, String>> {
        let tags = match self.keys.get("tags") {
            None => return Ok(BTreeMap::new()),
            Some(Value::Object(tags)) => tags,
            Some(other) => return Err(wrong("tags", "an object of strings", other)),
        };
        tags.iter()
            .map(|(key, value)| match value {
                Value::String(text) => Ok((key.clone(), text.clone())),
                other => Err(wrong(&format!("tags.{key}"), "a string", other)),
            })
            .collect()
    }

    /// Whether a dry run before this one marked it: ids may be absent, and every command after it plans too.
    pub fn is_planned(&self) -> bool {
        self.flag("planned").unwrap_or(false)
    }

    pub fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// A section in its own type, or none where it is absent.
    ///
    /// # Errors
    /// A document fault that names the key of the wrong type, never its value.
    pub fn section<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>> {
        let Some(value) = self.keys.get(name) else {
            return Ok(None);
        };
        match serde_path_to_error::deserialize(value) {
            Ok(section) => Ok(Some(section)),
            Err(error) => {
                let path = match error.path().to_string().as_str() {
                    "." => name.to_owned(),
                    below => format!("{name}.{below}"),
                };
                let reason = without_values(&error.inner().to_string());
                Err(Fault::document(format!("the document's {path}: {reason}"))
                    .hint(format!(
                        "compare it with `{name} schema`, or leave {name} out to have it looked up"
                    ))
                    .into())
            }
        }
    }

    /// Merges a section back: its keys are brought up to date in place, keys it does not know stay, keys it has no value for go.
    ///
    /// # Errors
    /// None in practice: a section that is not JSON.
    pub fn set_section(&mut self, name: &str, section: &impl Serialize) -> Result<()> {
        let section = serde_json::to_value(section)?;
        merge(self.keys.entry(name).or_insert(Value::Null), section);
        Ok(())
    }

    /// Takes a section out.
    pub fn remove_section(&mut self, name: &str) {
        self.keys.shift_remove(name);
    }

    /// Takes one entry out of a section that is keyed by name, and the section with it where it was the last.
    pub fn remove_entry(&mut self, section: &str, entry: &str) {
        let Some(Value::Object(entries)) = self.keys.get_mut(section) else {
            return;
        };
        entries.shift_remove(entry);
        if entries.is_empty() {
            self.remove_section(section);
        }
    }

    /// Sets a key at the top, at the place it has or at the end.
    pub fn set(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.insert(key.to_owned(), value.into());
    }

    /// Takes a key out from the top.
    pub fn unset(&mut self, key: &str) {
        self.keys.shift_remove(key);
    }

    /// One line of JSON, or pretty where a person reads it, with its line end.
    ///
    /// # Errors
    /// None in practice: a value that is not JSON.
    pub fn to_text(&self, pretty: bool) -> Result<String> {
        let mut text = if pretty {
            serde_json::to_string_pretty(&self.keys)?
        } else {
            serde_json::to_string(&self.keys)?
        };
        text.push('\n');
        Ok(text)
    }
}

fn wrong(key: &str, wanted: &str, found: &Value) -> anyhow::Error {
    Fault::document(format!(
        "the document's {}: expected {wanted}, found {}",
        key.escape_debug(),
        kind_of(found)
    ))
    .into()
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// serde's message without the value it met: a value in the wrong place may well be a password.
pub(crate) fn without_values(message: &str) -> String {
    let Some(rest) = message.strip_prefix("invalid type: ") else {
        return message.to_owned();
    };
    let found = rest.split([' ', ',']).next().unwrap_or("something");
    match rest.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}, found {found}"),
        None => format!("the wrong type ({found})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_goes_out_to_the_last_digit() {
        let text =
            r#"{"z":1.00,"version":1,"a":{"y":123456789012345678901234567890,"b":[null,{"k":1e+400}]}}"#;
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(document.to_text(false).unwrap().trim(), text);
    }

    #[test]
    fn a_value_of_the_wrong_type_is_never_shown() {
        let shown = without_values(r#"invalid type: string "hunter2, expected x", expected a map"#);
        assert_eq!(shown, "expected a map, found string");
    }

    #[test]
    fn what_is_not_a_document_is_refused() {
        for bad in ["[]", "3", "{", "{\"version\":2}", "{\"project\":1}", "{\"tags\":{\"a\":1}}", "\u{0}"] {
            assert!(Document::parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
