//! Which subnets, route tables and NAT gateways a network is to have, by name: decided from the wish and from what is there, before
//! anything is made.

mod places;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use common::fault::Fault;
use common::identity::Identity;
use ipnet::Ipv4Net;

use places::places;

use crate::request::Request;
use crate::tier::Tier;
use crate::wish::{Nat, Wish};

/// The subnets that are there, by tier and zone.
pub type Standing = BTreeMap<(Tier, String), Ipv4Net>;

/// One subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub tier: Tier,
    pub zone: String,
    pub cidr: Ipv4Net,
}

/// One route table: of a tier, or of a tier in one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub tier: Tier,
    pub zone: Option<String>,
    /// The zone of the NAT gateway that its default route goes through; none for public, or without NAT gateways.
    pub nat: Option<String>,
}

/// The whole.
#[derive(Debug, Clone)]
pub struct Plan {
    pub wish: Wish,
    pub cidr: Ipv4Net,
    /// By name.
    pub zones: Vec<String>,
    /// By tier, then zone.
    pub places: Vec<Place>,
    pub tables: Vec<Table>,
    /// The zones that have a NAT gateway.
    pub nats: Vec<String>,
}

impl Place {
    /// `expense-dev-public-us-east-1a`.
    pub fn name(&self, identity: &Identity) -> String {
        identity.name(&format!("{}-{}", self.tier, self.zone))
    }
}

impl Table {
    /// `expense-dev-private`, or with a table a zone `expense-dev-private-us-east-1a`.
    pub fn name(&self, identity: &Identity) -> String {
        match &self.zone {
            None => identity.name(self.tier.name()),
            Some(zone) => identity.name(&format!("{}-{zone}", self.tier)),
        }
    }

    /// Whether the subnets of this place use it.
    pub fn serves(&self, place: &Place) -> bool {
        self.tier == place.tier && self.zone.as_ref().is_none_or(|zone| *zone == place.zone)
    }
}

impl Plan {
    /// `nat_zones` are the zones that have a NAT gateway or at least its elastic IP, the better ones first.
    ///
    /// # Errors
    /// Usage and conflict faults that name what does not fit.
    pub fn new(
        request: &Request,
        wish: Wish,
        cidr: Ipv4Net,
        zones: Vec<String>,
        standing: &Standing,
        nat_zones: &[String],
    ) -> Result<Self> {
        let places = places(request, cidr, &zones, standing)?;
        Ok(Self::of(wish, cidr, zones, places, nat_zones))
    }

    /// What is there, and what belongs to it.
    pub fn of_standing(wish: Wish, cidr: Ipv4Net, standing: &Standing, nat_zones: &[String]) -> Self {
        let places = standing
            .iter()
            .map(|((tier, zone), cidr)| Place { tier: *tier, zone: zone.clone(), cidr: *cidr })
            .collect();
        Self::of(wish, cidr, zones_of(standing), places, nat_zones)
    }

    fn of(wish: Wish, cidr: Ipv4Net, zones: Vec<String>, places: Vec<Place>, nat_zones: &[String]) -> Self {
        let nats: Vec<String> = match wish.nat {
            Nat::None => Vec::new(),
            Nat::PerAz => zones.clone(),
            Nat::One => {
                let kept = nat_zones.iter().find(|zone| zones.contains(zone));
                kept.or(zones.first()).cloned().into_iter().collect()
            }
        };
        let tables = tables(wish.nat, &zones, nats.first());
        Self { wish, cidr, zones, places, tables, nats }
    }
}

/// The zones that have any subnet, by name.
pub fn zones_of(standing: &Standing) -> Vec<String> {
    let zones: BTreeSet<&String> = standing.keys().map(|(_, zone)| zone).collect();
    zones.into_iter().cloned().collect()
}

/// The zones that are in use, and as many more of the Region's as are wanted, by name.
///
/// # Errors
/// A conflict where there are more than wanted; a usage fault where the Region has too few.
pub fn zones(wanted: usize, standing: &Standing, of_region: &[String], region: &str) -> Result<Vec<String>> {
    let mut zones = zones_of(standing);
    if zones.len() > wanted {
        return Err(Fault::conflict(format!(
            "the network has {} availability zones ({}), and none is taken away: --azs {wanted} is too few",
            zones.len(),
            zones.join(", ")
        ))
        .hint("leave --azs out to keep them, or delete the network and make it anew")
        .into());
    }
    let more: Vec<String> = of_region.iter().filter(|zone| !zones.contains(zone)).cloned().collect();
    let has = zones.len() + more.len();
    if has < wanted {
        return Err(Fault::usage(format!("{region} has {has} availability zones to use, not {wanted}"))
            .hint(format!("use --azs {has} at most, or another --region"))
            .into());
    }
    let missing = wanted - zones.len();
    zones.extend(more.into_iter().take(missing));
    zones.sort();
    Ok(zones)
}

/// One table a tier. With a NAT gateway a zone, private and database have one a zone, so that a zone depends on its own gateway only
/// and no traffic to the internet crosses zones.
fn tables(nat: Nat, zones: &[String], only: Option<&String>) -> Vec<Table> {
    let mut tables = vec![Table { tier: Tier::Public, zone: None, nat: None }];
    for tier in [Tier::Private, Tier::Database] {
        if nat == Nat::PerAz {
            tables.extend(zones.iter().map(|zone| Table {
                tier,
                zone: Some(zone.clone()),
                nat: Some(zone.clone()),
            }));
        } else {
            tables.push(Table { tier, zone: None, nat: only.cloned() });
        }
    }
    tables
}

#[cfg(test)]
mod tests;
