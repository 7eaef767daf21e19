//! The short text of security group rules, and tables of them.
//!
//! ```text
//! table    = group-line …                                  # a comment runs to the end of its line
//! line     = GROUP [, GROUP …] [clause [; clause …]]
//! clause   = TRAFFIC [, TRAFFIC …] from SOURCE [, SOURCE …]
//! TRAFFIC  = 3306/tcp | 8000-8100/udp | all/tcp | icmp | 8/icmp | 8:0/icmp | icmpv6 | protocol-50 | all
//! SOURCE   = backend | 10.0.0.0/8 | 2001:db8::/32 | anywhere | admin | pl-… | sg-… | ACCOUNT/sg-…
//! ```
//!
//! A line may be continued on the next one: after a comma, or with a line that begins with traffic (which a group's name never looks
//! like), so the indentation means nothing. `the admin CIDRs` is `admin`. A group with nothing after its name has no rules in.

mod json;
mod rule;
mod syntax;
mod table;
mod text;
mod token;
mod word;

pub use rule::{Rule, Source, Traffic, Transport, by_traffic, clauses};
pub use syntax::SyntaxError;
pub use table::{DEFAULT, LARGEST_TABLE, MOST_RULES, Table};
pub use text::rules_of;
pub use word::{cidr, role};
