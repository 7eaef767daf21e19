//! The services there are.

use super::action::Service;
use super::{acm, autoscaling, cloudfront, ec2, elbv2, rds, route53, secretsmanager, ssm, sts};

pub const ALL: &[&Service] = &[
    &sts::SERVICE,
    &ec2::SERVICE,
    &route53::SERVICE,
    &acm::SERVICE,
    &cloudfront::SERVICE,
    &rds::SERVICE,
    &secretsmanager::SERVICE,
    &ssm::SERVICE,
    &elbv2::SERVICE,
    // After those whose instances and targets it looks at.
    &autoscaling::SERVICE,
];

/// The service with this name in a credential scope.
#[must_use]
pub fn named(name: &str) -> Option<&'static Service> {
    ALL.iter().copied().find(|service| service.name == name)
}
