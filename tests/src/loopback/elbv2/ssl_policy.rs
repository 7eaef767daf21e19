//! The security policies that HTTPS listeners can have.

use super::page::page;
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::{AwsError, Result};
use crate::loopback::xml::Node;

pub const ACTIONS: &[Action] =
    &[read("DescribeSSLPolicies", list, "Names.N LoadBalancerType PageSize Marker")];

/// Names, and the protocols that each speaks.
const ALL: &[(&str, &[&str])] = &[
    ("ELBSecurityPolicy-TLS13-1-2-2021-06", &["TLSv1.2", "TLSv1.3"]),
    ("ELBSecurityPolicy-TLS13-1-2-Res-2021-06", &["TLSv1.2", "TLSv1.3"]),
    ("ELBSecurityPolicy-TLS13-1-2-Ext1-2021-06", &["TLSv1.2", "TLSv1.3"]),
    ("ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06", &["TLSv1.2", "TLSv1.3"]),
    ("ELBSecurityPolicy-TLS13-1-1-2021-06", &["TLSv1.1", "TLSv1.2", "TLSv1.3"]),
    ("ELBSecurityPolicy-TLS13-1-0-2021-06", &["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]),
    ("ELBSecurityPolicy-TLS13-1-3-2021-06", &["TLSv1.3"]),
    ("ELBSecurityPolicy-TLS-1-2-2017-01", &["TLSv1.2"]),
    ("ELBSecurityPolicy-TLS-1-2-Ext-2018-06", &["TLSv1.2"]),
    ("ELBSecurityPolicy-TLS-1-1-2017-01", &["TLSv1.1", "TLSv1.2"]),
    ("ELBSecurityPolicy-FS-1-2-Res-2020-10", &["TLSv1.2"]),
    ("ELBSecurityPolicy-2016-08", &["TLSv1", "TLSv1.1", "TLSv1.2"]),
];

/// Refuses a policy that there is not.
///
/// # Errors
/// `SSLPolicyNotFound`.
pub fn named(name: &str) -> Result<()> {
    if ALL.iter().any(|(known, _)| *known == name) {
        return Ok(());
    }
    Err(AwsError::new("SSLPolicyNotFound", format!("SSL policy '{name}' not found")))
}

fn list(call: &mut Call<'_>) -> Result<Reply> {
    let names = call.params.texts("Names");
    names.iter().try_for_each(|name| named(name))?;
    let asked = ALL.iter().filter(|(name, _)| names.is_empty() || names.contains(name));
    let page = page(call.params, asked.collect())?;
    let nodes = page.items.into_iter().map(|(name, protocols)| {
        Node::new().put("Name", *name).texts("SslProtocols", "member", *protocols).texts(
            "SupportedLoadBalancerTypes",
            "member",
            ["application"],
        )
    });
    Ok(Node::new().named_list("SslPolicies", "member", nodes).maybe("NextMarker", page.next).into())
}
