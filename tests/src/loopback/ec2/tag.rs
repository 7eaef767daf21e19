//! Tags of what is there already, of whatever kind.

use super::Ec2;
use crate::loopback::action::{Action, Call, Meta, Reply, done, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::{self, Field};
use crate::loopback::xml::Node;
use crate::loopback::{page, tag};

pub const ACTIONS: &[Action] = &[
    write("CreateTags", create, "ResourceId.N! Tag.N.Key! Tag.N.Value"),
    write("DeleteTags", delete, "ResourceId.N! Tag.N.Key Tag.N.Value"),
    read("DescribeTags", list, "@filters @page"),
];

/// A tag of a resource.
struct Row {
    kind: &'static str,
    resource: String,
    key: String,
    value: String,
}

const FILTERS: &[Field<Row>] = &[
    ("resource-id", |row, _| vec![row.resource.clone()]),
    ("resource-type", |row, _| vec![row.kind.to_owned()]),
    ("key", |row, _| vec![row.key.clone()]),
    ("value", |row, _| vec![row.value.clone()]),
];

/// The meta data of a resource, refused as its own kind refuses.
fn found<'a>(call: &'a mut Call<'_>, id: &str) -> Result<&'a mut Meta> {
    let kind =
        Ec2::kind_of(id).ok_or_else(|| AwsError::new("InvalidID", format!("The ID '{id}' is not valid")))?;
    kind.check(id)?;
    let now = call.now;
    let meta = call.region.ec2.meta_mut(id).filter(|meta| meta.visible <= now);
    meta.ok_or_else(|| kind.not_found(&[id]))
}

fn create(call: &mut Call<'_>) -> Result<Reply> {
    let given = tag::read(&call.params.items("Tag"))?;
    for id in call.params.texts("ResourceId") {
        let meta = found(call, id)?;
        meta.tags.extend(given.clone());
        tag::limit(&meta.tags)?;
    }
    done()
}

/// Takes tags away: by key; by key and value where a value is given; all of them where no key is.
fn delete(call: &mut Call<'_>) -> Result<Reply> {
    let going: Vec<(&str, Option<&str>)> = call
        .params
        .items("Tag")
        .into_iter()
        .filter_map(|tag| Some((tag.text("Key")?, tag.text("Value"))))
        .collect();
    if let Some((key, _)) = going.iter().find(|(key, _)| key.starts_with("aws:")) {
        return Err(AwsError::invalid_value(format!(
            "Tag keys starting with 'aws:' are reserved for internal use: {key}"
        )));
    }
    for id in call.params.texts("ResourceId") {
        let goes = |key: &String, value: &String| {
            if going.is_empty() {
                return !key.starts_with("aws:");
            }
            going.iter().any(|(k, v)| k == key && v.is_none_or(|v| v == value))
        };
        found(call, id)?.tags.retain(|key, value| !goes(key, value));
    }
    done()
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let mut filters = filter::parse(call.params, "Filter", "Value")?;
    let mut rows: Vec<Row> = Vec::new();
    for (kind, meta) in call.region.ec2.metas().into_iter().filter(|(_, meta)| meta.visible <= call.now) {
        let row = |(key, value): (&String, &String)| Row {
            kind,
            resource: meta.id.clone(),
            key: key.clone(),
            value: value.clone(),
        };
        rows.extend(meta.tags.iter().map(row));
    }
    // Here `tag:Owner` means rows with that key and one of the values.
    for filter in filters.iter_mut().filter(|filter| filter.name.starts_with("tag:")) {
        let key = filter.name.split_off(4);
        rows.retain(|row| row.key == key);
        "value".clone_into(&mut filter.name);
    }
    filter::known(&filters, FILTERS, false)?;
    let view = call.view();
    rows.retain(|row| filter::matches(&filters, row, FILTERS, None, view));
    let page = page::ec2(call.params, rows, 5..=1000)?;
    let show = |row: Row| {
        Node::new()
            .put("resourceId", row.resource)
            .put("resourceType", row.kind)
            .put("key", row.key)
            .put("value", row.value)
    };
    Ok(Node::new().list("tagSet", page.items.into_iter().map(show)).maybe("nextToken", page.next).into())
}
