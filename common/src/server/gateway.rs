//! The bastion as OpenSSH reaches it: the way to every private server.

use std::net::Ipv4Addr;

use aws_sdk_ec2::types as ec2;

use super::mark::LOGIN_KEY;
use super::user;
use crate::session::Session;
use crate::ssh::{Folder, Host, Trust};
use crate::tags::ec2_value;

/// The bastion as OpenSSH reaches it. `folder` is the environment's.
pub fn bastion_host(session: &Session, folder: &Folder, instance: &ec2::Instance, address: Ipv4Addr) -> Host {
    let fingerprint = ec2_value(instance.tags(), LOGIN_KEY).unwrap_or_default();
    Host {
        names: vec![session.identity.name("bastion")],
        address,
        user: user::of(instance.tags()).to_owned(),
        id: instance.instance_id().unwrap_or_default().to_owned(),
        identity: folder.identity_file(fingerprint),
        jump: None,
        trust: Trust::Known,
    }
}

/// Whether this machine can log in with the key of this fingerprint.
pub fn is_key_here(folder: &Folder, fingerprint: &str) -> bool {
    folder.identity_file(fingerprint).is_some()
}
