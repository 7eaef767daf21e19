//! A section keyed by name, such as `sg.mysql`, that passes over keys it does not know.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use serde::de::{DeserializeOwned, Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// What a section keyed by name holds.
pub trait Entry: DeserializeOwned {
    /// Whether AWS gave it an identifier: an object without one is somebody else's key, and is left alone.
    fn is_made(&self) -> bool;
}

/// Entries by name. Keys that hold no object are somebody else's and are not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named<T>(BTreeMap<String, T>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T> Deref for Named<T> {
    type Target = BTreeMap<String, T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T> DerefMut for Named<T> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.0
    }
}

impl<T> FromIterator<(String, T)> for Named<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl<T: Serialize> Serialize for Named<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de, T: Entry> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Entries(PhantomData))
    }
}

struct Entries<T>(PhantomData<T>);

impl<'de, T: Entry> Visitor<'de> for Entries<T> {
    type Value = Named<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object keyed by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if !value.is_object() {
                continue;
            }
            let entry: T = serde_path_to_error::deserialize(value).map_err(|error| {
                let path = error.path().to_string();
                A::Error::custom(format!(
                    "{}.{path}: {}",
                    name.escape_debug(),
                    crate::document::without_values(&error.inner().to_string())
                ))
            })?;
            if entry.is_made() {
                entries.insert(name, entry);
            }
        }
        Ok(Named(entries))
    }
}
