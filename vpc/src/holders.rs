//! What else is in the VPC and holds it: told by name, and before anything is deleted where it will not go away by itself.

mod interfaces;
mod others;

use anyhow::Result;
use common::fault::Fault;
use common::session::Session;
use common::tags::ec2_filter;

use crate::inventory::Inventory;
pub use interfaces::naming;

/// How many are named.
const SHOWN: usize = 10;

/// Refuses while a VPC that is to go has things of others in it that stay until somebody deletes them: taking the network from under
/// them would break them, and the VPC would stay all the same. A dry run names them and goes on: the commands before it in a pipe may
/// be about to delete them.
///
/// # Errors
/// A conflict that names them; AWS's refusal.
pub async fn refuse(session: &Session, inventory: &Inventory) -> Result<()> {
    if inventory.vpcs.is_empty() {
        return Ok(());
    }
    let ids = inventory.vpcs.iter().map(|vpc| vpc.id.clone());
    let holders = others::list(session, ec2_filter("vpc-id", ids), inventory).await?;
    if holders.is_empty() {
        return Ok(());
    }
    let base = session.identity.base();
    if session.is_planning() {
        let holders = listed(&holders);
        session.progress.line(&format!("VPC {base} is in use by {holders}: refused until those are gone"));
        return Ok(());
    }
    Err(Fault::conflict(format!("VPC {base} is in use by {}; nothing was deleted", listed(&holders)))
        .hint("delete those first (`rds delete`, `alb delete`, `sg delete`, …), then run the same command again")
        .into())
}

fn listed(holders: &[String]) -> String {
    let shown = holders.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match holders.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_and_says_so() {
        let holders: Vec<String> = (0..12).map(|number| format!("instance i-{number}")).collect();
        assert!(listed(&holders).ends_with("instance i-9 and 2 more"));
        assert_eq!(listed(&holders[..1]), "instance i-0");
    }
}
