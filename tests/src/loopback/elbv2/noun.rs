//! What load balancers, listeners, rules and target groups have in common: ARNs, and the codes for those that are wrong.

use indexmap::IndexMap;

use super::Elbv2;
use crate::loopback::action::{Call, Meta, Resource, View};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::{self, Tags};
use crate::loopback::xml::Node;

/// Things of a kind by ARN, in the order they were made.
pub type Shelf<T> = IndexMap<String, T>;

/// A kind of thing with an ARN.
pub trait Noun: Sized {
    /// What stands in its ARN before the first slash.
    const KIND: &'static str;
    /// As messages have it.
    const WORD: &'static str;
    const NOT_FOUND: &'static str;

    fn shelf(elb: &Elbv2) -> &Shelf<Self>;
    fn shelf_mut(elb: &mut Elbv2) -> &mut Shelf<Self>;
    fn meta(&self) -> &Meta;
    fn meta_mut(&mut self) -> &mut Meta;
    /// As a describe call shows it.
    fn show(&self, view: View<'_>) -> Node;
    /// What to call it when two environments are compared.
    fn called(&self, view: View<'_>) -> String;

    /// What a dump has of it beside what describe calls show.
    fn more(&self, _view: View<'_>) -> Node {
        Node::new()
    }

    /// Texts other than its ARN that AWS chose for it.
    fn aliases(&self) -> Vec<String> {
        Vec::new()
    }

    fn arn(&self) -> &str {
        &self.meta().id
    }

    fn not_found(arn: &str) -> AwsError {
        AwsError::new(Self::NOT_FOUND, format!("{} '{arn}' not found", Self::WORD))
    }

    fn resource(&self, view: View<'_>) -> Resource {
        let tags = Node::new().named_list("Tags", "member", tag_nodes(&self.meta().tags));
        Resource {
            kind: Self::KIND,
            id: self.arn().to_owned(),
            name: Some(self.called(view)),
            aliases: self.aliases(),
            body: self.show(view).with(self.more(view)).with(tags).json(),
        }
    }
}

/// Fills in where a noun is kept and where its meta data are.
macro_rules! kept {
    ($field:ident) => {
        fn shelf(elb: &$crate::loopback::elbv2::Elbv2) -> &$crate::loopback::elbv2::Shelf<Self> {
            &elb.$field
        }
        fn shelf_mut(elb: &mut $crate::loopback::elbv2::Elbv2) -> &mut $crate::loopback::elbv2::Shelf<Self> {
            &mut elb.$field
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

/// A refusal of a parameter, which here has this code whatever is wrong with it.
pub fn invalid(message: impl Into<String>) -> AwsError {
    AwsError::new("ValidationError", message)
}

/// Tags as this service lists them.
pub fn tag_nodes(tags: &Tags) -> impl Iterator<Item = Node> {
    tags.iter().map(|(key, value)| Node::new().put("Key", key).put("Value", value))
}

impl Call<'_> {
    /// What has an ARN.
    ///
    /// # Errors
    /// `ValidationError` for what is no ARN of the kind, and the kind's own code for one that nothing has.
    pub fn balanced<T: Noun>(&self, arn: &str) -> Result<&T> {
        check::<T>(self, arn)?;
        T::shelf(&self.region.elbv2).get(arn).ok_or_else(|| T::not_found(arn))
    }

    /// The same, to change it.
    ///
    /// # Errors
    /// Those of [`balanced`](Self::balanced).
    pub fn balanced_mut<T: Noun>(&mut self, arn: &str) -> Result<&mut T> {
        check::<T>(self, arn)?;
        T::shelf_mut(&mut self.region.elbv2).get_mut(arn).ok_or_else(|| T::not_found(arn))
    }

    /// Meta data of something new with an ARN, its tags from the call.
    ///
    /// # Errors
    /// What is wrong with the tags.
    pub fn balanced_meta(&self, arn: String) -> Result<Meta> {
        let tags = tag::read(&self.params.items("Tags")).map_err(|error| invalid(error.message))?;
        tag::limit(&tags).map_err(|error| AwsError::new("TooManyTags", error.message))?;
        Ok(Meta { id: arn, tags, made: self.now, visible: self.now })
    }

    /// Puts something new on its shelf.
    pub fn keep_balanced<T: Noun>(&mut self, noun: T) {
        T::shelf_mut(&mut self.region.elbv2).insert(noun.arn().to_owned(), noun);
    }
}

fn check<T: Noun>(call: &Call<'_>, arn: &str) -> Result<()> {
    let begin = call.region.arn("elasticloadbalancing", "");
    match arn.strip_prefix(&begin).and_then(|rest| rest.split_once('/')) {
        Some((kind, _)) if kind == T::KIND => Ok(()),
        _ => Err(invalid(format!("'{arn}' is not a valid {} ARN", T::WORD.to_lowercase()))),
    }
}

/// A name as load balancers and target groups may have it.
///
/// # Errors
/// `ValidationError`.
pub fn name<'a>(call: &Call<'a>, word: &str) -> Result<&'a str> {
    let name = call.params.required("Name")?;
    let why = if name.is_empty() || name.len() > 32 {
        "must be 1 to 32 characters long"
    } else if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        "can only contain characters that are alphanumeric characters and hyphens(-)"
    } else if name.starts_with('-') || name.ends_with('-') {
        "cannot begin or end with a hyphen(-)"
    } else {
        return Ok(name);
    };
    Err(invalid(format!("{word} name '{name}' {why}")))
}
