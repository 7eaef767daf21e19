//! The three tiers of subnets.

use std::fmt;

/// A tier, in the order of the document and of the addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Reached from the internet, through the internet gateway.
    Public,
    /// Reaches the internet through a NAT gateway.
    Private,
    /// As private, for databases only.
    Database,
}

impl Tier {
    pub const ALL: [Self; 3] = [Self::Public, Self::Private, Self::Database];

    /// As it stands in names and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Database => "database",
        }
    }

    /// 0, 1 or 2.
    pub fn number(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
