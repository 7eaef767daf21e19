//! What an action takes, declared in a line of text.
//!
//! `"CidrBlock! InstanceTenancy @tags"`: names with dots and `N` for a list's numbers, `!` behind what is required, and
//! a word for what many actions share. `NAME.*` takes anything below NAME.

use super::action::Protocol;
use super::ec2::permission::PERMISSIONS;
use super::error::{AwsError, Result};
use super::params::{Params, missing};

const SHARED: &[(&str, &str)] = &[
    ("@tags", "TagSpecification.N.ResourceType TagSpecification.N.Tag.N.Key TagSpecification.N.Tag.N.Value"),
    ("@filters", "Filter.N.Name Filter.N.Value.N"),
    ("@page", "MaxResults NextToken"),
    ("@permissions", PERMISSIONS),
];

/// Refuses a call that lacks something or brings something unknown.
///
/// # Errors
/// `MissingParameter` or `UnknownParameter`, in the words of the protocol.
pub fn check(declared: &str, params: &Params, protocol: Protocol) -> Result<()> {
    let words: Vec<&str> = declared.split_whitespace().flat_map(expand).collect();
    for name in words.iter().filter_map(|word| word.strip_suffix('!')) {
        let list = name.split(".N").next().unwrap_or(name);
        if !params.has(list) {
            return Err(absent(list, protocol));
        }
    }
    let known = |shape: &str| words.iter().any(|word| takes(word.trim_end_matches('!'), shape));
    let always = |shape: &str| match protocol {
        Protocol::Ec2 => matches!(shape, "Action" | "Version" | "DryRun"),
        Protocol::Query { .. } => matches!(shape, "Action" | "Version"),
        Protocol::Json { .. } | Protocol::RestXml => false,
    };
    match params.shapes().iter().find(|shape| !known(shape) && !always(shape)) {
        Some(shape) => Err(unknown(shape, protocol)),
        None => Ok(()),
    }
}

fn expand(word: &str) -> impl Iterator<Item = &str> {
    let found = SHARED.iter().find(|(name, _)| *name == word);
    found.map_or(word, |(_, expansion)| expansion).split_whitespace()
}

fn takes(word: &str, shape: &str) -> bool {
    match word.strip_suffix(".*") {
        Some(prefix) => shape.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')),
        // An empty list is the name of the list alone.
        None => word == shape || word.strip_prefix(shape).is_some_and(|rest| rest.starts_with(".N")),
    }
}

fn absent(name: &str, protocol: Protocol) -> AwsError {
    match protocol {
        Protocol::Ec2 | Protocol::Query { .. } => missing(name),
        Protocol::Json { .. } => AwsError::new(
            "ValidationException",
            format!("1 validation error detected: {name} must not be null"),
        ),
        Protocol::RestXml => AwsError::new("InvalidInput", format!("Missing field '{name}' in the request")),
    }
}

fn unknown(shape: &str, protocol: Protocol) -> AwsError {
    match protocol {
        Protocol::Ec2 | Protocol::Query { .. } => {
            AwsError::new("UnknownParameter", format!("The parameter {shape} is not recognized"))
        }
        Protocol::Json { .. } => AwsError::new(
            "ValidationException",
            format!("The parameter {shape} is not known to this operation"),
        ),
        Protocol::RestXml => AwsError::new("InvalidInput", format!("Unknown field '{shape}' in the request")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Params, Protocol, check};

    fn code(declared: &str, body: &str) -> Option<String> {
        check(declared, &Params::from_form(body.as_bytes(), false).unwrap(), Protocol::Ec2)
            .err()
            .map(|e| e.code)
    }

    #[test]
    fn what_is_required_must_be_there_and_what_is_unknown_must_not() {
        assert_eq!(code("VpcId! @tags", "VpcId=x&DryRun=true&TagSpecification.1.Tag.3.Key=k"), None);
        assert_eq!(code("VpcId!", "Action=DeleteVpc"), Some("MissingParameter".into()));
        assert_eq!(code("Id.N!", "Id.1=x"), None);
        assert_eq!(code("Id.N", "Id="), None);
        assert_eq!(code("VpcId", "VpcIdd=x"), Some("UnknownParameter".into()));
        assert_eq!(code("Data.*", "Data.N.Deep.1=x"), None);
    }
}
