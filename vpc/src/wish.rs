//! What a network is meant to be.
//!
//! It is kept in a tag of the VPC, written in the call that creates it: without it a network that was made with `--nat none` could not
//! be told from one whose making was interrupted before the NAT gateway.

use std::fmt;
use std::net::Ipv4Addr;

use anyhow::Result;
use aws_sdk_ec2::types::Tag;
use clap::ValueEnum;
use common::fault::Fault;
use common::session::Session;
use common::tags::ec2_value;
use ipnet::Ipv4Net;

use crate::inventory::Inventory;
use crate::plan::{self, Plan, Standing, zones_of};
use crate::request::Request;

/// The tag on the VPC.
pub const TAG: &str = "stackpipe:vpc";

/// Availability zones unless told otherwise.
pub const DEFAULT_ZONES: usize = 2;

/// The address range unless told otherwise: 10.0.0.0/16.
const DEFAULT_CIDR: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(10, 0, 0, 0), 16);

/// Which NAT gateways there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Nat {
    /// One for all availability zones
    One,
    /// One in each availability zone
    PerAz,
    /// None: nothing in the private and database subnets reaches the internet
    None,
}

impl Nat {
    fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::PerAz => "per-az",
            Self::None => "none",
        }
    }
}

/// What was asked for, by this run and those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// How many availability zones.
    pub zones: usize,
    pub nat: Nat,
    pub peer_default: bool,
}

impl Default for Wish {
    fn default() -> Self {
        Self { zones: DEFAULT_ZONES, nat: Nat::One, peer_default: false }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "azs={} nat={}", self.zones, self.nat.name())?;
        if self.peer_default { f.write_str(" peer-default") } else { Ok(()) }
    }
}

impl Wish {
    /// Reads it from the VPC's tags; none where it is not there or somebody has changed it beyond reading.
    pub fn from_tags(tags: &[Tag]) -> Option<Self> {
        let mut wish = Self { zones: 0, nat: Nat::One, peer_default: false };
        let mut has_nat = false;
        for word in ec2_value(tags, TAG)?.split(' ') {
            match word.split_once('=') {
                Some(("azs", number)) => wish.zones = number.parse().ok()?,
                Some(("nat", name)) => {
                    wish.nat = Nat::from_str(name, false).ok()?;
                    has_nat = true;
                }
                None if word == "peer-default" => wish.peer_default = true,
                _ => return None,
            }
        }
        ((1..=crate::addresses::MOST_ZONES).contains(&wish.zones) && has_nat).then_some(wish)
    }
}

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
            let fault = Fault::conflict(format!("there is more than one vpc {base}: {}", ids.join(", ")));
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
                "vpc {base} has {there}, --cidr says {asked}: the range of a vpc cannot be changed"
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Wish> {
        Wish::from_tags(&[Tag::builder().key(TAG).value(text).build()])
    }

    #[test]
    fn what_is_written_is_read_again() {
        for nat in [Nat::One, Nat::PerAz, Nat::None] {
            for peer_default in [false, true] {
                let wish = Wish { zones: 3, nat, peer_default };
                assert_eq!(read(&wish.to_string()), Some(wish));
            }
        }
    }

    #[test]
    fn a_tag_that_was_tampered_with_is_as_none() {
        for bad in
            ["", "azs=2", "nat=one", "azs=0 nat=one", "azs=9 nat=one", "azs=2 nat=two", "azs=2  nat=one"]
        {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
