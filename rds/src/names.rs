//! The names of one database and of what belongs to it.

use common::identity::Identity;

/// `Component` on everything made here.
pub const COMPONENT: &str = "rds";

/// The names that follow from the environment and NAME.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// NAME: the key in the document's section.
    pub name: String,
    /// Of the instance, the subnet group and the parameter group: `expense-dev-mysql`.
    pub identifier: String,
    /// Of the secret: `expense-dev-mysql-master`.
    pub secret: String,
}

impl Names {
    pub fn new(identity: &Identity, name: &str) -> Self {
        let identifier = identity.name(name);
        Self { name: name.to_owned(), secret: format!("{identifier}-master"), identifier }
    }
}

/// The ARN of a subnet group (`subgrp`) or parameter group (`pg`). RDS tells their tags by ARN only, and knowing it beforehand saves
/// a round trip.
pub fn arn(region: &str, account: &str, kind: &str, name: &str) -> String {
    let partition = match region {
        region if region.starts_with("cn-") => "aws-cn",
        region if region.starts_with("us-gov-") => "aws-us-gov",
        _ => "aws",
    };
    format!("arn:{partition}:rds:{region}:{account}:{kind}:{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_is_of_its_regions_partition() {
        assert_eq!(arn("us-east-1", "123456789012", "pg", "x"), "arn:aws:rds:us-east-1:123456789012:pg:x");
        assert!(arn("cn-north-1", "1", "pg", "x").starts_with("arn:aws-cn:"));
    }
}
