//! Tags of whatever here has an ARN.

use super::noun::{Noun, invalid, tag_nodes};
use super::{Listener, LoadBalancer, Rule, TargetGroup};
use crate::loopback::action::{Action, Call, Meta, Reply, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    write("AddTags", add, "ResourceArns.N! Tags! Tags.N.Key Tags.N.Value"),
    write("RemoveTags", remove, "ResourceArns.N! TagKeys.N!"),
    read("DescribeTags", list, "ResourceArns.N!"),
];

/// ARNs that can be asked about at once.
const LIMIT: usize = 20;

/// What has an ARN.
fn tagged<'a>(call: &'a mut Call<'_>, arn: &str) -> Result<&'a mut Meta> {
    let kind = arn.split(':').nth(5).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    match kind {
        LoadBalancer::KIND => Ok(call.balanced_mut::<LoadBalancer>(arn)?.meta_mut()),
        Listener::KIND => Ok(call.balanced_mut::<Listener>(arn)?.meta_mut()),
        Rule::KIND => Ok(call.balanced_mut::<Rule>(arn)?.meta_mut()),
        TargetGroup::KIND => Ok(call.balanced_mut::<TargetGroup>(arn)?.meta_mut()),
        _ => Err(invalid(format!("'{arn}' is not a valid ARN of a resource that can be tagged"))),
    }
}

fn add(call: &mut Call<'_>) -> Result<Reply> {
    let items = call.params.items("Tags");
    let keys: std::collections::BTreeSet<_> = items.iter().map(|item| item.text("Key")).collect();
    if keys.len() < items.len() {
        return Err(AwsError::new("DuplicateTagKeys", "A tag key was specified more than once"));
    }
    let tags = tag::read(&items).map_err(|error| invalid(error.message))?;
    for arn in call.params.texts("ResourceArns") {
        let meta = tagged(call, arn)?;
        meta.tags.extend(tags.clone());
        tag::limit(&meta.tags).map_err(|error| AwsError::new("TooManyTags", error.message))?;
    }
    Ok(Node::new().into())
}

fn remove(call: &mut Call<'_>) -> Result<Reply> {
    let keys = call.params.texts("TagKeys");
    for arn in call.params.texts("ResourceArns") {
        tagged(call, arn)?.tags.retain(|key, _| !keys.contains(&key.as_str()));
    }
    Ok(Node::new().into())
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let arns = call.params.texts("ResourceArns");
    if arns.len() > LIMIT {
        return Err(invalid(format!("Tags of at most {LIMIT} resources can be described at once")));
    }
    let mut nodes = Vec::new();
    for arn in arns {
        let tags = &tagged(call, arn)?.tags;
        nodes.push(Node::new().put("ResourceArn", arn).named_list("Tags", "member", tag_nodes(tags)));
    }
    Ok(Node::new().named_list("TagDescriptions", "member", nodes).into())
}
