//! The peering with the account's default VPC. `CreateVpcPeeringConnection` is protected by no token; dead ones linger for hours.

use std::fmt;
use std::time::Duration;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types::{self as ec2, VpcPeeringConnectionStateReasonCode as Code};
use common::call::Call as _;
use common::converge::{Resource, Unprotected, converge_unprotected};
use common::fault::{Fault, Kind, is_code, is_missing};
use common::session::Session;
use common::tags::{ec2_filter, ec2_name, ec2_own, ec2_specification};
use common::wait::{State, while_missing, while_refused};

/// AWS takes seconds.
const LONGEST: Duration = Duration::from_mins(5);

/// The peering that is to be there.
pub struct Peering<'a> {
    pub name: String,
    pub vpc: Option<&'a str>,
    /// The default VPC.
    pub peer: &'a str,
}

impl fmt::Display for Peering<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "peering {}", self.name)
    }
}

impl Resource for Peering<'_> {
    type Found = ec2::VpcPeeringConnection;

    fn id(found: &ec2::VpcPeeringConnection) -> String {
        found.vpc_peering_connection_id().unwrap_or_default().to_owned()
    }

    async fn create(&self, session: &Session) -> Result<ec2::VpcPeeringConnection> {
        let tags = session.identity.tags_of("vpc", &self.name);
        let made = while_missing(session, async || {
            session
                .aws
                .ec2_once()
                .create_vpc_peering_connection()
                .set_vpc_id(self.vpc.map(str::to_owned))
                .peer_vpc_id(self.peer)
                .tag_specifications(ec2_specification(ec2::ResourceType::VpcPeeringConnection, &tags))
                .send()
                .await
                .cannot(format!("create the {self}"))
        });
        match made.await {
            Ok(made) => made.vpc_peering_connection.context("EC2 answered no peering"),
            Err(error) if is_code(&error, &["VpcPeeringConnectionAlreadyExists"]) => {
                let conflict = Fault::conflict("the VPC has a peering with the default VPC that is not ours")
                    .hint("delete that peering, then run the same command again");
                self.look(session).await?.pop().ok_or_else(|| error.context(conflict))
            }
            Err(error) => Err(error),
        }
    }
}

impl Unprotected for Peering<'_> {
    async fn look(&self, session: &Session) -> Result<Vec<ec2::VpcPeeringConnection>> {
        let mut filters = ec2_own(&session.identity);
        filters.push(ec2_filter("tag:Name", [self.name.as_str()]));
        let mut found = list(session, filters).await?;
        found.retain(|it| is_live(it) && it.requester_vpc_info().and_then(|vpc| vpc.vpc_id()) == self.vpc);
        Ok(found)
    }

    fn is_in_use(found: &ec2::VpcPeeringConnection) -> bool {
        is_accepted(found)
    }

    async fn discard(&self, session: &Session, found: &ec2::VpcPeeringConnection) -> Result<()> {
        delete(session, &Self::id(found)).await
    }
}

/// Makes it and accepts it: both ends are ours. Answers its id.
///
/// # Errors
/// It failed; AWS's refusal.
pub async fn connect(
    session: &Session,
    peering: &Peering<'_>,
    found: &[ec2::VpcPeeringConnection],
) -> Result<Option<String>> {
    let Some(found) = Box::pin(converge_unprotected(session, peering, found)).await? else { return Ok(None) };
    let id = Peering::id(&found);
    if !is_accepted(&found) {
        let what = format!("{peering}: accept");
        session.change(what, accept(session, &id)).await?;
    }
    Ok(Some(id))
}

async fn accept(session: &Session, id: &str) -> Result<()> {
    let too_early = ["InvalidStateTransition", "InvalidVpcPeeringConnectionID.NotFound"];
    while_refused(session, &too_early, "the peering to be accepted", LONGEST, async || {
        let call = session.aws.ec2().accept_vpc_peering_connection().vpc_peering_connection_id(id);
        match call.send().await.cannot(format!("accept the peering {id}")) {
            Err(error) if is_code(&error, &["InvalidStateTransition"]) => {
                let now = list(session, vec![ec2_filter("vpc-peering-connection-id", [id])]).await?;
                match now.first() {
                    Some(now) if is_accepted(now) => Ok(()),
                    Some(now) => state(now).and(Err(error)),
                    None => Err(error),
                }
            }
            other => other.map(|_| ()),
        }
    })
    .await
}

/// All peerings that fit the filters, dead ones included.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::VpcPeeringConnection>> {
    session
        .aws
        .ec2()
        .describe_vpc_peering_connections()
        .set_filters(Some(filters))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the peering")
}

fn code(peering: &ec2::VpcPeeringConnection) -> Option<&Code> {
    peering.status().and_then(|status| status.code())
}

/// Whether it works or will.
pub fn is_live(peering: &ec2::VpcPeeringConnection) -> bool {
    is_accepted(peering) || matches!(code(peering), Some(Code::InitiatingRequest | Code::PendingAcceptance))
}

fn is_accepted(peering: &ec2::VpcPeeringConnection) -> bool {
    matches!(code(peering), Some(Code::Active | Code::Provisioning))
}

/// Whether traffic passes.
pub fn is_active(peering: &ec2::VpcPeeringConnection) -> bool {
    code(peering) == Some(&Code::Active)
}

/// Where it stands.
///
/// # Errors
/// It failed, or was deleted meanwhile.
pub fn state(peering: &ec2::VpcPeeringConnection) -> Result<State> {
    let word = code(peering).map_or("unknown", Code::as_str);
    if is_active(peering) {
        return Ok(State::Ready);
    }
    if is_live(peering) {
        return Ok(State::Pending(word.to_owned()));
    }
    let reason = peering.status().and_then(|status| status.message()).unwrap_or("AWS gave no reason");
    let name = ec2_name(peering.tags());
    let fault = Fault::new(Kind::Failed, format!("peering {name} is {word}: {reason}"));
    Err(fault.hint("run the same command again: it makes another one").into())
}

/// Deletes it; one that is gone already, or dead, is as good.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, id: &str) -> Result<()> {
    let call = session.aws.ec2().delete_vpc_peering_connection().vpc_peering_connection_id(id);
    match call.send().await.cannot(format!("delete the peering {id}")) {
        Err(error) if !is_missing(&error) && !is_code(&error, &["InvalidStateTransition"]) => Err(error),
        _ => Ok(()),
    }
}
