//! The gateway endpoint that keeps traffic to S3 off the NAT gateway. It costs nothing.

use std::fmt;

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types::{self as ec2, State as Ec2State, VpcEndpointType};
use common::call::Call as _;
use common::converge::{Resource, Unique};
use common::fault::{Fault, Kind, is_missing};
use common::session::Session;
use common::tags::{ec2_filter, ec2_name, ec2_own, ec2_specification};
use common::token;
use common::wait::{State, while_missing};

use crate::living;

/// The endpoint that is to be there.
pub struct Endpoint<'a> {
    pub name: String,
    pub service: String,
    pub vpc: Option<&'a str>,
    /// The ids of all route tables, sorted.
    pub tables: Vec<String>,
    /// How many dead ones of its name the VPC has.
    pub dead: usize,
    /// Whether the VPC was made by this run, so that no token can stand for an endpoint that is dead.
    pub is_new: bool,
}

/// `com.amazonaws.us-east-1.s3`.
pub fn service_name(region: &str) -> String {
    format!("com.amazonaws.{region}.s3")
}

impl fmt::Display for Endpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VPC endpoint {}", self.name)
    }
}

impl Endpoint<'_> {
    fn lacking(&self, found: &ec2::VpcEndpoint) -> Vec<String> {
        self.tables.iter().filter(|table| !found.route_table_ids().contains(table)).cloned().collect()
    }

    async fn create_under(
        &self,
        session: &Session,
        tags: &[(String, String)],
        generation: usize,
    ) -> Result<ec2::VpcEndpoint> {
        let specification =
            [self.vpc.unwrap_or_default(), &self.service, &self.tables.join(" "), &format!("{tags:?}")];
        let token = token::derived(&session.identity, "s3 endpoint", &specification, generation);
        let made = while_missing(session, async || {
            session
                .aws
                .ec2()
                .create_vpc_endpoint()
                .vpc_endpoint_type(VpcEndpointType::Gateway)
                .set_vpc_id(self.vpc.map(str::to_owned))
                .service_name(&self.service)
                .set_route_table_ids(Some(self.tables.clone()))
                .client_token(&token)
                .tag_specifications(ec2_specification(ec2::ResourceType::VpcEndpoint, tags))
                .send()
                .await
                .cannot(format!("create the {self}"))
        })
        .await?;
        made.vpc_endpoint.context("EC2 answered no VPC endpoint")
    }
}

impl Resource for Endpoint<'_> {
    type Found = ec2::VpcEndpoint;

    fn id(found: &ec2::VpcEndpoint) -> String {
        found.vpc_endpoint_id().unwrap_or_default().to_owned()
    }

    fn amendments(&self, found: &ec2::VpcEndpoint) -> Result<Vec<String>> {
        let lacking = self.lacking(found);
        Ok(if lacking.is_empty() { Vec::new() } else { vec![format!("add {}", lacking.join(", "))] })
    }

    async fn create(&self, session: &Session) -> Result<ec2::VpcEndpoint> {
        let tags = session.identity.tags_of("vpc", &self.name);
        living::create(
            self.dead,
            "VPC endpoint",
            async |generation| self.create_under(session, &tags, generation).await,
            async |made| {
                let id = Self::id(made);
                Ok(is_live(made)
                    && (self.is_new
                        || living::is_known(async || Ok(is_live(&read(session, &id).await?))).await?))
            },
        )
        .await
    }

    async fn amend(&self, session: &Session, found: ec2::VpcEndpoint) -> Result<ec2::VpcEndpoint> {
        let id = Self::id(&found);
        let lacking = self.lacking(&found);
        let added = while_missing(session, async || {
            let call = session.aws.ec2().modify_vpc_endpoint().vpc_endpoint_id(&id);
            call.set_add_route_table_ids(Some(lacking.clone()))
                .send()
                .await
                .cannot(format!("add route tables to the {self}"))
        });
        if let Err(error) = added.await {
            // A call whose answer was lost: AWS refuses to add the same route twice.
            if !self.lacking(&read(session, &id).await?).is_empty() {
                return Err(error);
            }
        }
        Ok(found)
    }
}

impl Unique for Endpoint<'_> {
    /// Each of its tables takes one route to S3.
    const TAKEN: &'static [&'static str] = &["RouteAlreadyExists"];

    async fn look(&self, session: &Session) -> Result<Vec<ec2::VpcEndpoint>> {
        let mut filters = ec2_own(&session.identity);
        filters.push(ec2_filter("vpc-id", self.vpc));
        filters.push(ec2_filter("tag:Name", [self.name.as_str()]));
        let mut found = list(session, filters).await?;
        found.retain(is_live);
        Ok(found)
    }
}

/// All endpoints that fit the filters, dead ones included.
///
/// # Errors
/// AWS's refusal.
pub async fn list(session: &Session, filters: Vec<ec2::Filter>) -> Result<Vec<ec2::VpcEndpoint>> {
    session
        .aws
        .ec2()
        .describe_vpc_endpoints()
        .set_filters(Some(filters))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .cannot("look up the VPC endpoints")
}

async fn read(session: &Session, id: &str) -> Result<ec2::VpcEndpoint> {
    let answer = session.aws.ec2().describe_vpc_endpoints().vpc_endpoint_ids(id).send().await;
    let mut found =
        answer.cannot(format!("look up the VPC endpoint {id}"))?.vpc_endpoints.unwrap_or_default();
    found.pop().with_context(|| format!("EC2 answered no VPC endpoint {id}"))
}

/// Whether it works or will. AWS spells the states in two ways: `available` in its documents, `Available` in some answers.
pub fn is_live(endpoint: &ec2::VpcEndpoint) -> bool {
    let state = endpoint.state().map(|state| state.as_str().to_ascii_lowercase());
    matches!(state.as_deref(), None | Some("available" | "pending" | "pendingacceptance"))
}

/// Where it stands.
///
/// # Errors
/// It failed, or was deleted meanwhile.
pub fn state(endpoint: &ec2::VpcEndpoint) -> Result<State> {
    let name = ec2_name(endpoint.tags());
    if endpoint.state().is_none_or(|state| state.as_str().eq_ignore_ascii_case(Ec2State::Available.as_str()))
    {
        return Ok(State::Ready);
    }
    let state = endpoint.state().map_or("unknown", Ec2State::as_str);
    if is_live(endpoint) {
        return Ok(State::Pending(state.to_owned()));
    }
    let reason = endpoint.last_error().and_then(|error| error.message()).unwrap_or("AWS gave no reason");
    let fault = Fault::new(Kind::Failed, format!("VPC endpoint {name} is {state}: {reason}"));
    Err(fault.hint("run the same command again: it makes another one").into())
}

/// Takes route tables off it; those that are off already are as good.
///
/// # Errors
/// AWS's refusal.
pub async fn remove_tables(session: &Session, id: &str, tables: Vec<String>) -> Result<()> {
    let call = session.aws.ec2().modify_vpc_endpoint().vpc_endpoint_id(id);
    let removed = call.set_remove_route_table_ids(Some(tables.clone())).send().await;
    let Err(error) = removed.cannot(format!("take route tables off the VPC endpoint {id}")) else {
        return Ok(());
    };
    // A call whose answer was lost: AWS refuses to take off what is not there.
    match read(session, id).await {
        Ok(now) if !now.route_table_ids().iter().any(|there| tables.contains(there)) => Ok(()),
        Err(now) if is_missing(&now) => Ok(()),
        _ => Err(error),
    }
}

/// Deletes them; AWS answers success and lists what it could not delete.
///
/// # Errors
/// AWS's refusal.
pub async fn delete(session: &Session, ids: &[String]) -> Result<()> {
    let call = session.aws.ec2().delete_vpc_endpoints().set_vpc_endpoint_ids(Some(ids.to_vec()));
    let answer = call.send().await.cannot("delete the VPC endpoint")?;
    for left in answer.unsuccessful() {
        let Some(error) = left.error() else { continue };
        let code = error.code().unwrap_or_default();
        if !code.contains("NotFound") {
            let message = error.message().unwrap_or_default();
            let id = left.resource_id().unwrap_or_default();
            return Err(Fault::new(
                Kind::Failed,
                format!("cannot delete the VPC endpoint {id}: {code}: {message}"),
            )
            .into());
        }
    }
    Ok(())
}
