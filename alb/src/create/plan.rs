//! What `alb create` decides, before anything is made.

use anyhow::Result;
use common::fault::Fault;
use common::network;
use common::section::{Subnet, Vpc};
use common::session::Session;

use super::Inventory;
use crate::certificate;
use crate::cli::{Create, incomplete};
use crate::domain::Domain;
use crate::flags::Subnets;
use crate::inventory::Balancer;
use crate::load_balancer::Wanted;
use crate::names::{Names, Scheme};
use crate::ownership::{self, LISTED, SUBNETS};
use crate::{record, section};

/// What is to be.
pub struct Plan<'a> {
    pub wish: &'a Create,
    pub names: &'a Names,
    pub balancer: Wanted<'a>,
    pub domain: Option<&'a Domain>,
    pub certificate: Option<certificate::Wanted<'a>>,
    /// Whether the load balancer was there before this run.
    pub is_there: bool,
}

impl<'a> Plan<'a> {
    /// Refuses everything that can be seen to fail, so that nothing is left half done.
    ///
    /// # Errors
    /// A usage fault, a conflict, or not found.
    pub fn decide(
        session: &Session,
        wish: &'a Create,
        names: &'a Names,
        inventory: &'a Inventory,
    ) -> Result<Self> {
        let found = inventory.balancer.as_ref();
        let scheme = scheme(wish, found)?;
        let (subnets, mark) = subnets(session, wish, &inventory.vpc, found, scheme)?;
        let domain = domain(wish, found, names)?;
        let balancer = Wanted {
            names,
            scheme,
            vpc: inventory.vpc.id.as_deref(),
            subnets,
            are_subnets_exact: wish.subnets.is_some(),
            group: group(session, wish, names, inventory)?,
            tags: ownership::wanted(&session.identity, names, domain, &mark),
        };
        if let Some(found) = found {
            balancer.check(found)?;
        }
        if let Some(domain) = &inventory.domain {
            record::check(&domain.records, names)?;
        }
        Ok(Self {
            wish,
            names,
            balancer,
            domain: inventory.domain.as_ref(),
            certificate: wanted_certificate(names, inventory),
            is_there: found.is_some(),
        })
    }
}

fn wanted_certificate<'a>(names: &'a Names, inventory: &'a Inventory) -> Option<certificate::Wanted<'a>> {
    let domain = inventory.domain.as_ref()?;
    let (zone, certificates) = domain.certificates.as_ref()?;
    let in_use = inventory.balancer.as_ref().and_then(section::certificate_of);
    Some(certificate::Wanted { names, host: &domain.host, zone, certificates, in_use })
}

fn scheme(wish: &Create, found: Option<&Balancer>) -> Result<Scheme> {
    let has = found.and_then(Balancer::scheme);
    let scheme = wish.scheme().or(has).or(Scheme::of_name(&wish.name));
    Ok(scheme.ok_or_else(|| incomplete(&wish.name, "--internal or --internet-facing"))?)
}

/// The domain it has or gets.
fn domain<'a>(wish: &'a Create, found: Option<&'a Balancer>, names: &Names) -> Result<Option<&'a str>> {
    let has = found.and_then(Balancer::domain);
    match (has, wish.domain.as_deref()) {
        (Some(has), Some(wanted)) if has != wanted => {
            Err(Fault::conflict(format!("{names} is reached under {has} and cannot be moved to {wanted}"))
                .hint(format!(
                    "delete it with `alb delete {}` first: host names of its components change too",
                    names.name
                ))
                .into())
        }
        (has, wanted) => Ok(wanted.or(has)),
    }
}

/// The id of its security group; none leaves what it has.
fn group<'a>(
    session: &Session,
    wish: &Create,
    names: &Names,
    inventory: &'a Inventory,
) -> Result<Option<&'a str>> {
    let role = match (&wish.group, &inventory.balancer) {
        (Some(role), _) => role.clone(),
        (None, Some(_)) => return Ok(None),
        (None, None) => names.default_group().ok_or_else(|| incomplete(&wish.name, "--group"))?,
    };
    let group = network::security_group(&inventory.groups, &role)?;
    if group.id.is_none() && !session.is_planning() {
        return Err(Fault::document(format!("the document's sg.{role} has no id"))
            .hint("leave sg out to have it looked up")
            .into());
    }
    Ok(group.id.as_deref())
}

/// Its subnets and the mark that says how they were chosen. None leaves what it has.
fn subnets(
    session: &Session,
    wish: &Create,
    vpc: &Vpc,
    found: Option<&Balancer>,
    scheme: Scheme,
) -> Result<(Option<Vec<String>>, String)> {
    let marked = found.and_then(|found| ownership::value(&found.tags, SUBNETS));
    let tier = match (&wish.subnets, marked) {
        (Some(Subnets::Listed(ids)), _) => return Ok((Some(ids.clone()), LISTED.to_owned())),
        (None, Some(LISTED)) => return Ok((None, LISTED.to_owned())),
        (Some(Subnets::Tier(tier)), _) => tier.as_str(),
        (None, marked) => marked.unwrap_or(scheme.tier()),
    };
    let of_tier: &[Subnet] = match tier {
        "public" => &vpc.subnets.public,
        "database" => &vpc.subnets.database,
        _ => &vpc.subnets.private,
    };
    check_zones(of_tier, tier)?;
    let ids: Option<Vec<String>> = of_tier.iter().map(|subnet| subnet.id.clone()).collect();
    if ids.is_none() && !session.is_planning() {
        return Err(Fault::document(format!("the document's vpc.subnets.{tier} lack ids"))
            .hint("leave vpc out to have it looked up")
            .into());
    }
    Ok((ids, tier.to_owned()))
}

/// A load balancer stands in two AZs or more, with one subnet in each.
fn check_zones(subnets: &[Subnet], tier: &str) -> Result<()> {
    let mut zones: Vec<&str> = subnets.iter().filter_map(|it| it.availability_zone.as_deref()).collect();
    zones.sort_unstable();
    zones.dedup();
    if subnets.len() >= 2 && (zones.is_empty() || zones.len() >= 2) {
        return Ok(());
    }
    Err(Fault::not_found(format!(
        "a load balancer needs {tier} subnets in two AZs, the vpc has {}",
        subnets.len()
    ))
    .hint("run `vpc create --azs 2` first")
    .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnet(zone: &str) -> Subnet {
        Subnet { availability_zone: Some(zone.to_owned()), ..Subnet::default() }
    }

    #[test]
    fn a_load_balancer_stands_in_two_zones() {
        assert!(check_zones(&[subnet("a"), subnet("b")], "private").is_ok());
        assert!(check_zones(&[subnet("a"), subnet("a")], "private").is_err());
        assert!(check_zones(&[subnet("a")], "private").is_err());
        assert!(check_zones(&[], "private").is_err());
    }
}
