//! Describing, the same for every noun: by name or filters, in pages.

use super::noun::Noun;
use crate::loopback::action::{Call, Reply};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::{self, Field};
use crate::loopback::page;
use crate::loopback::xml::Node;

/// How a describe call names things.
#[derive(Debug)]
pub struct Shape<T: 'static> {
    /// The parameter with the one name asked for.
    pub name: &'static str,
    /// The list in the answer, and what its elements are called.
    pub list: (&'static str, &'static str),
    pub filters: &'static [Field<T>],
}

/// Answers a describe call with what it selects and `wanted` wants.
///
/// # Errors
/// For a name that nothing has, filters that are unknown, and pages that are out of bounds.
pub fn describe<T: Noun>(call: &Call<'_>, shape: &Shape<T>, wanted: impl Fn(&T) -> bool) -> Result<Reply> {
    let chosen = match call.params.text(shape.name) {
        Some(name) => vec![call.region.rds.find::<T>(name)?],
        None => T::shelf(&call.region.rds).values().collect(),
    };
    let chosen = filtered(call, chosen, shape.filters)?.into_iter().filter(|noun| wanted(noun)).collect();
    let page = page::marker(call.params, chosen)?;
    let nodes = page.items.into_iter().map(|noun| noun.show(call.view()));
    Ok(Node::new().named_list(shape.list.0, shape.list.1, nodes).maybe("Marker", page.next).into())
}

/// Those things that pass every filter of a call. RDS knows no wildcards.
///
/// # Errors
/// `InvalidParameterValue` for filters that are unknown.
pub fn filtered<'a, T>(call: &Call<'_>, things: Vec<&'a T>, fields: &[Field<T>]) -> Result<Vec<&'a T>> {
    let filters = filter::parse(call.params, "Filters", "Values")?;
    let mut tests = Vec::new();
    for filter in &filters {
        let field = fields.iter().find(|(name, _)| *name == filter.name);
        let (_, get) = field
            .ok_or_else(|| AwsError::invalid_value(format!("Unrecognized filter name: {}", filter.name)))?;
        tests.push((get, &filter.values));
    }
    let fits = |thing: &&T| {
        tests.iter().all(|(get, values)| get(thing, call.view()).iter().any(|held| values.contains(held)))
    };
    Ok(things.into_iter().filter(fits).collect())
}
