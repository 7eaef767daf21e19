//! The document's section, from what was found.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::section::Bastion;
use common::server::mark::{self, LOGIN_KEY};
use common::server::{FoundAddress, user};
use common::session::Session;
use common::tags::ec2_value;

use crate::inventory::{Inventory, name};

/// The name of the section.
pub const SECTION: &str = "bastion";

/// The server as the document shows it, without its host key.
pub fn section(session: &Session, found: Option<&ec2::Instance>, address: Option<&FoundAddress>) -> Bastion {
    let found_name = Some(name(session));
    let (public_ip, allocation_id) =
        address.map_or((None, None), |it| (it.public_ip, Some(it.allocation.clone())));
    let Some(found) = found else {
        return Bastion { name: found_name, public_ip, allocation_id, ..Bastion::default() };
    };
    Bastion {
        id: found.instance_id().map(str::to_owned),
        name: found_name,
        public_ip,
        allocation_id,
        private_ip: found.private_ip_address().and_then(|ip| ip.parse().ok()),
        availability_zone: found.placement().and_then(|it| it.availability_zone()).map(str::to_owned),
        image_id: found.image_id().map(str::to_owned),
        instance_type: found.instance_type().map(|it| it.as_str().to_owned()),
        user: Some(user::of(found.tags()).to_owned()),
        key_fingerprint: ec2_value(found.tags(), LOGIN_KEY).map(str::to_owned),
        host_key: None,
    }
}

/// Writes the document with the server as it was found, its host key included.
///
/// # Errors
/// Stdout cannot be written.
pub fn write(session: &Session, inventory: &Inventory, found: &ec2::Instance) -> Result<()> {
    let mut section = section(session, Some(found), inventory.address_of(found));
    section.host_key = mark::host_key(found.tags()).map(|key| key.line());
    session.write(|document| document.set_section(SECTION, &section))
}
