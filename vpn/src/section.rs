//! The document's section, from what was found.

use std::net::Ipv4Addr;

use aws_sdk_ec2::types as ec2;
use common::section::Vpn;
use common::server::FoundAddress;
use common::server::mark::LOGIN_KEY;
use common::session::Session;
use common::tags::ec2_value;

use crate::appliance::{ADMIN, LOGIN_USER};
use crate::inventory::name;

/// The name of the section.
pub const SECTION: &str = "vpn";

/// The server as the document shows it.
pub fn section(
    session: &Session,
    found: Option<&ec2::Instance>,
    address: Option<&FoundAddress>,
    secret_arn: Option<String>,
) -> Vpn {
    let public_ip = address.and_then(|it| it.public_ip);
    let section = Vpn {
        name: Some(name(session)),
        public_ip,
        allocation_id: address.map(|it| it.allocation.clone()),
        user: Some(LOGIN_USER.to_owned()),
        admin_url: public_ip.map(admin_url),
        admin_user: Some(ADMIN.to_owned()),
        client_url: public_ip.map(client_url),
        secret_arn,
        ..Vpn::default()
    };
    let Some(found) = found else { return section };
    Vpn {
        id: found.instance_id().map(str::to_owned),
        private_ip: found.private_ip_address().and_then(|ip| ip.parse().ok()),
        availability_zone: found.placement().and_then(|it| it.availability_zone()).map(str::to_owned),
        image_id: found.image_id().map(str::to_owned),
        instance_type: found.instance_type().map(|it| it.as_str().to_owned()),
        key_fingerprint: ec2_value(found.tags(), LOGIN_KEY).map(str::to_owned),
        ..section
    }
}

/// The port that the group opens to the admin CIDRs only.
fn admin_url(public_ip: Ipv4Addr) -> String {
    format!("https://{public_ip}:943/admin")
}

/// The port that the group opens to all.
fn client_url(public_ip: Ipv4Addr) -> String {
    format!("https://{public_ip}/")
}
