//! NAT gateways. A failed or deleted one lingers in describes for an hour: it does not count, except that it has used up a token.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types::{self as ec2, NatGatewayState};
use common::call::Call as _;
use common::converge::Resource;
use common::fault::{Fault, Kind, is_missing};
use common::session::Session;
use common::tags::{ec2_filter, ec2_name, ec2_specification};
use common::token;
use common::wait::{State, until_ready, while_missing};

use crate::living;

/// AWS takes one to three minutes either way.
pub const LONGEST: Duration = Duration::from_mins(10);

/// A NAT gateway that is to be there.
pub struct NatGateway<'a> {
    pub name: String,
    pub subnet: Option<&'a str>,
    pub allocation: Option<&'a str>,
    /// Those of the VPC that do not live any more.
    pub dead: &'a [ec2::NatGateway],
}

impl fmt::Display for NatGateway<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NAT gateway {}", self.name)
    }
}

impl NatGateway<'_> {
    async fn create_under(
        &self,
        session: &Session,
        tags: &[(String, String)],
        generation: usize,
    ) -> Result<ec2::NatGateway> {
        let text = format!("{tags:?}");
        let specification =
            [self.subnet.unwrap_or_default(), self.allocation.unwrap_or_default(), text.as_str()];
        let token = token::derived(&session.identity, &self.name, &specification, generation);
        let made = while_missing(session, async || {
            session
                .aws
                .ec2()
                .create_nat_gateway()
                .set_subnet_id(self.subnet.map(str::to_owned))
                .set_allocation_id(self.allocation.map(str::to_owned))
                .client_token(&token)
                .tag_specifications(ec2_specification(ec2::ResourceType::Natgateway, tags))
                .send()
                .await
                .cannot(format!("create the {self}"))
        })
        .await?;
        made.nat_gateway.context("EC2 answered no NAT gateway")
    }

    /// One that is being deleted holds the address until it is gone.
    async fn wait_for_address(&self, session: &Session) -> Result<()> {
        let going: Vec<String> = self
            .dead
            .iter()
            .filter(|nat| nat.state() == Some(&NatGatewayState::Deleting))
            .filter(|nat| {
                nat.nat_gateway_addresses().iter().any(|taken| taken.allocation_id() == self.allocation)
            })
            .map(Self::id)
            .collect();
        if going.is_empty() { Ok(()) } else { until_deleted(session, &going).await }
    }
}

impl Resource for NatGateway<'_> {
    type Found = ec2::NatGateway;

    fn id(found: &ec2::NatGateway) -> String {
        found.nat_gateway_id().unwrap_or_default().to_owned()
    }

    async fn create(&self, session: &Session) -> Result<ec2::NatGateway> {
        self.wait_for_address(session).await?;
        let tags = session.identity.tags_of("vpc", &self.name);
        let generation = self.dead.iter().filter(|nat| ec2_name(nat.tags()) == self.name).count();
        living::create(
            generation,
            "NAT gateway",
            async |generation| self.create_under(session, &tags, generation).await,
            async |made| Ok(is_live(made)),
        )
        .await
    }
}

/// All NAT gateways that fit the filters, dead ones included.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::NatGateway>> {
    session
        .aws
        .ec2()
        .describe_nat_gateways()
        .set_filter(Some(filters))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the NAT gateways")
}

/// Whether it works or will.
pub fn is_live(nat: &ec2::NatGateway) -> bool {
    matches!(nat.state(), Some(NatGatewayState::Pending | NatGatewayState::Available))
}

/// Whether routes can go to it.
pub fn is_available(nat: &ec2::NatGateway) -> bool {
    nat.state() == Some(&NatGatewayState::Available)
}

/// Where it stands; one that failed is an error with AWS's code and message.
///
/// # Errors
/// It failed, or was deleted meanwhile.
pub fn state(nat: &ec2::NatGateway) -> Result<State> {
    let name = ec2_name(nat.tags());
    match nat.state() {
        Some(NatGatewayState::Available) => Ok(State::Ready),
        Some(NatGatewayState::Pending) | None => Ok(State::Pending("pending".to_owned())),
        Some(state) => {
            let code = nat.failure_code().unwrap_or(state.as_str());
            let message = nat.failure_message().unwrap_or("AWS gave no reason").trim_end_matches('.');
            let fault = Fault::new(Kind::Failed, format!("NAT gateway {name} failed: {code}: {message}"));
            Err(fault.hint(hint(code)).into())
        }
    }
}

fn hint(code: &str) -> &'static str {
    match code {
        "InsufficientFreeAddressesInSubnet" => {
            "free an address in its public subnet, then run the same command again"
        }
        "Gateway.NotAttached" => "see that the internet gateway is attached, then run the same command again",
        _ => "run the same command again: it makes another one on the same elastic IP",
    }
}

/// Deletes it; one that is gone already is as good.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, id: &str, name: &str) -> Result<()> {
    let deleted = session.aws.ec2().delete_nat_gateway().nat_gateway_id(id).send().await;
    match deleted.cannot(format!("delete the NAT gateway {name}")) {
        Err(error) if !is_missing(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Waits until they have let go of their addresses and subnets.
///
/// # Errors
/// Not in time; AWS's refusal.
pub async fn until_deleted(session: &Session, ids: &[String]) -> Result<()> {
    until_ready(session, LONGEST, async || {
        let filter = ec2_filter("nat-gateway-id", ids.iter().cloned());
        let left = list(session, vec![filter]).await?;
        Ok(left
            .iter()
            .map(|nat| {
                let is_gone = matches!(nat.state(), Some(NatGatewayState::Deleted | NatGatewayState::Failed));
                let state = if is_gone { State::Ready } else { State::Pending("deleting".to_owned()) };
                (format!("NAT gateway {}", ec2_name(nat.tags())), state)
            })
            .collect())
    })
    .await
}
