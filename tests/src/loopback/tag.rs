//! Tags: how they are given, checked and shown.

use indexmap::IndexMap;

use super::error::{AwsError, Result};
use super::params::Params;
use super::xml::Node;

pub type Tags = IndexMap<String, String>;

/// The most tags a resource can have.
pub const LIMIT: usize = 50;

/// Every resource type that EC2 knows by name in a `TagSpecification` and that exists here.
const KINDS: &[&str] = &[
    "vpc",
    "subnet",
    "internet-gateway",
    "elastic-ip",
    "natgateway",
    "route-table",
    "vpc-endpoint",
    "vpc-peering-connection",
    "security-group",
    "security-group-rule",
    "network-interface",
    "network-acl",
    "instance",
    "volume",
    "snapshot",
    "image",
    "key-pair",
    "launch-template",
    "dhcp-options",
    "prefix-list",
    "spot-instances-request",
];

/// The tags that an EC2 call's `TagSpecification`s give to `kind`, where the call may specify those for `allowed`.
///
/// # Errors
/// `InvalidParameterValue` for other resource types, and those of [`read`].
pub fn specified(params: &Params, kind: &str, allowed: &[&str]) -> Result<Tags> {
    let mut tags = Tags::new();
    for specification in params.items("TagSpecification") {
        let of = specification.required("ResourceType")?;
        if !allowed.contains(&of) {
            let why = if KINDS.contains(&of) {
                "is not a valid taggable resource type for this operation"
            } else {
                "is not a valid resource type"
            };
            return Err(AwsError::invalid_value(format!("'{of}' {why}.")));
        }
        let given = read(&specification.items("Tag"))?;
        if of == kind {
            tags.extend(given);
        }
    }
    limit(&tags)?;
    Ok(tags)
}

/// Tags as a list of `Key` and `Value`.
///
/// # Errors
/// `InvalidParameterValue` for keys that are empty, too long, reserved or given twice, and for values too long.
pub fn read(items: &[&Params]) -> Result<Tags> {
    let mut tags = Tags::new();
    for item in items {
        let key = item.text("Key").unwrap_or_default();
        let value = item.text("Value").unwrap_or_default();
        check(key, value)?;
        if tags.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(AwsError::invalid_value(format!("Duplicate tag key '{key}' specified.")));
        }
    }
    Ok(tags)
}

fn check(key: &str, value: &str) -> Result<()> {
    if key.is_empty() {
        return Err(AwsError::invalid_value("Tag key cannot be empty"));
    }
    if key.chars().count() > 128 {
        return Err(AwsError::invalid_value("Tag key exceeds the maximum length of 128 characters"));
    }
    if value.chars().count() > 256 {
        return Err(AwsError::invalid_value("Tag value exceeds the maximum length of 256 characters"));
    }
    if key.to_ascii_lowercase().starts_with("aws:") {
        return Err(AwsError::invalid_value("Tag keys starting with 'aws:' are reserved for internal use"));
    }
    Ok(())
}

/// Refuses more tags than AWS allows. Those of AWS itself do not count.
///
/// # Errors
/// `TagLimitExceeded`.
pub fn limit(tags: &Tags) -> Result<()> {
    if tags.keys().filter(|key| !key.starts_with("aws:")).count() > LIMIT {
        return Err(AwsError::new("TagLimitExceeded", format!("More than {LIMIT} tags specified")));
    }
    Ok(())
}

/// Tags as EC2 lists them.
pub fn nodes(tags: &Tags) -> impl Iterator<Item = Node> {
    tags.iter().map(|(key, value)| Node::new().put("key", key).put("value", value))
}

#[cfg(test)]
mod tests {
    use super::{Params, specified};

    fn code(body: &str) -> Option<String> {
        let params = Params::from_form(body.as_bytes(), false).unwrap();
        specified(&params, "vpc", &["vpc"]).err().map(|e| e.code)
    }

    #[test]
    fn tags_are_refused_as_aws_refuses_them() {
        let tag =
            |key: &str| format!("TagSpecification.1.ResourceType=vpc&TagSpecification.1.Tag.1.Key={key}");
        assert_eq!(code(&tag("Name")), None);
        assert_eq!(code(&tag("aws:x")), Some("InvalidParameterValue".into()));
        assert_eq!(code(&tag(&"x".repeat(129))), Some("InvalidParameterValue".into()));
        assert_eq!(code("TagSpecification.1.ResourceType=subnet"), Some("InvalidParameterValue".into()));
        let many: Vec<_> = (1..=51).map(|i| format!("TagSpecification.1.Tag.{i}.Key=k{i}")).collect();
        assert_eq!(
            code(&format!("TagSpecification.1.ResourceType=vpc&{}", many.join("&"))),
            Some("TagLimitExceeded".into())
        );
    }
}
