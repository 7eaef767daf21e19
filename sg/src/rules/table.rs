//! A table: which groups there are, and which rules each has.

use std::collections::BTreeSet;
use std::fmt;

use ipnet::IpNet;

use super::rule::{Rule, Source, clauses};
use super::syntax::SyntaxError;
use super::{json, text};

/// The table that `sg create` goes by unless told otherwise.
pub const DEFAULT: &str = "\
mysql             3306/tcp from backend, bastion, vpn
backend           8080/tcp from app-alb, vpn;       22/tcp from bastion, ansible, vpn
frontend          80/tcp from web-alb;              22/tcp from bastion, ansible, vpn
app-alb           80/tcp from frontend, bastion, vpn
web-alb           80/tcp, 443/tcp from anywhere
vpn               443/tcp, 1194/udp from anywhere;  22/tcp, 943/tcp from admin
bastion, ansible  22/tcp from admin
";

/// Rules in that AWS lets a group have.
pub const MOST_RULES: usize = 60;

/// More text than any table within the limits needs, in bytes.
pub const LARGEST_TABLE: usize = 256 * 1024;

/// More groups than an environment of this kind has.
const MOST_GROUPS: usize = 100;

/// Groups in the order they are written, each with its rules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    groups: Vec<(String, BTreeSet<Rule>)>,
}

impl Table {
    /// Reads a table: JSON where it begins with a brace, the short text otherwise.
    ///
    /// # Errors
    /// The place and what was expected there; a source that is no group of this table; more than AWS takes.
    pub fn read(text: &str) -> Result<Self, SyntaxError> {
        if text.len() > LARGEST_TABLE {
            return Err(SyntaxError::whole(format!("larger than {} KiB", LARGEST_TABLE / 1024)));
        }
        let table = if text.trim_start().starts_with('{') { json::table(text) } else { text::table(text) }?;
        if table.groups.is_empty() {
            return Err(SyntaxError::whole(
                "no group in it: expected lines such as mysql 3306/tcp from backend",
            ));
        }
        Ok(table)
    }

    pub fn groups(&self) -> impl Iterator<Item = (&str, &BTreeSet<Rule>)> {
        self.groups.iter().map(|(role, rules)| (role.as_str(), rules))
    }

    pub fn has(&self, role: &str) -> bool {
        self.groups.iter().any(|(known, _)| known == role)
    }

    /// The first group that has more rules than AWS takes once `admin` stands for these CIDRs, and how many.
    pub fn overfull(&self, admin: &[IpNet]) -> Option<(&str, usize)> {
        self.groups().find_map(|(role, rules)| {
            let of_admin = rules.iter().filter(|rule| rule.source == Source::Admin).count();
            let count = rules.len() - of_admin + of_admin * admin.len();
            (count > MOST_RULES).then_some((role, count))
        })
    }

    pub(super) fn declare(&mut self, role: &str) -> Result<(), String> {
        if self.has(role) {
            return Ok(());
        }
        if self.groups.len() == MOST_GROUPS {
            return Err(format!("more than {MOST_GROUPS} groups"));
        }
        self.groups.push((role.to_owned(), BTreeSet::new()));
        Ok(())
    }

    pub(super) fn add(&mut self, role: &str, more: impl IntoIterator<Item = Rule>) -> Result<(), String> {
        let Some((_, rules)) = self.groups.iter_mut().find(|(known, _)| known == role) else {
            return Ok(());
        };
        rules.extend(more);
        if rules.len() > MOST_RULES {
            return Err(format!("more than {MOST_RULES} rules for {role}, which is all that AWS takes"));
        }
        Ok(())
    }

    pub(super) fn check_source(&self, source: &Source) -> Result<(), String> {
        match source {
            Source::Group(role) if !self.has(role) => {
                Err(format!("there is no group {role} in this table: add a line for it, or name its id sg-…"))
            }
            _ => Ok(()),
        }
    }
}

/// A line a group, which reads back as the same table.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (role, rules) in self.groups() {
            writeln!(f, "{}", format!("{role}  {}", clauses(rules)).trim_end())?;
        }
        Ok(())
    }
}
