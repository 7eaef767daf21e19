//! `vpc delete`: the reverse of `create`. Only what carries the tags of this environment is touched; the default security group, the
//! default network ACL and the main route table go with the VPC.

mod left;
mod tables;
mod ways;

use std::time::Duration;

use anyhow::Result;
use common::call::{all, both};
use common::session::Session;
use common::tags::{ec2_filter, ec2_name};
use common::wait::while_refused;

use crate::cli::Delete;
use crate::inventory::Inventory;
use crate::{holders, subnet, vpc};

/// For as long AWS may refuse because of network interfaces that go away minutes after their owner.
const LONGEST: Duration = Duration::from_mins(20);

/// For as long a describe may still show what was deleted.
const UNTIL_GONE: Duration = Duration::from_mins(5);

/// Takes the network down and its section out of the document, which is written at the end.
///
/// # Errors
/// Usage where production is not confirmed; a conflict that names what else holds the VPC; not in time; AWS's refusal.
pub async fn delete(session: &Session, flags: &Delete) -> Result<()> {
    session.confirm(flags.confirm.as_deref())?;
    let inventory = session.inventory(Inventory::read(session)).await?;
    holders::refuse(session, &inventory).await?;
    let (_, ()) = both(
        both(ways::peerings(session, &inventory), ways::nats(session, &inventory)),
        tables::tables(session, &inventory),
    )
    .await?;
    both(subnets(session, &inventory), ways::gateways(session, &inventory)).await?;
    vpcs(session, &inventory).await?;
    if !session.is_planning() && !left::is_empty(&inventory) {
        left::until_gone(session).await?;
    }
    session.write(|document| {
        document.remove_section("vpc");
        Ok(())
    })
}

async fn subnets(session: &Session, inventory: &Inventory) -> Result<()> {
    all(inventory.subnets.iter().map(|it| async move {
        let (id, name) = (it.subnet_id().unwrap_or_default(), ec2_name(it.tags()));
        let what = format!("subnet {name} to be free");
        let filter = ec2_filter("subnet-id", [id]);
        let delete = while_refused(session, &["DependencyViolation"], &what, LONGEST, async || {
            subnet::delete(session, id, name).await
        });
        Box::pin(session.delete(format!("subnet {name} ({id})"), holders::naming(session, filter, delete)))
            .await
    }))
    .await
    .map(|_| ())
}

async fn vpcs(session: &Session, inventory: &Inventory) -> Result<()> {
    let name = session.identity.base();
    all(inventory.vpcs.iter().map(|it| {
        let what = format!("the VPC {name} to be free");
        let filter = ec2_filter("vpc-id", [it.id.as_str()]);
        let label = format!("VPC {name} ({})", it.id);
        async move {
            let delete = while_refused(session, &["DependencyViolation"], &what, LONGEST, async || {
                vpc::delete(session, &it.id).await
            });
            Box::pin(session.delete(label, holders::naming(session, filter, delete))).await
        }
    }))
    .await
    .map(|_| ())
}
