//! The EC2 key pair that carries the public login key into the instance: the appliance's user data has no place for it.
//!
//! Its name ends in the beginning of the key's fingerprint, so two machines with a key each do not meet.

use std::fmt;

use anyhow::Result;
use aws_sdk_ec2::primitives::Blob;
use aws_sdk_ec2::types as ec2;
use common::call::Call as _;
use common::converge::{Resource, Unique};
use common::session::Session;
use common::ssh::PublicKey;
use common::tags::{ec2_filter, ec2_own, ec2_specification};

use crate::inventory::COMPONENT;

/// The key pair that is to be there.
pub struct KeyPair {
    pub name: String,
    key: PublicKey,
}

impl KeyPair {
    /// `expense-dev-vpn-3kTMd8qz` for a key of this fingerprint.
    pub fn of(session: &Session, key: &PublicKey) -> Self {
        let fingerprint = key.fingerprint();
        let hash = fingerprint.trim_start_matches("SHA256:").chars().filter(char::is_ascii_alphanumeric);
        let name = format!("{}-{}", session.identity.name(COMPONENT), hash.take(8).collect::<String>());
        Self { name, key: key.clone() }
    }
}

impl fmt::Display for KeyPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key pair {}", self.name)
    }
}

impl Resource for KeyPair {
    type Found = ec2::KeyPairInfo;

    fn id(found: &ec2::KeyPairInfo) -> String {
        found.key_pair_id().unwrap_or_default().to_owned()
    }

    async fn create(&self, session: &Session) -> Result<ec2::KeyPairInfo> {
        let tags = session.identity.tags_of(COMPONENT, &self.name);
        let made = session
            .aws
            .ec2()
            .import_key_pair()
            .key_name(&self.name)
            .public_key_material(Blob::new(self.key.line()))
            .tag_specifications(ec2_specification(ec2::ResourceType::KeyPair, &tags))
            .send()
            .await
            .cannot(format!("import the {self}"))?;
        Ok(ec2::KeyPairInfo::builder().set_key_pair_id(made.key_pair_id).key_name(&self.name).build())
    }
}

impl Unique for KeyPair {
    const TAKEN: &'static [&'static str] = &["InvalidKeyPair.Duplicate"];

    async fn look(&self, session: &Session) -> Result<Vec<ec2::KeyPairInfo>> {
        let mut found = list(session).await?;
        found.retain(|it| it.key_name() == Some(&self.name));
        Ok(found)
    }
}

/// All key pairs of this environment's VPN server.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session) -> Result<Vec<ec2::KeyPairInfo>> {
    let call = session.aws.ec2().describe_key_pairs().set_filters(Some(ec2_own(&session.identity)));
    let call = call.filters(ec2_filter("tag:Component", [COMPONENT]));
    let answer = call.send().await.cannot("look up the key pairs")?;
    Ok(answer.key_pairs.unwrap_or_default())
}

/// Deletes one. EC2 takes it well where it is gone already.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, id: &str) -> Result<()> {
    let call = session.aws.ec2().delete_key_pair().key_pair_id(id);
    match call.send().await.cannot(format!("delete the key pair {id}")) {
        Err(error) if !common::fault::is_missing(&error) => Err(error),
        _ => Ok(()),
    }
}
