//! What the flags of `vpc create` ask for, checked as far as flags alone can be.

use anyhow::Result;
use common::fault::Fault;
use ipnet::Ipv4Net;

use crate::addresses::{MOST_ZONES, Scheme};
use crate::cidr::{self, overlap};
use crate::cli::Create;
use crate::tier::Tier;
use crate::wish::{DEFAULT_ZONES, Nat};

/// What was asked; none where a flag was not given.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub cidr: Option<Ipv4Net>,
    /// How many availability zones.
    pub zones: Option<usize>,
    pub nat: Option<Nat>,
    pub peer_default: bool,
    /// The subnets' ranges by tier, in the order of the zones; empty where they are to be derived.
    cidrs: [Vec<Ipv4Net>; 3],
}

impl Request {
    /// Reads and checks the flags.
    ///
    /// # Errors
    /// A usage fault.
    pub fn from_flags(flags: &Create) -> Result<Self> {
        let cidr = flags.cidr.as_deref().map(|text| cidr::vpc("--cidr", text)).transpose()?;
        let mut cidrs: [Vec<Ipv4Net>; 3] = Default::default();
        for (tier, texts) in
            Tier::ALL.into_iter().zip([&flags.public_cidr, &flags.private_cidr, &flags.database_cidr])
        {
            for text in texts {
                cidrs[tier.number()].push(cidr::subnet(&flag_of(tier), text)?);
            }
        }
        let mut request =
            Self { cidr, zones: flags.azs, nat: flags.nat, peer_default: flags.peer_default, cidrs };
        request.check_zones()?;
        request.check_overlaps()?;
        request.check_size()?;
        Ok(request)
    }

    /// The ranges given for a tier, one a zone, or nothing.
    pub fn cidrs_of(&self, tier: Tier) -> &[Ipv4Net] {
        &self.cidrs[tier.number()]
    }

    fn given(&self) -> impl Iterator<Item = (Tier, Ipv4Net)> {
        Tier::ALL.into_iter().flat_map(|tier| self.cidrs_of(tier).iter().map(move |cidr| (tier, *cidr)))
    }

    /// Ranges come one a zone, so they also say how many zones there are.
    fn check_zones(&mut self) -> Result<()> {
        if let Some(zones) = self.zones
            && !(1..=MOST_ZONES).contains(&zones)
        {
            return Err(Fault::usage(format!("--azs {zones} is not a number from 1 to {MOST_ZONES}")).into());
        }
        for tier in Tier::ALL {
            let given = self.cidrs_of(tier).len();
            if given == 0 {
                continue;
            }
            if given > MOST_ZONES {
                return Err(Fault::usage(format!(
                    "{given} of {} are too many: there are up to {MOST_ZONES} availability zones",
                    flag_of(tier)
                ))
                .into());
            }
            match self.zones {
                None => self.zones = Some(given),
                Some(zones) if zones != given => {
                    return Err(Fault::usage(format!(
                        "{given} of {} for {zones} availability zones",
                        flag_of(tier)
                    ))
                    .hint(format!("give {} once for each availability zone, or leave it out", flag_of(tier)))
                    .into());
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn check_overlaps(&self) -> Result<()> {
        let given: Vec<(Tier, Ipv4Net)> = self.given().collect();
        for (at, (tier, cidr)) in given.iter().enumerate() {
            if let Some(vpc) = self.cidr
                && !vpc.contains(cidr)
            {
                return Err(outside(*tier, *cidr, vpc).into());
            }
            if let Some((other, taken)) = given[..at].iter().find(|(_, taken)| overlap(*taken, *cidr)) {
                return Err(Fault::usage(format!(
                    "{} {cidr} overlaps {} {taken}",
                    flag_of(*tier),
                    flag_of(*other)
                ))
                .into());
            }
        }
        Ok(())
    }

    /// Only where the range was given: without it the VPC that is there decides.
    fn check_size(&self) -> Result<()> {
        let derives = Tier::ALL.iter().any(|tier| self.cidrs_of(*tier).is_empty());
        match self.cidr {
            Some(vpc) if derives => Ok(check_size(vpc, self.zones.unwrap_or(DEFAULT_ZONES))?),
            _ => Ok(()),
        }
    }
}

/// Refuses a VPC in which the subnets of so many zones do not fit.
///
/// # Errors
/// A usage fault.
pub fn check_size(vpc: Ipv4Net, zones: usize) -> Result<(), Fault> {
    let fit = Scheme::new(vpc).zones();
    if zones <= fit {
        return Ok(());
    }
    let wanted =
        if zones == 1 { "1 availability zone".into() } else { format!("{zones} availability zones") };
    let hint = match fit {
        0 => "use a larger --cidr: three subnets of 16 addresses need a /26 at least".to_owned(),
        fit => format!("use a larger --cidr, or --azs {fit} at most"),
    };
    Err(Fault::usage(format!("{vpc} is too small for the subnets of {wanted}")).hint(hint))
}

/// The flag that gives a tier's ranges.
pub fn flag_of(tier: Tier) -> String {
    format!("--{tier}-cidr")
}

/// What to say of a range that is not in its VPC.
pub fn outside(tier: Tier, cidr: Ipv4Net, vpc: Ipv4Net) -> Fault {
    Fault::usage(format!("{} {cidr} lies outside the VPC's {vpc}", flag_of(tier)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(flags: &Create) -> String {
        Request::from_flags(flags).unwrap_err().to_string()
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn what_flags_alone_show_to_be_wrong_needs_no_aws() {
        let flags = |cidr: &str, azs| Create { cidr: Some(cidr.into()), azs, ..Create::default() };
        assert!(refused(&flags("10.0.0.0/28", None)).contains("too small"));
        assert!(refused(&flags("10.0.0.0/26", None)).contains("too small for the subnets of 2"));
        assert!(refused(&flags("10.0.0.0/16", Some(0))).contains("1 to 6"));
        assert!(refused(&flags("10.0.0.0/16", Some(7))).contains("1 to 6"));
        assert!(Request::from_flags(&flags("10.0.0.0/26", Some(1))).is_ok());
    }

    #[test]
    fn ranges_given_are_one_a_zone_inside_the_vpc_and_apart() {
        let two = Create { public_cidr: texts(&["10.0.1.0/24", "10.0.2.0/24"]), ..Create::default() };
        assert_eq!(Request::from_flags(&two).unwrap().zones, Some(2));
        assert!(refused(&Create { azs: Some(3), ..two.clone() }).contains("2 of --public-cidr for 3"));
        let outside = Create { cidr: Some("10.1.0.0/16".into()), ..two.clone() };
        assert!(refused(&outside).contains("outside"));
        let overlapping = Create { private_cidr: texts(&["10.0.2.128/25", "10.0.3.0/24"]), ..two };
        assert!(refused(&overlapping).contains("overlaps --public-cidr 10.0.2.0/24"));
    }

    #[test]
    fn a_vpc_of_any_size_will_do_where_every_range_is_given() {
        let all = Create {
            cidr: Some("10.0.0.0/26".into()),
            public_cidr: texts(&["10.0.0.0/28"]),
            private_cidr: texts(&["10.0.0.16/28"]),
            database_cidr: texts(&["10.0.0.32/28"]),
            ..Create::default()
        };
        assert!(Request::from_flags(&all).is_ok());
    }
}
