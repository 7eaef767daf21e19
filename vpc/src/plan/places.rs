//! Where each subnet of the plan lies.

use std::collections::BTreeMap;

use anyhow::Result;
use common::fault::Fault;
use ipnet::Ipv4Net;

use super::{Place, Standing};
use crate::addresses::Scheme;
use crate::cidr::overlap;
use crate::request::{Request, check_size, flag_of, outside};
use crate::tier::Tier;

/// The subnets that are there keep their ranges; the others have the one that was given, or else one derived from the VPC's.
///
/// # Errors
/// Usage and conflict faults that name what does not fit.
pub fn places(request: &Request, vpc: Ipv4Net, zones: &[String], standing: &Standing) -> Result<Vec<Place>> {
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
