//! What all of EC2's nouns have in common: ids, codes for ids that are wrong, tags, and where they are kept.

use indexmap::IndexMap;

use super::Ec2;
use crate::loopback::action::{Call, Meta, Resource, View};
use crate::loopback::clock::Time;
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::Field;
use crate::loopback::id;
use crate::loopback::xml::Node;

/// Things of a kind by id, in the order they were made.
pub type Shelf<T> = IndexMap<String, T>;

/// What a noun is called where.
#[derive(Debug)]
pub struct Kind {
    /// As a `TagSpecification` has it: `vpc`, `natgateway`.
    pub tag: &'static str,
    /// What its ids begin with, the hyphen included.
    pub prefix: &'static str,
    /// As a message has it: `vpc ID`.
    pub word: &'static str,
    /// The code for an id that is none.
    pub malformed: &'static str,
    /// The code for an id that nothing has.
    pub not_found: &'static str,
}

impl Kind {
    /// Refuses an id that has not the form of this kind's.
    ///
    /// # Errors
    /// The kind's own code.
    pub fn check(&self, id: &str) -> Result<()> {
        if id::well_formed(id, self.prefix) {
            return Ok(());
        }
        Err(AwsError::new(self.malformed, format!("Invalid id: \"{id}\" (expecting \"{}...\")", self.prefix)))
    }

    /// The refusal of ids that nothing has.
    #[must_use]
    pub fn not_found(&self, ids: &[&str]) -> AwsError {
        let (s, verb) = if ids.len() == 1 { ("", "does") } else { ("s", "do") };
        let ids: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
        AwsError::new(self.not_found, format!("The {}{s} {} {verb} not exist", self.word, ids.join(", ")))
    }
}

/// A kind of resource.
pub trait Noun: Clone + Sized + 'static {
    const KIND: Kind;
    /// What it can be filtered by, tags aside.
    const FILTERS: &'static [Field<Self>];

    fn shelf(ec2: &Ec2) -> &Shelf<Self>;
    fn shelf_mut(ec2: &mut Ec2) -> &mut Shelf<Self>;
    fn meta(&self) -> &Meta;
    fn meta_mut(&mut self) -> &mut Meta;
    /// As a describe call shows it, its tags included.
    fn show(&self, view: View<'_>) -> Node;

    /// Texts other than its id that AWS chose for it, so that dumps can be compared.
    fn aliases(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether dumps have it: not what is only remembered, nor what belongs to others.
    fn dumped(&self, _now: Time) -> bool {
        true
    }

    fn id(&self) -> &str {
        &self.meta().id
    }

    /// The resource as a dump has it.
    fn resource(&self, view: View<'_>) -> Resource {
        let meta = self.meta();
        Resource {
            kind: Self::KIND.tag,
            id: meta.id.clone(),
            name: meta.tags.get("Name").cloned(),
            aliases: self.aliases(),
            body: self.show(view).json(),
        }
    }
}

/// Declares what EC2 holds: a field and a noun a line.
macro_rules! shelves {
    ($($field:ident: $noun:ty),* $(,)?) => {
        /// Everything that EC2 holds in a Region.
        #[derive(Clone, Debug, Default)]
        pub struct Ec2 {
            $(pub $field: Shelf<$noun>,)*
        }

        impl Ec2 {
            /// The meta data of every resource there is.
            #[must_use]
            pub fn metas(&self) -> Vec<(&'static str, &Meta)> {
                let mut all = Vec::new();
                $(all.extend(self.$field.values().map(|noun| (<$noun as Noun>::KIND.tag, noun.meta())));)*
                all
            }

            /// The meta data of a resource of any kind.
            pub fn meta_mut(&mut self, id: &str) -> Option<&mut Meta> {
                $(if let Some(noun) = self.$field.get_mut(id) { return Some(noun.meta_mut()); })*
                None
            }

            /// The kind that an id's form belongs to.
            #[must_use]
            pub fn kind_of(id: &str) -> Option<Kind> {
                $(if id.starts_with(<$noun as Noun>::KIND.prefix) { return Some(<$noun as Noun>::KIND); })*
                None
            }

            fn resources(&self, view: View<'_>) -> Vec<Resource> {
                let mut all = Vec::new();
                $(all.extend(self.$field.values().filter(|noun| noun.dumped(view.now)).map(|noun| noun.resource(view)));)*
                all
            }
        }
    };
}
pub(super) use shelves;

/// Fills in where a noun is kept and where its meta data are: `kept!(Vpc, vpcs);` within its `impl Noun`.
macro_rules! kept {
    ($field:ident) => {
        fn shelf(ec2: &$crate::loopback::ec2::Ec2) -> &$crate::loopback::ec2::Shelf<Self> {
            &ec2.$field
        }
        fn shelf_mut(ec2: &mut $crate::loopback::ec2::Ec2) -> &mut $crate::loopback::ec2::Shelf<Self> {
            &mut ec2.$field
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

impl Call<'_> {
    /// A resource by id, where it can be seen.
    ///
    /// # Errors
    /// The noun's codes for an id that is none and for one that nothing has.
    pub fn find<T: Noun>(&self, id: &str) -> Result<&T> {
        T::KIND.check(id)?;
        let found = T::shelf(&self.region.ec2).get(id).filter(|noun| noun.meta().visible <= self.now);
        found.ok_or_else(|| T::KIND.not_found(&[id]))
    }

    /// The same, to change it.
    ///
    /// # Errors
    /// Those of [`find`](Self::find).
    pub fn find_mut<T: Noun>(&mut self, id: &str) -> Result<&mut T> {
        T::KIND.check(id)?;
        let now = self.now;
        let found = T::shelf_mut(&mut self.region.ec2).get_mut(id).filter(|noun| noun.meta().visible <= now);
        found.ok_or_else(|| T::KIND.not_found(&[id]))
    }

    /// The resource that a required parameter names.
    ///
    /// # Errors
    /// `MissingParameter`, and those of [`find`](Self::find).
    pub fn named<T: Noun>(&self, parameter: &str) -> Result<&T> {
        self.find(self.params.required(parameter)?)
    }

    /// A new resource's meta data, its tags from the call.
    ///
    /// # Errors
    /// What is wrong with the tags.
    pub fn make<T: Noun>(&mut self) -> Result<Meta> {
        self.meta(T::KIND.prefix, T::KIND.tag)
    }

    /// Puts a new resource on its shelf.
    pub fn keep<T: Noun>(&mut self, noun: T) {
        let id = noun.id().to_owned();
        T::shelf_mut(&mut self.region.ec2).insert(id, noun);
    }

    /// Takes a resource off its shelf.
    pub fn drop_noun<T: Noun>(&mut self, id: &str) {
        T::shelf_mut(&mut self.region.ec2).shift_remove(id);
    }
}
