//! From what was asked, now and before, and from what is there, to the plan.

use std::net::Ipv4Addr;

use anyhow::Result;
use common::fault::Fault;
use common::session::Session;
use ipnet::Ipv4Net;

use crate::inventory::Inventory;
use crate::plan::{self, Plan, Standing, zones_of};
use crate::request::Request;
use crate::wish::{DEFAULT_ZONES, Nat, Wish};

/// The address range unless told otherwise: 10.0.0.0/16.
const DEFAULT_CIDR: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 16);

/// The VPC there is, or none.
///
/// # Errors
/// A conflict where there are two.
pub fn only(session: &Session, inventory: &Inventory) -> Result<Option<String>> {
    match inventory.vpcs.as_slice() {
        [] => Ok(None),
        [vpc] => Ok(Some(vpc.id.clone())),
        several => {
            let ids: Vec<&str> = several.iter().map(|vpc| vpc.id.as_str()).collect();
            let base = session.identity.base();
            let fault = Fault::conflict(format!("there is more than one VPC {base}: {}", ids.join(", ")));
            Err(fault.hint("run `vpc create` again: it deletes the one that is not in use").into())
        }
    }
}

/// The plan for what the flags ask on top of what was asked before.
///
/// # Errors
/// Usage and conflict faults that name what does not fit.
pub fn plan(
    session: &Session,
    request: &Request,
    inventory: &Inventory,
    standing: &Standing,
    of_region: &[String],
) -> Result<Plan> {
    let vpc = inventory.vpc();
    let there = vpc.and_then(|vpc| vpc.cidr);
    let base = session.identity.base();
    let cidr = match (there, request.cidr) {
        (Some(there), Some(asked)) if there != asked => {
            return Err(Fault::conflict(format!(
                "VPC {base} has {there}, --cidr says {asked}: the range of a VPC cannot be changed"
            ))
            .hint("leave --cidr out, or choose another --project or --env for another network")
            .into());
        }
        (there, asked) => there.or(asked).unwrap_or(DEFAULT_CIDR),
    };
    let known = vpc.map(|_| seen(session, inventory, standing)).unwrap_or_default();
    let number = request.zones.unwrap_or(known.zones.max(zones_of(standing).len()));
    let zones = plan::zones(number, standing, of_region, session.aws.region())?;
    let wish = Wish {
        zones: number,
        nat: request.nat.unwrap_or(known.nat),
        peer_default: request.peer_default || known.peer_default,
    };
    Plan::new(request, wish, cidr, zones, standing, &inventory.nat_zones(session))
}

/// The plan for what is there.
///
/// # Errors
/// A conflict where two things have one name.
pub fn standing(session: &Session, inventory: &Inventory) -> Result<Plan> {
    let standing = inventory.standing(session)?;
    let cidr = inventory.vpc().and_then(|vpc| vpc.cidr).unwrap_or(DEFAULT_CIDR);
    let wish = seen(session, inventory, &standing);
    Ok(Plan::of_standing(wish, cidr, &standing, &inventory.nat_zones(session)))
}

/// What was wanted: what the VPC's tag says, or where that is gone, what there is.
fn seen(session: &Session, inventory: &Inventory, standing: &Standing) -> Wish {
    if let Some(wish) = inventory.vpc().and_then(|vpc| vpc.wish) {
        return wish;
    }
    let zones = zones_of(standing);
    let nat = match inventory.nat_zones(session).len() {
        0 => Nat::None,
        1 => Nat::One,
        _ => Nat::PerAz,
    };
    let zones = if zones.is_empty() { DEFAULT_ZONES } else { zones.len() };
    Wish { zones, nat, peer_default: inventory.peers() }
}
