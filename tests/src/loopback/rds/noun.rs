//! What all of RDS's nouns have in common: names, ARNs, refusals of names that nothing has, and where they are kept.

use std::collections::BTreeMap;

use super::Rds;
use crate::loopback::action::{Meta, Resource, View};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::Tags;
use crate::loopback::world::Region;
use crate::loopback::xml::Node;

/// Things of a kind by name, in the order of their names, which is how RDS lists them.
pub type Shelf<T> = BTreeMap<String, T>;

/// What a noun is called where.
#[derive(Debug)]
pub struct Kind {
    /// As a dump has it: `db-instance`.
    pub dump: &'static str,
    /// As an ARN has it: `db`.
    pub arn: &'static str,
    /// The code for a name that nothing has.
    pub not_found: &'static str,
    /// The message for it, with `{}` for the name.
    pub message: &'static str,
}

impl Kind {
    /// The refusal of a name that nothing has.
    #[must_use]
    pub fn missing(&self, name: &str) -> AwsError {
        AwsError::new(self.not_found, self.message.replace("{}", name)).status(404)
    }
}

/// A kind of resource.
pub trait Noun: Clone + 'static {
    const KIND: Kind;

    fn shelf(rds: &Rds) -> &Shelf<Self>;
    fn shelf_mut(rds: &mut Rds) -> &mut Shelf<Self>;
    fn meta(&self) -> &Meta;
    fn meta_mut(&mut self) -> &mut Meta;
    /// As a describe call shows it.
    fn show(&self, view: View<'_>) -> Node;

    fn name(&self) -> &str {
        &self.meta().id
    }

    fn arn(&self, region: &Region) -> String {
        arn::<Self>(region, self.name())
    }

    /// What to call it when two environments are compared.
    fn dump_name(&self) -> String {
        self.name().to_owned()
    }

    /// Texts other than its name that AWS chose for it, so that dumps can be compared.
    fn aliases(&self) -> Vec<String> {
        Vec::new()
    }

    /// What a dump has of it: what describe calls show, and its tags whether they do or not.
    fn body(&self, view: View<'_>) -> serde_json::Value {
        let mut body = self.show(view).json();
        body["TagList"] = tag_json(&self.meta().tags);
        body
    }

    /// The resource as a dump has it, under its ARN: its name alone would be found in many another text.
    fn resource(&self, view: View<'_>) -> Resource {
        Resource {
            kind: Self::KIND.dump,
            id: self.arn(view.region),
            name: Some(self.dump_name()),
            aliases: self.aliases(),
            body: self.body(view),
        }
    }
}

/// `arn:aws:rds:REGION:ACCOUNT:KIND:NAME`
pub fn arn<T: Noun>(region: &Region, name: &str) -> String {
    region.arn("rds", &format!("{}:{name}", T::KIND.arn))
}

/// Tags as RDS lists them.
pub fn tag_nodes(tags: &Tags) -> impl Iterator<Item = Node> {
    tags.iter().map(|(key, value)| Node::new().put("Key", key).put("Value", value))
}

/// Tags as a dump has them.
pub fn tag_json(tags: &Tags) -> serde_json::Value {
    tags.iter()
        .map(|(key, value)| (key.clone(), value.clone().into()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

impl Rds {
    /// A resource by name, whatever its case, or by ARN.
    ///
    /// # Errors
    /// The kind's code for a name that nothing has.
    pub fn find<T: Noun>(&self, name: &str) -> Result<&T> {
        let key = key::<T>(name);
        T::shelf(self).get(&key).ok_or_else(|| T::KIND.missing(&key))
    }

    /// The same, to change it.
    ///
    /// # Errors
    /// Those of [`find`](Self::find).
    pub fn find_mut<T: Noun>(&mut self, name: &str) -> Result<&mut T> {
        let key = key::<T>(name);
        T::shelf_mut(self).get_mut(&key).ok_or_else(|| T::KIND.missing(&key))
    }

    /// Puts a resource on its shelf.
    pub fn keep<T: Noun>(&mut self, noun: T) {
        T::shelf_mut(self).insert(noun.name().to_owned(), noun);
    }

    /// Takes a resource off its shelf.
    pub fn drop_noun<T: Noun>(&mut self, name: &str) {
        T::shelf_mut(self).remove(name);
    }
}

fn key<T: Noun>(name: &str) -> String {
    let in_arn = || {
        name.strip_prefix("arn:aws:rds:")?.splitn(3, ':').nth(2)?.strip_prefix(T::KIND.arn)?.strip_prefix(':')
    };
    in_arn().unwrap_or(name).to_ascii_lowercase()
}

/// Fills in where a noun is kept: `kept!(instances);` within its `impl Noun`.
macro_rules! kept {
    ($field:ident) => {
        fn shelf(rds: &$crate::loopback::rds::Rds) -> &$crate::loopback::rds::noun::Shelf<Self> {
            &rds.$field
        }
        fn shelf_mut(rds: &mut $crate::loopback::rds::Rds) -> &mut $crate::loopback::rds::noun::Shelf<Self> {
            &mut rds.$field
        }
        fn meta(&self) -> &$crate::loopback::action::Meta {
            &self.meta
        }
        fn meta_mut(&mut self) -> &mut $crate::loopback::action::Meta {
            &mut self.meta
        }
    };
}
pub(super) use kept;
