//! The elastic IP of a NAT gateway. `AllocateAddress` is protected by no token and no name.

use std::fmt;
use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::{Call as _, both};
use common::converge::{Resource, Unprotected};
use common::fault::{is_code, is_missing};
use common::session::Session;
use common::tags::{ec2_filter, ec2_own, ec2_specification};
use common::wait::while_refused;

use crate::nat_gateway;

/// An elastic IP that is to be there.
pub struct ElasticIp {
    pub name: String,
}

/// One that is there.
#[derive(Debug, Clone)]
pub struct FoundAddress {
    pub allocation: String,
    pub public_ip: Option<String>,
    in_use: bool,
}

impl FoundAddress {
    /// AWS shows the association some seconds after a NAT gateway took the address, so the gateways are asked as well.
    pub fn new(address: &ec2::Address, nats: &[ec2::NatGateway]) -> Self {
        let allocation = address.allocation_id().unwrap_or_default().to_owned();
        let is_taken = nats
            .iter()
            .filter(|nat| nat_gateway::is_live(nat))
            .flat_map(ec2::NatGateway::nat_gateway_addresses)
            .any(|taken| taken.allocation_id() == Some(&allocation));
        let in_use = is_taken || address.association_id().is_some();
        Self { allocation, public_ip: address.public_ip().map(str::to_owned), in_use }
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
        let tags = session.identity.tags_of("vpc", &self.name);
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
            public_ip: made.public_ip,
            in_use: false,
        })
    }
}

impl Unprotected for ElasticIp {
    async fn look(&self, session: &Session) -> Result<Vec<FoundAddress>> {
        let own = || {
            let mut filters = ec2_own(&session.identity);
            filters.push(ec2_filter("tag:Name", [self.name.as_str()]));
            filters
        };
        let (addresses, nats) = both(list(session, own()), nat_gateway::list(session, own())).await?;
        Ok(addresses.iter().map(|address| FoundAddress::new(address, &nats)).collect())
    }

    fn is_in_use(found: &FoundAddress) -> bool {
        found.in_use
    }

    async fn discard(&self, session: &Session, found: &FoundAddress) -> Result<()> {
        release(session, &found.allocation).await
    }
}

/// All elastic IPs that fit the filters.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::Address>> {
    let answer = session
        .aws
        .ec2()
        .describe_addresses()
        .set_filters(Some(filters))
        .send()
        .await
        .cannot("look up the elastic IPs")?;
    Ok(answer.addresses.unwrap_or_default())
}

/// Releases it, as soon as the NAT gateway that had it has let go. AWS answers `AuthFailure` for one that was released a while ago.
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
