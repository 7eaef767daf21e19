//! The section of `alb`: load balancers by name.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::shape;

/// An application load balancer with its listeners. Its state is not in the document: `alb show --wait` waits until it is ready.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LoadBalancer {
    #[serde(default, deserialize_with = "shape::arn")]
    #[schemars(regex(pattern = r"^arn:aws[a-z-]*:elasticloadbalancing:"))]
    pub arn: Option<String>,
    /// Its name in AWS, e.g. `expense-dev-app`.
    pub name: Option<String>,
    /// `internal` or `internet-facing`.
    pub scheme: Option<String>,
    pub dns_name: Option<String>,
    /// The zone of `dns_name`, which an alias record names.
    pub canonical_hosted_zone_id: Option<String>,
    #[serde(default, deserialize_with = "shape::vpc_id")]
    #[schemars(regex(pattern = r"^vpc-[0-9a-f]{8,17}$"))]
    pub vpc_id: Option<String>,
    #[serde(default, deserialize_with = "shape::security_group_id")]
    #[schemars(regex(pattern = r"^sg-[0-9a-f]{8,17}$"))]
    pub security_group_id: Option<String>,
    #[serde(default)]
    pub listeners: Listeners,
    /// The domain it was given, e.g. `example.com`.
    pub domain: Option<String>,
    /// The record that leads to it: `*.app-dev.example.com` for an internal one, `web-dev.example.com` for one that faces the internet.
    pub host: Option<String>,
    #[serde(default, deserialize_with = "shape::arn")]
    #[schemars(regex(pattern = r"^arn:aws[a-z-]*:acm:"))]
    pub certificate_arn: Option<String>,
}

/// The ARNs of its listeners. Where there is one for HTTPS, the one for HTTP redirects to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Listeners {
    /// Port 80.
    #[serde(default, deserialize_with = "shape::arn")]
    pub http: Option<String>,
    /// Port 443, once the certificate is issued.
    #[serde(default, deserialize_with = "shape::arn")]
    pub https: Option<String>,
}

impl Entry for LoadBalancer {
    fn is_made(&self) -> bool {
        self.arn.is_some() || self.name.is_some()
    }
}
