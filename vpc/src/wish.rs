//! What a network is meant to be.
//!
//! It is kept in a tag of the VPC, written in the call that creates it: without it a network that was made with `--nat none` could not
//! be told from one whose making was interrupted before the NAT gateway.

use std::fmt;

use aws_sdk_ec2::types::Tag;
use clap::ValueEnum;
use common::tags::ec2_value;

/// The tag on the VPC.
pub const TAG: &str = "stackpipe:vpc";

/// Availability zones unless told otherwise.
pub const DEFAULT_ZONES: usize = 2;

/// Which NAT gateways there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Nat {
    /// One for all availability zones
    One,
    /// One in each availability zone
    PerAz,
    /// Nothing in the private and database subnets reaches the internet
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
