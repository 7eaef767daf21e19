//! Route tables, and the endpoint whose routes stand in them.

use anyhow::Result;
use aws_sdk_ec2::types as ec2;
use common::call::all;
use common::session::Session;
use common::tags::{ec2_filter, ec2_name};
use common::wait::{State, until_ready, while_refused};

use super::{LONGEST, UNTIL_GONE};
use crate::inventory::Inventory;
use crate::{route_table, s3_endpoint};

/// The endpoint's routes stand in the route tables, so it goes first.
pub async fn tables(session: &Session, inventory: &Inventory) -> Result<()> {
    endpoints(session, inventory).await?;
    let tables = inventory.route_tables.iter().filter(|it| !route_table::is_main(it));
    all(tables.map(|it| async move {
        let (id, name) = (it.route_table_id().unwrap_or_default(), ec2_name(it.tags()));
        session.delete(format!("route table {name} ({id})"), table(session, it, id, name)).await
    }))
    .await
    .map(|_| ())
}

async fn table(session: &Session, table: &ec2::RouteTable, id: &str, name: &str) -> Result<()> {
    let associations =
        table.associations().iter().filter_map(ec2::RouteTableAssociation::route_table_association_id);
    all(associations.map(|association| route_table::disassociate(session, association))).await?;
    let what = format!("the route table {name} to be free");
    while_refused(session, &["DependencyViolation"], &what, LONGEST, async || {
        route_table::delete(session, id, name).await
    })
    .await
}

async fn endpoints(session: &Session, inventory: &Inventory) -> Result<()> {
    let live: Vec<_> = inventory.endpoints.iter().filter(|it| s3_endpoint::is_live(it)).collect();
    let ids: Vec<String> = live.iter().filter_map(|it| it.vpc_endpoint_id().map(str::to_owned)).collect();
    if ids.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = live.iter().map(|it| ec2_name(it.tags())).collect();
    let what = format!("VPC endpoint {} ({})", names.join(", "), ids.join(", "));
    let deleted = session.delete(what, s3_endpoint::delete(session, &ids)).await?;
    if deleted.is_none() {
        return Ok(());
    }
    until_ready(session, UNTIL_GONE, async || {
        let filter = ec2_filter("vpc-endpoint-id", ids.iter().cloned());
        let left = s3_endpoint::list(session, vec![filter]).await?;
        let is_gone = |it: &ec2::VpcEndpoint| {
            it.state().is_some_and(|state| state.as_str().eq_ignore_ascii_case("deleted"))
        };
        Ok(left
            .iter()
            .filter(|it| !is_gone(it))
            .map(|it| {
                (format!("VPC endpoint {}", ec2_name(it.tags())), State::Pending("deleting".to_owned()))
            })
            .collect())
    })
    .await
}
