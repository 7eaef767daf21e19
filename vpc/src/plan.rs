//! Which subnets, route tables and NAT gateways a network is to have, by name: decided from the wish and from what is there, before
//! anything is made.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use common::fault::Fault;
use common::identity::Identity;
use ipnet::Ipv4Net;

use crate::addresses::Scheme;
use crate::cidr::overlap;
use crate::request::{Request, check_size, flag_of, outside};
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

fn places(request: &Request, vpc: Ipv4Net, zones: &[String], standing: &Standing) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    let mut indexes = Indexes::new(vpc, standing);
    for (number, zone) in zones.iter().enumerate() {
        for tier in Tier::ALL {
            let given = request.cidrs_of(tier).get(number).copied();
            let cidr = match (standing.get(&(tier, zone.clone())), given) {
                (Some(there), Some(given)) if *there != given => {
                    return Err(Fault::conflict(format!(
                        "the {tier} subnet in {zone} has {there}, {} says {given}: the range of a subnet cannot be changed",
                        flag_of(tier)
                    ))
                    .hint("give the ranges that are there, or leave them out")
                    .into());
                }
                (Some(there), _) => *there,
                (None, Some(given)) => given,
                (None, None) => {
                    let derived = |tier: &Tier| {
                        !standing.contains_key(&(*tier, zone.clone())) && request.cidrs_of(*tier).is_empty()
                    };
                    let tiers: Vec<Tier> = Tier::ALL.into_iter().filter(derived).collect();
                    indexes.cidr(tier, zone, &tiers, zones.len())?
                }
            };
            places.push(Place { tier, zone: zone.clone(), cidr });
        }
    }
    check(vpc, &places)?;
    places.sort_by(|a, b| (a.tier, &a.zone).cmp(&(b.tier, &b.zone)));
    Ok(places)
}

fn check(vpc: Ipv4Net, places: &[Place]) -> Result<()> {
    for (at, place) in places.iter().enumerate() {
        if !vpc.contains(&place.cidr) {
            return Err(outside(place.tier, place.cidr, vpc).into());
        }
        if let Some(other) = places[..at].iter().find(|other| overlap(other.cidr, place.cidr)) {
            return Err(Fault::usage(format!(
                "the {} subnet in {} with {} overlaps the {} subnet in {} with {}",
                place.tier, place.zone, place.cidr, other.tier, other.zone, other.cidr
            ))
            .hint("give the ranges of all tiers: --public-cidr, --private-cidr, --database-cidr")
            .into());
        }
    }
    Ok(())
}

/// Which index of the scheme each zone has. A zone keeps the one its subnets show, a new one takes the lowest that is free.
struct Indexes<'a> {
    vpc: Ipv4Net,
    scheme: Scheme,
    standing: &'a Standing,
    of_zone: BTreeMap<String, usize>,
}

impl<'a> Indexes<'a> {
    fn new(vpc: Ipv4Net, standing: &'a Standing) -> Self {
        let scheme = Scheme::new(vpc);
        let of_zone = standing
            .iter()
            .filter_map(|((tier, zone), cidr)| Some((zone.clone(), scheme.index_of(*tier, *cidr)?)))
            .collect();
        Self { vpc, scheme, standing, of_zone }
    }

    fn cidr(&mut self, tier: Tier, zone: &str, tiers: &[Tier], zones: usize) -> Result<Ipv4Net> {
        let index = match self.of_zone.get(zone) {
            Some(index) => *index,
            None => self.free(tiers, zone, zones)?,
        };
        self.of_zone.insert(zone.to_owned(), index);
        Ok(self.scheme.cidr(tier, index).ok_or_else(|| self.full(zone))?)
    }

    fn free(&self, tiers: &[Tier], zone: &str, zones: usize) -> Result<usize> {
        check_size(self.vpc, zones)?;
        let is_free = |index: &usize| {
            !self.of_zone.values().any(|taken| taken == index)
                && tiers.iter().all(|tier| {
                    self.scheme
                        .cidr(*tier, *index)
                        .is_some_and(|cidr| !self.standing.values().any(|there| overlap(*there, cidr)))
                })
        };
        Ok((0..self.scheme.zones()).find(is_free).ok_or_else(|| self.full(zone))?)
    }

    fn full(&self, zone: &str) -> Fault {
        Fault::usage(format!(
            "{} has no room left for the subnets of {zone} beside those that are there",
            self.vpc
        ))
        .hint(
            "give the ranges of all tiers: --public-cidr, --private-cidr, --database-cidr, one for each zone",
        )
    }
}

#[cfg(test)]
mod tests;
