//! The prefix lists that AWS keeps of its own services' addresses.

use crate::loopback::action::{Action, Call, Reply, View, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::filter::{self, Field};
use crate::loopback::page;
use crate::loopback::world::{Region, hash};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    read("DescribePrefixLists", list, "PrefixListId.N @filters @page"),
    read("DescribeManagedPrefixLists", list_managed, "PrefixListId.N @filters @page"),
];

/// A list of AWS's own.
#[derive(Clone, Debug)]
pub struct PrefixList {
    pub id: String,
    /// `com.amazonaws.us-east-1.s3`
    pub name: String,
    pub cidrs: &'static [&'static str],
}

const FILTERS: &[Field<PrefixList>] = &[
    ("prefix-list-id", |list, _| vec![list.id.clone()]),
    ("prefix-list-name", |list, _| vec![list.name.clone()]),
    ("owner-id", |_, _| vec!["AWS".to_owned()]),
];

/// The lists of a Region. Their ids differ from one Region to another.
#[must_use]
pub fn lists(region: &Region) -> Vec<PrefixList> {
    let list = |service: &str, known: &str, cidrs| {
        let name = format!("com.amazonaws.{}.{service}", region.name);
        let digits =
            if region.name == "us-east-1" { known.to_owned() } else { format!("{:08x}", hash(&name) >> 32) };
        PrefixList { id: format!("pl-{digits}"), name, cidrs }
    };
    vec![
        list("s3", "63a5400a", &["16.15.176.0/20", "52.216.0.0/15", "3.5.0.0/19", "54.231.0.0/16"]),
        list("dynamodb", "02cd2c6b", &["3.218.180.0/22", "52.94.0.0/22"]),
    ]
}

fn selected(call: &Call<'_>) -> Result<Vec<PrefixList>> {
    let ids = call.params.texts("PrefixListId");
    let all = lists(call.region);
    if let Some(unknown) = ids.iter().find(|id| !all.iter().any(|list| list.id == **id)) {
        let message = format!("The prefix list ID '{unknown}' does not exist");
        return Err(AwsError::new("InvalidPrefixListID.NotFound", message));
    }
    let filters = filter::parse(call.params, "Filter", "Value")?;
    filter::known(&filters, FILTERS, false)?;
    let view = call.view();
    let wanted = |list: &PrefixList| {
        (ids.is_empty() || ids.contains(&list.id.as_str()))
            && filter::matches(&filters, list, FILTERS, None, view)
    };
    Ok(all.into_iter().filter(wanted).collect())
}

fn answer(call: &Call<'_>, show: fn(&PrefixList, View<'_>) -> Node) -> Result<Reply> {
    let page = page::ec2(call.params, selected(call)?, 1..=1000)?;
    let nodes = page.items.iter().map(|list| show(list, call.view()));
    Ok(Node::new().list("prefixListSet", nodes).maybe("nextToken", page.next).into())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    answer(call, |list, _| {
        Node::new()
            .put("prefixListId", &list.id)
            .put("prefixListName", &list.name)
            .texts("cidrSet", "item", list.cidrs)
    })
}

fn list_managed(call: &mut Call<'_>) -> Result<Reply> {
    answer(call, |list, view| {
        Node::new()
            .put("prefixListId", &list.id)
            .put("prefixListName", &list.name)
            .put("prefixListArn", format!("arn:aws:ec2:{}:aws:prefix-list/{}", view.region.name, list.id))
            .put("addressFamily", "IPv4")
            .put("state", "create-complete")
            .put("ownerId", "AWS")
            .list("tagSet", [])
    })
}
