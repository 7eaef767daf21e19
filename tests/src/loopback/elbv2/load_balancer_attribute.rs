//! Attributes of load balancers.

use super::load_balancer::LoadBalancer;
use super::noun::{invalid, tag_nodes};
use crate::loopback::action::{Action, Call, Reply, read, write};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::tag::Tags;
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] = &[
    read("DescribeLoadBalancerAttributes", show, "LoadBalancerArn!"),
    write(
        "ModifyLoadBalancerAttributes",
        modify,
        "LoadBalancerArn! Attributes! Attributes.N.Key Attributes.N.Value",
    ),
];

const FLAG: &str = "true false";
const ANY: &str = "";

/// Every attribute: its key, its usual value, and what it can be: words, a range of numbers, or anything.
const KNOWN: &[(&str, &str, &str)] = &[
    ("access_logs.s3.enabled", "false", FLAG),
    ("access_logs.s3.bucket", "", ANY),
    ("access_logs.s3.prefix", "", ANY),
    ("client_keep_alive.seconds", "3600", "60-604800"),
    ("connection_logs.s3.enabled", "false", FLAG),
    ("connection_logs.s3.bucket", "", ANY),
    ("connection_logs.s3.prefix", "", ANY),
    ("deletion_protection.enabled", "false", FLAG),
    ("idle_timeout.timeout_seconds", "60", "1-4000"),
    ("ipv6.deny_all_igw_traffic", "false", FLAG),
    ("load_balancing.cross_zone.enabled", "true", "true"),
    ("routing.http.desync_mitigation_mode", "defensive", "monitor defensive strictest"),
    ("routing.http.drop_invalid_header_fields.enabled", "false", FLAG),
    ("routing.http.preserve_host_header.enabled", "false", FLAG),
    ("routing.http.x_amzn_tls_version_and_cipher_suite.enabled", "false", FLAG),
    ("routing.http.xff_client_port.enabled", "false", FLAG),
    ("routing.http.xff_header_processing.mode", "append", "append preserve remove"),
    ("routing.http2.enabled", "true", FLAG),
    ("waf.fail_open.enabled", "false", FLAG),
    ("zonal_shift.config.enabled", "false", FLAG),
];

/// The attributes of a new load balancer.
#[must_use]
pub fn usual() -> Tags {
    KNOWN.iter().map(|(key, value, _)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The attributes that a call changes, in `Attributes`, each one that there is and has a value it can have.
///
/// # Errors
/// `ValidationError`.
pub fn changes(call: &Call<'_>, known: &[(&str, &str, &str)], word: &str) -> Result<Tags> {
    let read = |item: &crate::loopback::params::Params| {
        let (key, value) = (item.text("Key").unwrap_or_default(), item.text("Value").unwrap_or_default());
        let found = known.iter().find(|(name, _, _)| *name == key);
        let (_, _, allowed) =
            found.ok_or_else(|| invalid(format!("{word} attribute key '{key}' is not recognized")))?;
        if fits(value, allowed) {
            return Ok((key.to_owned(), value.to_owned()));
        }
        Err(invalid(format!("{word} attribute '{key}' cannot be '{value}'")))
    };
    call.params.items("Attributes").into_iter().map(read).collect()
}

fn fits(value: &str, allowed: &str) -> bool {
    let range =
        allowed.split_once('-').and_then(|(low, high)| Some(low.parse::<u32>().ok()?..=high.parse().ok()?));
    match range {
        Some(range) => value.parse().is_ok_and(|number: u32| range.contains(&number)),
        None => allowed.is_empty() || allowed.split(' ').any(|word| word == value),
    }
}

fn answer(attributes: &Tags) -> Reply {
    Node::new().named_list("Attributes", "member", tag_nodes(attributes)).into()
}

fn show(call: &mut Call<'_>) -> Result<Reply> {
    Ok(answer(&call.balanced::<LoadBalancer>(call.params.required("LoadBalancerArn")?)?.attributes))
}

fn modify(call: &mut Call<'_>) -> Result<Reply> {
    let arn = call.params.required("LoadBalancerArn")?;
    let changes = changes(call, KNOWN, "Load balancer")?;
    let attributes = &mut call.balanced_mut::<LoadBalancer>(arn)?.attributes;
    attributes.extend(changes);
    for logs in ["access_logs.s3", "connection_logs.s3"] {
        let is =
            |what: &str, value: &str| attributes.get(&format!("{logs}.{what}")).is_some_and(|v| v == value);
        if is("enabled", "true") && is("bucket", "") {
            let message = format!("'{logs}.bucket' must be specified where logs are enabled");
            return Err(AwsError::new("InvalidConfigurationRequest", message));
        }
    }
    Ok(answer(attributes))
}
