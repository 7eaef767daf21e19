//! Variables for the steps. What comes from a file goes before what is given by itself, of which the last counts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Result;
use common::fault::Fault;
use serde_json::Value;

use super::fingerprint::Hash;
use super::tree;

/// The longest file of variables.
const LONGEST: u64 = 1024 * 1024;

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Variables {
    /// Each with its content, in the order given.
    files: Vec<(PathBuf, Vec<u8>)>,
    words: BTreeMap<String, String>,
}

impl Variables {
    /// Reads `KEY=VALUE` and `@FILE`.
    ///
    /// # Errors
    /// A usage fault where one is neither, or a file cannot be read.
    pub fn read(given: &[String]) -> Result<Self> {
        let mut all = Self::default();
        for text in given {
            if let Some(path) = text.strip_prefix('@') {
                let path = PathBuf::from(path);
                let content = tree::read(&path, LONGEST, "file of variables")?;
                all.files.push((path, content));
            } else if let Some((key, value)) = text.split_once('=').filter(|(key, _)| is_name(key)) {
                all.words.insert(key.to_owned(), value.to_owned());
            } else {
                return Err(Fault::usage("a variable is neither KEY=VALUE nor @FILE")
                    .hint("a KEY is made of letters, digits and _, and begins with no digit")
                    .into());
            }
        }
        Ok(all)
    }

    pub fn add_to(&self, hash: &mut Hash) {
        hash.number(self.files.len() as u64);
        for (_, content) in &self.files {
            hash.bytes(content);
        }
        for (key, value) in &self.words {
            hash.text(key).text(value);
        }
    }

    /// The files for Ansible, in the order in which they count: name and content.
    pub fn for_ansible(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<Vec<u8>> = self.files.iter().map(|(_, content)| content.clone()).collect();
        if !self.words.is_empty() {
            files.push(serde_json::json!(self.words).to_string().into_bytes());
        }
        let named = files.into_iter().enumerate();
        named.map(|(index, content)| (format!("variables-{index}.yml"), content)).collect()
    }

    /// The variables for the environment of a script. Lists and objects are handed on as JSON.
    ///
    /// # Errors
    /// A usage fault where a file is not JSON, or a key cannot be a variable's.
    pub fn environment(&self) -> Result<BTreeMap<String, String>> {
        let mut all = BTreeMap::new();
        for (path, content) in &self.files {
            let Ok(Value::Object(values)) = serde_json::from_slice::<Value>(content) else {
                return Err(no_environment(path, "it is not an object of JSON").into());
            };
            for (key, value) in values {
                if !is_name(&key) {
                    return Err(no_environment(path, "a key of it is no variable's name").into());
                }
                let text = match value {
                    Value::String(text) => text,
                    other => other.to_string(),
                };
                all.insert(key, text);
            }
        }
        all.extend(self.words.clone());
        Ok(all)
    }
}

fn no_environment(path: &Path, why: &str) -> Fault {
    Fault::usage(format!("a script cannot have the variables of {}: {why}", path.display()))
        .hint("write them as {\"KEY\": \"VALUE\"}; YAML is for Ansible alone")
}

fn is_name(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 128
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !key.starts_with(|first: char| first.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[&str]) -> Result<Variables> {
        Variables::read(&given.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn the_last_of_a_key_counts() {
        let variables = read(&["a=1", "b=x=y", "a=2"]).unwrap();
        let wanted = BTreeMap::from([("a".into(), "2".into()), ("b".into(), "x=y".into())]);
        assert_eq!(variables.environment().unwrap(), wanted);
        let files = variables.for_ansible();
        assert_eq!(files.len(), 1);
        assert_eq!(files[0].1, br#"{"a":"2","b":"x=y"}"#);
    }

    #[test]
    fn a_value_is_in_no_message() {
        let error = read(&["pass word=secret"]).unwrap_err();
        assert!(!format!("{error:#}").contains("secret"));
        for bad in ["", "=1", "1a=2", "a-b=1", "a", "@/no/such/file"] {
            assert!(read(&[bad]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_script_takes_no_yaml() {
        let file = |text: &str| Variables { files: vec![("f".into(), text.into())], words: BTreeMap::new() };
        assert!(file("a: 1").environment().is_err());
        assert!(file("{\"a-b\": 1}").environment().is_err());
        let environment = file("{\"a\": 1, \"b\": [2], \"c\": \"d\"}").environment().unwrap();
        assert_eq!(environment["a"], "1");
        assert_eq!(environment["b"], "[2]");
        assert_eq!(environment["c"], "d");
    }
}
