//! Where subnets lie in a VPC when nobody says.
//!
//! The scheme is that of 10.0.0.0/16 cut into /24: public subnets are blocks 1, 2, …, private ones 11, 12, …, database ones 21, 22, …
//! (10.0.1.0/24, 10.0.11.0/24, 10.0.21.0/24 in the first availability zone). It needs 32 blocks, so a smaller VPC has smaller blocks: /24
//! from /16 to /19, then five bits below the VPC's own prefix, down to /27 in a /22 (a load balancer needs a /27). Below that blocks are
//! packed: three in a row for each zone, sixteen of them in a /23 and a /24, of /28 in a /25 and a /26.
//!
//! The size of a block never depends on the number of zones, so that a zone added later fits beside what is there.

use ipnet::Ipv4Net;

use crate::tier::Tier;

/// The most availability zones a Region has.
pub const MOST_ZONES: usize = 6;

/// How one VPC is cut.
#[derive(Debug, Clone, Copy)]
pub struct Scheme {
    vpc: Ipv4Net,
    prefix: u8,
    packed: bool,
}

impl Scheme {
    pub fn new(vpc: Ipv4Net) -> Self {
        let own = vpc.prefix_len();
        let packed = own > 22;
        let prefix = if packed { (own + 4).min(28) } else { (own + 5).max(24) };
        Self { vpc, prefix, packed }
    }

    /// How many availability zones fit.
    pub fn zones(self) -> usize {
        (0..MOST_ZONES).take_while(|index| self.cidr(Tier::Database, *index).is_some()).count()
    }

    /// The range of a tier's subnet in the zone of this index, or nothing where the VPC ends before it.
    pub fn cidr(self, tier: Tier, index: usize) -> Option<Ipv4Net> {
        let number = if self.packed { index * 3 + tier.number() } else { tier.number() * 10 + index + 1 };
        let size = 1_u32.checked_shl(u32::from(32 - self.prefix))?;
        let start =
            u32::try_from(number).ok()?.checked_mul(size)?.checked_add(u32::from(self.vpc.network()))?;
        let block = Ipv4Net::new(start.into(), self.prefix).ok()?;
        self.vpc.contains(&block).then_some(block)
    }

    /// The index whose derived range of this tier is `cidr`.
    pub fn index_of(self, tier: Tier, cidr: Ipv4Net) -> Option<usize> {
        (0..self.zones()).find(|index| self.cidr(tier, *index) == Some(cidr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cidr::overlap;

    fn scheme(vpc: &str) -> Scheme {
        Scheme::new(vpc.parse().unwrap())
    }

    #[test]
    fn the_default_addresses_are_those_that_people_know() {
        let of = |tier, index| scheme("10.0.0.0/16").cidr(tier, index).unwrap().to_string();
        let both = |tier| [of(tier, 0), of(tier, 1)];
        assert_eq!(both(Tier::Public), ["10.0.1.0/24", "10.0.2.0/24"]);
        assert_eq!(both(Tier::Private), ["10.0.11.0/24", "10.0.12.0/24"]);
        assert_eq!(both(Tier::Database), ["10.0.21.0/24", "10.0.22.0/24"]);
    }

    #[test]
    fn a_smaller_vpc_has_smaller_subnets_in_the_same_order() {
        for (vpc, public, database) in [
            ("172.31.0.0/19", "172.31.1.0/24", "172.31.21.0/24"),
            ("10.9.0.0/20", "10.9.0.128/25", "10.9.10.128/25"),
            ("10.9.4.0/22", "10.9.4.32/27", "10.9.6.160/27"),
            ("10.9.0.0/24", "10.9.0.0/28", "10.9.0.32/28"),
        ] {
            let scheme = scheme(vpc);
            assert_eq!(scheme.cidr(Tier::Public, 0).unwrap().to_string(), public);
            assert_eq!(scheme.cidr(Tier::Database, 0).unwrap().to_string(), database);
        }
    }

    #[test]
    fn every_vpc_says_how_many_zones_fit() {
        for (prefix, zones) in
            [(16, 6), (19, 6), (20, 6), (22, 6), (23, 5), (24, 5), (25, 2), (26, 1), (27, 0), (28, 0)]
        {
            assert_eq!(scheme(&format!("10.0.0.0/{prefix}")).zones(), zones, "/{prefix}");
        }
    }

    #[test]
    fn no_two_subnets_share_an_address_and_all_lie_in_the_vpc() {
        for prefix in 16..=28 {
            let vpc: Ipv4Net = format!("192.168.0.0/{prefix}").parse().unwrap();
            let scheme = Scheme::new(vpc);
            let all: Vec<Ipv4Net> = (0..scheme.zones())
                .flat_map(|index| Tier::ALL.map(|tier| scheme.cidr(tier, index).unwrap()))
                .collect();
            for (at, block) in all.iter().enumerate() {
                assert!(vpc.contains(block) && block.prefix_len() <= 28, "{block} in {vpc}");
                assert!(all[..at].iter().all(|before| !overlap(*before, *block)), "{block} in {vpc}");
            }
        }
    }

    #[test]
    fn an_address_range_at_the_very_end_does_not_overflow() {
        assert_eq!(scheme("255.255.255.240/28").zones(), 0);
        assert_eq!(scheme("223.255.0.0/16").zones(), 6);
    }
}
