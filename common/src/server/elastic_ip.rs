//! The elastic IP of a server. `AllocateAddress` is protected by no token and no name: see [`crate::converge`].

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;

use crate::call::Call as _;
use crate::converge::{Resource, Unprotected};
use crate::fault::{is_code, is_missing};
use crate::session::Session;
use crate::tags::{ec2_filter, ec2_own, ec2_specification};
use crate::wait::while_refused;

/// An elastic IP that is to be there.
pub struct ElasticIp {
    pub name: String,
    /// Its `Component` tag.
    pub component: &'static str,
}

/// One that is there.
#[derive(Debug, Clone)]
pub struct FoundAddress {
    pub allocation: String,
    pub public_ip: Option<Ipv4Addr>,
    /// The instance it leads to.
    pub instance: Option<String>,
    pub tags: Vec<ec2::Tag>,
}

impl From<ec2::Address> for FoundAddress {
    fn from(address: ec2::Address) -> Self {
        Self {
            allocation: address.allocation_id.unwrap_or_default(),
            public_ip: address.public_ip.and_then(|ip| ip.parse().ok()),
            instance: address.instance_id.filter(|id| !id.is_empty()),
            tags: address.tags.unwrap_or_default(),
        }
    }
}

impl fmt::Display for ElasticIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "elastic IP {}", self.name)
    }
}

impl Resource for ElasticIp {
    type Found = FoundAddress;

    fn id(found: &FoundAddress) -> String {
        found.allocation.clone()
    }

    async fn create(&self, session: &Session) -> Result<FoundAddress> {
        let tags = session.identity.tags_of(self.component, &self.name);
        let made = session
            .aws
            .ec2_once()
            .allocate_address()
            .domain(ec2::DomainType::Vpc)
            .tag_specifications(ec2_specification(ec2::ResourceType::ElasticIp, &tags))
            .send()
            .await
            .cannot(format!("allocate the {self}"))?;
        Ok(FoundAddress {
            allocation: made.allocation_id.unwrap_or_default(),
            public_ip: made.public_ip.and_then(|ip| ip.parse().ok()),
            instance: None,
            tags: crate::tags::ec2_tags(&tags),
        })
    }
}

impl Unprotected for ElasticIp {
    async fn look(&self, session: &Session) -> Result<Vec<FoundAddress>> {
        list(session, &self.name).await
    }

    fn is_in_use(found: &FoundAddress) -> bool {
        found.instance.is_some()
    }

    async fn discard(&self, session: &Session, found: &FoundAddress) -> Result<()> {
        release(session, &found.allocation).await
    }
}

/// All elastic IPs of this environment with this name.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, name: &str) -> Result<Vec<FoundAddress>> {
    let answer = session
        .aws
        .ec2()
        .describe_addresses()
        .set_filters(Some(ec2_own(&session.identity)))
        .filters(ec2_filter("tag:Name", [name]))
        .send()
        .await
        .cannot("look up the elastic IP")?;
    Ok(answer.addresses.unwrap_or_default().into_iter().map(FoundAddress::from).collect())
}

/// Leads it to an instance, as soon as EC2 takes the instance for running.
///
/// # Errors
/// AWS's refusal.
pub async fn associate(session: &Session, allocation: &str, instance: &str) -> Result<()> {
    // What was made a moment ago may not be known yet, and an instance that describes as running may still pass for pending.
    let codes = [
        "InvalidAllocationID.NotFound",
        "InvalidInstanceID.NotFound",
        "InvalidInstanceID",
        "IncorrectInstanceState",
    ];
    let longest = Duration::from_mins(5);
    while_refused(session, &codes, "the instance to take its elastic IP", longest, async || {
        let call = session.aws.ec2().associate_address().allocation_id(allocation).instance_id(instance);
        call.allow_reassociation(true)
            .send()
            .await
            .cannot(format!("lead the elastic IP {allocation} to the instance {instance}"))
    })
    .await
    .map(|_| ())
}

/// Releases it, as soon as the instance that had it has let go. AWS answers `AuthFailure` for one that was released a while ago.
///
/// # Errors
/// AWS's refusal.
pub async fn release(session: &Session, allocation: &str) -> Result<()> {
    let what = format!("the elastic IP {allocation} to be free");
    let longest = Duration::from_mins(10);
    let released = while_refused(session, &["InvalidIPAddress.InUse"], &what, longest, async || {
        let call = session.aws.ec2().release_address().allocation_id(allocation);
        call.send().await.cannot(format!("release the elastic IP {allocation}"))
    });
    match released.await {
        Err(error) if !is_missing(&error) && !is_code(&error, &["AuthFailure"]) => Err(error),
        _ => Ok(()),
    }
}
