//! The builder's way out. `vpc create` hands on its document while its NAT gateway is still being made, so that is waited for here.

use std::time::Duration;

use anyhow::Result;
use aws_sdk_ec2::types::{self as ec2, NatGatewayState};
use common::call::{Call as _, both};
use common::session::Session;
use common::tags::{ec2_filter, ec2_name};
use common::wait::{State, until_ready};

/// A NAT gateway takes one to three minutes.
const LONGEST: Duration = Duration::from_mins(10);

/// Waits until there is a way out of a subnet. Where there is none and none is being made, a line says so.
///
/// # Errors
/// The NAT gateway failed, with EC2's reason; not in time; AWS's refusal.
pub async fn until_out(session: &Session, vpc: &str, subnet: &str) -> Result<()> {
    let mut is_out = true;
    until_ready(session, LONGEST, async || {
        let (tables, gateways) = both(tables(session, vpc), gateways(session, vpc)).await?;
        let (state, found) = state(&tables, &gateways, subnet);
        is_out = found;
        Ok(vec![(format!("way out of {subnet}"), state)])
    })
    .await?;
    if !is_out {
        session.progress.line(&format!("{subnet} has no way out: the steps reach nothing but the VPC"));
    }
    Ok(())
}

async fn tables(session: &Session, vpc: &str) -> Result<Vec<ec2::RouteTable>> {
    let call = session.aws.ec2().describe_route_tables().filters(ec2_filter("vpc-id", [vpc]));
    call.into_paginator().items().send().try_collect().await.cannot("look up the route tables")
}

async fn gateways(session: &Session, vpc: &str) -> Result<Vec<ec2::NatGateway>> {
    let call = session.aws.ec2().describe_nat_gateways().filter(ec2_filter("vpc-id", [vpc]));
    call.into_paginator().items().send().try_collect().await.cannot("look up the NAT gateways")
}

/// Where the way out stands, and whether there is one at all.
fn state(tables: &[ec2::RouteTable], gateways: &[ec2::NatGateway], subnet: &str) -> (State, bool) {
    let has = |table: &&ec2::RouteTable, is_it: &dyn Fn(&ec2::RouteTableAssociation) -> bool| {
        table.associations().iter().any(is_it)
    };
    let own = tables.iter().find(|it| has(it, &|link| link.subnet_id() == Some(subnet)));
    let table = own.or_else(|| tables.iter().find(|it| has(it, &|link| link.main() == Some(true))));
    let routes = table.map(ec2::RouteTable::routes).unwrap_or_default();
    match routes.iter().find(|it| it.destination_cidr_block() == Some("0.0.0.0/0")) {
        Some(route) => match route.nat_gateway_id() {
            Some(id) => match gateways.iter().find(|it| it.nat_gateway_id() == Some(id)) {
                Some(gateway) => (of_gateway(gateway), true),
                None => (State::Pending("its NAT gateway is gone".to_owned()), true),
            },
            // An internet gateway, a transit gateway, an appliance: no business of ours.
            None => (State::Ready, true),
        },
        None => match gateways.iter().find(|it| is_coming(it)) {
            Some(gateway) => (State::Pending(format!("no route to {} yet", label(gateway))), true),
            None => match gateways.iter().find(|it| it.state() == Some(&NatGatewayState::Failed)) {
                Some(failed) => (of_gateway(failed), true),
                None => (State::Ready, false),
            },
        },
    }
}

fn is_coming(gateway: &ec2::NatGateway) -> bool {
    matches!(gateway.state(), Some(NatGatewayState::Pending | NatGatewayState::Available))
}

fn of_gateway(gateway: &ec2::NatGateway) -> State {
    let name = label(gateway);
    match gateway.state() {
        Some(NatGatewayState::Available) => State::Ready,
        Some(NatGatewayState::Failed) => {
            let why = gateway.failure_message().or(gateway.failure_code()).unwrap_or("EC2 gives no reason");
            State::Failed(format!("{name} failed: {}", why.trim_end_matches('.')))
        }
        other => State::Pending(format!("{name} is {}", other.map_or("unknown", NatGatewayState::as_str))),
    }
}

fn label(gateway: &ec2::NatGateway) -> String {
    format!("NAT gateway {} ({})", ec2_name(gateway.tags()), gateway.nat_gateway_id().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gateway(state: NatGatewayState) -> ec2::NatGateway {
        ec2::NatGateway::builder().nat_gateway_id("nat-1").state(state).failure_message("No room.").build()
    }

    fn table(to: Option<&str>) -> ec2::RouteTable {
        let link = ec2::RouteTableAssociation::builder().subnet_id("subnet-1").build();
        let route = ec2::Route::builder().destination_cidr_block("0.0.0.0/0");
        let route = to.map(|id| route.nat_gateway_id(id).build());
        ec2::RouteTable::builder().associations(link).set_routes(route.map(|it| vec![it])).build()
    }

    fn state_with(to: Option<&str>, gateways: &[NatGatewayState]) -> (State, bool) {
        let gateways: Vec<ec2::NatGateway> = gateways.iter().cloned().map(gateway).collect();
        state(&[table(to)], &gateways, "subnet-1")
    }

    #[test]
    fn a_gateway_that_is_made_is_waited_for_and_one_that_failed_is_told() {
        use NatGatewayState::{Available, Deleted, Failed, Pending};
        assert!(matches!(state_with(None, &[Pending]), (State::Pending(_), true)));
        assert!(
            matches!(state_with(None, &[Available]), (State::Pending(_), true)),
            "the route is still to come"
        );
        assert!(matches!(state_with(Some("nat-1"), &[Pending]), (State::Pending(_), true)));
        assert_eq!(state_with(Some("nat-1"), &[Available]), (State::Ready, true));
        let (State::Failed(why), _) = state_with(Some("nat-1"), &[Failed]) else { panic!("it failed") };
        assert!(why.contains("No room"), "{why}");
        assert!(matches!(state_with(None, &[Failed]), (State::Failed(_), true)));
        assert_eq!(state_with(None, &[Deleted]), (State::Ready, false));
        assert_eq!(state_with(None, &[]), (State::Ready, false));
    }
}
