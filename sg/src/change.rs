//! What `allow` and `revoke` are given: a group and rules.

use anyhow::Result;
use clap::Args;
use common::fault::Fault;
use common::identity::quoted;
use common::session::Session;
use ipnet::IpNet;
use sg::rules::{MOST_RULES, Rule, Source, role, rules_of};

use crate::cli::admin_cidr;
use crate::inventory::{Group, Inventory};

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

    /// The group, and proof that every group the rules name is there.
    ///
    /// # Errors
    /// Not found, naming the group.
    pub fn group<'a>(&self, session: &Session, inventory: &'a Inventory) -> Result<&'a Group> {
        let absent = |role: &str| {
            Fault::not_found(format!("there is no security group {}", session.identity.name(role)))
                .hint("run `sg create` first, with a table that names it")
        };
        for rule in self.rules()? {
            if let Source::Group(role) = &rule.source
                && inventory.group(role).is_none()
            {
                return Err(absent(role).into());
            }
        }
        inventory.group(&self.group).ok_or_else(|| absent(&self.group).into())
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
