//! What is noted on a server itself, as tags, so that another machine and a later run know it: who may log in, as whom, and by which
//! host key the server is known.

use aws_sdk_ec2::types as ec2;

use crate::session::Session;
use crate::ssh::PublicKey;
use crate::tags::ec2_value;

/// The fingerprint of the public key that may log in.
pub const LOGIN_KEY: &str = "LoginKey";
/// Whom to log in as.
pub const LOGIN_USER: &str = "LoginUser";
/// The server's public host key, once it was seen on the console.
pub const HOST_KEY: &str = "HostKey";

/// The tags of a server and of what belongs to it. A person's own tag may not take the place of a mark: these three, and `others`.
pub fn tags(session: &Session, component: &str, name: &str, others: &[&str]) -> Vec<(String, String)> {
    let mut tags = session.identity.tags_of(component, name);
    tags.retain(|(key, _)| {
        ![LOGIN_KEY, LOGIN_USER, HOST_KEY].contains(&key.as_str()) && !others.contains(&key.as_str())
    });
    tags
}

/// The host key that was noted.
pub fn host_key(tags: &[ec2::Tag]) -> Option<PublicKey> {
    PublicKey::parse(ec2_value(tags, HOST_KEY)?)
}
