//! The section of `bastion`.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::shape;

/// The server through which people reach the private ones. Whether it answers is not in the document: `bastion show --wait` waits for
/// that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bastion {
    #[serde(default, deserialize_with = "shape::instance_id")]
    #[schemars(regex(pattern = r"^i-[0-9a-f]{8,17}$"))]
    pub id: Option<String>,
    /// Its name in AWS, e.g. `expense-dev-bastion`.
    pub name: Option<String>,
    /// The elastic IP, which stays while the server is stopped.
    #[schemars(with = "Option<String>")]
    pub public_ip: Option<Ipv4Addr>,
    #[serde(default, deserialize_with = "shape::allocation_id")]
    #[schemars(regex(pattern = r"^eipalloc-[0-9a-f]{8,17}$"))]
    pub allocation_id: Option<String>,
    #[schemars(with = "Option<String>")]
    pub private_ip: Option<Ipv4Addr>,
    pub availability_zone: Option<String>,
    #[serde(default, deserialize_with = "shape::image_id")]
    #[schemars(regex(pattern = r"^ami-[0-9a-f]{8,17}$"))]
    pub image_id: Option<String>,
    pub instance_type: Option<String>,
    /// Whom to log in as, e.g. `ec2-user`.
    pub user: Option<String>,
    /// The fingerprint of the public key that may log in, as `ssh-keygen -l` shows it: `SHA256:…`.
    pub key_fingerprint: Option<String>,
    /// The server's own public key, `ssh-ed25519 …`. Known once the server has started for the first time: `bastion show` fills it.
    pub host_key: Option<String>,
}
