//! What `allow` and `revoke` are given: a group and rules.

use std::collections::BTreeMap;

use anyhow::Result;
use clap::Args;
use common::fault::Fault;
use common::identity::quoted;
use common::section::{Named, SecurityGroup};
use common::session::Session;
use ipnet::IpNet;
use sg::rules::{MOST_RULES, Rule, Source, role, rules_of};

use crate::cli::admin_cidr;
use crate::inventory::{Group, Inventory};
use crate::permission::Mark;
use crate::section;

/// A group and rules.
#[derive(Args)]
pub struct RuleArguments {
    /// The group, e.g. mysql
    group: String,
    /// The rules, as words or as one text, e.g. 3306/tcp from backend, vpn
    #[arg(required = true, num_args = 1..)]
    rule: Vec<String>,
    /// What `from admin` in the rule means (repeatable)
    #[arg(long = "admin-cidr", value_name = "CIDR", value_parser = admin_cidr)]
    pub admin: Vec<IpNet>,
}

impl RuleArguments {
    /// Refuses what is no rule.
    ///
    /// # Errors
    /// A usage fault that says what was expected, and at which character of the rule.
    pub fn check(&self, verb: &str) -> Result<()> {
        check_role(&self.group)?;
        let rules = self.rules()?;
        if rules.len() > MOST_RULES {
            return Err(Fault::usage(format!("more than {MOST_RULES} rules for one group")).into());
        }
        if verb == "allow" && self.admin.is_empty() && rules.iter().any(|rule| rule.source == Source::Admin) {
            return Err(Fault::usage("the rule is from admin, and no --admin-cidr says where that is")
                .hint("add --admin-cidr YOUR-ADDRESS/32")
                .into());
        }
        Ok(())
    }

    /// The rules, with `admin` still standing for itself.
    ///
    /// # Errors
    /// A usage fault.
    pub fn rules(&self) -> Result<Vec<Rule>> {
        let text = self.rule.join(" ");
        rules_of(&text).map_err(|error| {
            Fault::usage(error.in_file("the rule"))
                .hint("a rule is like: 3306/tcp from backend, 10.0.0.0/8")
                .into()
        })
    }

    /// The group that is to be changed, and proof that every group the rules name is there. In a plan they may be in the document
    /// only.
    ///
    /// # Errors
    /// Not found, naming the group.
    pub fn target<'a>(&self, session: &Session, inventory: &'a Inventory) -> Result<Target<'a>> {
        let section = section::with_planned(session, inventory)?;
        let entry_of = |role: &str| {
            section.get(role).ok_or_else(|| {
                Fault::not_found(format!("there is no security group {}", session.identity.name(role)))
                    .hint("run `sg create` first, with a table that names it")
            })
        };
        for rule in self.rules()? {
            if let Source::Group(role) = &rule.source {
                entry_of(role)?;
            }
        }
        let planned = entry_of(&self.group)?;
        let group = inventory.group(&self.group);
        let found = match group {
            Some(group) => group.rules(&inventory.by_id()),
            None => (planned.rules.iter())
                .flat_map(|rule| rules_of(rule).unwrap_or_default())
                .map(|rule| (rule, Mark::Plain))
                .collect(),
        };
        Ok(Target {
            role: self.group.clone(),
            name: session.identity.name(&self.group),
            group,
            found,
            section,
        })
    }
}

/// The group of an `allow` or a `revoke`.
pub struct Target<'a> {
    role: String,
    pub name: String,
    /// Absent where it is only planned.
    pub group: Option<&'a Group>,
    /// The rules in that it has.
    pub found: BTreeMap<Rule, Mark>,
    section: Named<SecurityGroup>,
}

impl Target<'_> {
    /// Writes the document, in which this group has these rules.
    ///
    /// # Errors
    /// Stdout cannot be written.
    pub fn write<'a>(mut self, session: &Session, rules: impl IntoIterator<Item = &'a Rule>) -> Result<()> {
        let entry = section::entry(self.group, &self.name, rules);
        self.section.insert(self.role, entry);
        section::write(session, &self.section)
    }
}

/// Refuses what cannot be a group's name.
///
/// # Errors
/// A usage fault.
pub fn check_role(text: &str) -> Result<()> {
    role(text)
        .map(|_| ())
        .map_err(|expected| Fault::usage(format!("expected {expected}, found {}", quoted(text))).into())
}
