//! Describing, the same for every noun: by ids or filters, in pages.

use std::ops::RangeInclusive;

use super::Noun;
use crate::loopback::action::{Call, Reply};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;
use crate::loopback::{filter, page};

/// How a noun's describe call names things.
#[derive(Debug)]
pub struct Shape {
    /// The parameter with the ids.
    pub ids: &'static str,
    /// The parameter with the filters: `Filter` but for a few.
    pub filters: &'static str,
    /// The list in the answer.
    pub set: &'static str,
    /// What `MaxResults` can be.
    pub page: RangeInclusive<usize>,
}

impl Shape {
    /// The usual shape.
    #[must_use]
    pub const fn new(ids: &'static str, set: &'static str) -> Self {
        Self { ids, filters: "Filter", set, page: 5..=1000 }
    }
}

/// Answers a describe call.
///
/// # Errors
/// For ids that are wrong or missing, filters that are unknown, and pages that are out of bounds.
pub fn describe<T: Noun>(call: &Call<'_>, shape: &Shape) -> Result<Reply> {
    describe_where(call, shape, |_: &T| true)
}

/// The same, of those only that `wanted` wants.
///
/// # Errors
/// Those of [`describe`].
pub fn describe_where<T: Noun>(call: &Call<'_>, shape: &Shape, wanted: impl Fn(&T) -> bool) -> Result<Reply> {
    let nouns: Vec<&T> = select(call, shape)?.into_iter().filter(|noun| wanted(noun)).collect();
    let page = page::ec2(call.params, nouns, shape.page.clone())?;
    let nodes = page.items.into_iter().map(|noun| noun.show(call.view()));
    Ok(Node::new().list(shape.set, nodes).maybe("nextToken", page.next).into())
}

/// The resources that a call's ids and filters select.
///
/// # Errors
/// For ids that are wrong or missing, and filters that are unknown.
pub fn select<'a, T: Noun>(call: &'a Call<'_>, shape: &Shape) -> Result<Vec<&'a T>> {
    let ids = call.params.texts(shape.ids);
    if !ids.is_empty() && call.params.has("MaxResults") {
        let message = format!("The parameter {} cannot be used with the parameter MaxResults", shape.ids);
        return Err(AwsError::new("InvalidParameterCombination", message));
    }
    let filters = filter::parse(call.params, shape.filters, "Value")?;
    filter::known(&filters, T::FILTERS, true)?;
    let shelf = T::shelf(&call.region.ec2);
    for id in &ids {
        T::KIND.check(id)?;
    }
    let unseen: Vec<&str> = ids
        .iter()
        .copied()
        .filter(|id| shelf.get(*id).is_none_or(|noun| noun.meta().visible > call.now))
        .collect();
    if !unseen.is_empty() {
        return Err(T::KIND.not_found(&unseen));
    }
    let view = call.view();
    let selected = shelf.values().filter(|noun| {
        let meta = noun.meta();
        meta.visible <= call.now
            && (ids.is_empty() || ids.contains(&meta.id.as_str()))
            && filter::matches(&filters, *noun, T::FILTERS, Some(&meta.tags), view)
    });
    Ok(selected.collect())
}
