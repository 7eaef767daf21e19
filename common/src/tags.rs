//! Tags and tag filters in the shapes of each service's SDK.

use aws_sdk_autoscaling::types as autoscaling;
use aws_sdk_ec2::types as ec2;
use aws_sdk_elasticloadbalancingv2::types as elb;
use aws_sdk_rds::types as rds;
use aws_sdk_secretsmanager::types as secrets_manager;

use crate::identity::Identity;

/// The tags of a thing that a create call of EC2 carries.
pub fn ec2_specification(kind: ec2::ResourceType, tags: &[(String, String)]) -> ec2::TagSpecification {
    ec2::TagSpecification::builder().resource_type(kind).set_tags(Some(ec2_tags(tags))).build()
}

/// The same as EC2's own type, for `CreateTags`.
pub fn ec2_tags(tags: &[(String, String)]) -> Vec<ec2::Tag> {
    tags.iter().map(|(key, value)| ec2::Tag::builder().key(key).value(value).build()).collect()
}

/// For load balancers, listeners, rules and target groups.
pub fn elb_tags(tags: &[(String, String)]) -> Vec<elb::Tag> {
    tags.iter().map(|(key, value)| elb::Tag::builder().key(key).value(value).build()).collect()
}

/// For an Auto Scaling group, which hands them on to its instances.
pub fn autoscaling_tags(group: &str, tags: &[(String, String)]) -> Vec<autoscaling::Tag> {
    let tag = |(key, value): &(String, String)| {
        autoscaling::Tag::builder()
            .resource_type("auto-scaling-group")
            .resource_id(group)
            .key(key)
            .value(value)
            .propagate_at_launch(true)
            .build()
    };
    tags.iter().map(tag).collect()
}

/// For RDS.
pub fn rds_tags(tags: &[(String, String)]) -> Vec<rds::Tag> {
    tags.iter().map(|(key, value)| rds::Tag::builder().key(key).value(value).build()).collect()
}

/// For Secrets Manager.
pub fn secret_tags(tags: &[(String, String)]) -> Vec<secrets_manager::Tag> {
    tags.iter().map(|(key, value)| secrets_manager::Tag::builder().key(key).value(value).build()).collect()
}

/// An EC2 filter: `name` is one of `values`.
pub fn ec2_filter<V: Into<String>>(
    name: impl Into<String>,
    values: impl IntoIterator<Item = V>,
) -> ec2::Filter {
    ec2::Filter::builder().name(name).set_values(Some(values.into_iter().map(Into::into).collect())).build()
}

/// The filters that find everything of this environment.
pub fn ec2_own(identity: &Identity) -> Vec<ec2::Filter> {
    identity.own_tags().into_iter().map(|(key, value)| ec2_filter(format!("tag:{key}"), [value])).collect()
}

/// The value of a tag.
pub fn ec2_value<'a>(tags: &'a [ec2::Tag], key: &str) -> Option<&'a str> {
    tags.iter().find(|tag| tag.key() == Some(key))?.value()
}

/// The `Name` of a thing, or nothing.
pub fn ec2_name(tags: &[ec2::Tag]) -> &str {
    ec2_value(tags, "Name").unwrap_or_default()
}

/// Which of `wanted` are absent or different. Tags that others put there are none of our business.
pub fn missing(
    wanted: &[(String, String)],
    value_of: impl Fn(&str) -> Option<String>,
) -> Vec<(String, String)> {
    wanted.iter().filter(|(key, value)| value_of(key).as_deref() != Some(value)).cloned().collect()
}
