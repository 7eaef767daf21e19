//! The section of `vpn`.

use std::net::Ipv4Addr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::shape;

/// The VPN server, an OpenVPN Access Server. Whether it answers is not in the document: `vpn show --wait` waits for that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Vpn {
    #[serde(default, deserialize_with = "shape::instance_id")]
    #[schemars(regex(pattern = r"^i-[0-9a-f]{8,17}$"))]
    pub id: Option<String>,
    /// Its name in AWS, e.g. `expense-dev-vpn`.
    pub name: Option<String>,
    /// The elastic IP, which is also the host name that the profiles of its users carry.
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
    /// Whom to log in as with SSH: `openvpnas`.
    pub user: Option<String>,
    /// The fingerprint of the public key that may log in with SSH, as `ssh-keygen -l` shows it: `SHA256:…`.
    pub key_fingerprint: Option<String>,
    /// Where it is administered; reached from the admin CIDRs only.
    pub admin_url: Option<String>,
    /// Who administers it: `openvpn`.
    pub admin_user: Option<String>,
    /// Where its users fetch their profiles and programs.
    pub client_url: Option<String>,
    /// Where the password of its administrator is kept; never the password.
    #[serde(default, deserialize_with = "shape::secret_arn")]
    #[schemars(regex(pattern = r"^arn:aws[a-z-]*:secretsmanager:"))]
    pub secret_arn: Option<String>,
}
