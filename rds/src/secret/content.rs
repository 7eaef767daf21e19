//! What is in the secret: JSON with the keys that AWS's own clients and rotation functions read.

use anyhow::Result;
use serde_json::{Map, Value, json};

/// A master password. It has no `Debug` and no `Display`: it must not get into a message by accident.
pub struct Password(String);

impl Password {
    /// A new one of 32 characters, of the 8 to 41 that MySQL takes.
    ///
    /// # Errors
    /// The system has no random source.
    pub fn make() -> Result<Self> {
        common::password::make(32).map(Self)
    }

    /// For the one call that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Everything in the secret but the password. Host and port are known once the database has an endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    pub engine: String,
    pub username: String,
    pub db_name: Option<String>,
    pub host: Option<String>,
    pub port: Option<i32>,
}

impl Content {
    fn keys(&self) -> Map<String, Value> {
        let values = [
            ("username", Some(json!(self.username))),
            ("engine", Some(json!(self.engine))),
            ("host", self.host.as_ref().map(|it| json!(it))),
            ("port", self.port.map(|it| json!(it))),
            ("dbname", self.db_name.as_ref().map(|it| json!(it))),
        ];
        values.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
    }

    /// The text of a new version.
    pub fn with_password(&self, password: &Password) -> String {
        let mut keys = self.keys();
        keys.insert("password".to_owned(), json!(password.0));
        Value::Object(keys).to_string()
    }

    /// The text without the secret in it, for a token.
    pub fn without_password(&self) -> String {
        Value::Object(self.keys()).to_string()
    }

    /// Whether `held` says anything else.
    pub fn differs_from(&self, held: &Held) -> bool {
        self.keys().iter().any(|(key, value)| held.keys.get(key) != Some(value))
    }

    /// `held` brought up to date, with its password and with the keys that others put there.
    pub fn merged_into(&self, held: &Held) -> String {
        let mut keys = held.keys.clone();
        keys.extend(self.keys());
        Value::Object(keys).to_string()
    }
}

/// What was found in a secret.
pub struct Held {
    keys: Map<String, Value>,
    pub password: Option<Password>,
}

impl Held {
    /// Something that is not a JSON object counts as empty.
    pub fn parse(text: &str) -> Self {
        let keys: Map<String, Value> = serde_json::from_str(text).unwrap_or_default();
        let password = keys.get("password").and_then(Value::as_str).filter(|password| !password.is_empty());
        Self { password: password.map(|it| Password(it.to_owned())), keys }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content() -> Content {
        Content {
            engine: "mysql".into(),
            username: "admin".into(),
            db_name: Some("transactions".into()),
            host: None,
            port: None,
        }
    }

    #[test]
    fn the_password_and_the_keys_of_others_survive_an_update() {
        let held = Held::parse(r#"{"password":"p","username":"x","theirs":1}"#);
        let known = Content { host: Some("h".into()), port: Some(3306), ..content() };
        assert!(known.differs_from(&held));
        let now = Held::parse(&known.merged_into(&held));
        assert!(!known.differs_from(&now));
        assert_eq!(now.keys["password"], "p");
        assert_eq!(now.keys["theirs"], 1);
        assert_eq!(now.keys["username"], "admin");
    }

    #[test]
    fn a_token_is_made_of_everything_but_the_password() {
        assert!(!content().without_password().contains("password"));
        assert!(content().with_password(&Password("geheim".into())).contains("geheim"));
    }

    #[test]
    fn what_holds_no_password_is_told_so() {
        for text in ["", "[]", "plain", "{}", r#"{"password":""}"#, r#"{"password":5}"#] {
            assert!(Held::parse(text).password.is_none(), "{text}");
        }
    }
}
