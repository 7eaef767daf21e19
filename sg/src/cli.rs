//! The command line.

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use common::offline::Offline;
use common::run::CommandLine;
use common::settings::Settings;
use ipnet::IpNet;
use sg::rules;

use crate::change::RuleArguments;
use crate::table::TableFlags;

/// Make the security groups of an environment and keep the rules between them in line
///
/// Reads the document on stdin and writes it with its section `sg` brought up to date. `show --format table`, `diff` and `rules` write
/// text for a person instead.
#[derive(Parser)]
#[command(name = "sg", version)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Make the groups and their rules, or bring them in line with the table
    #[command(after_help = CREATE_EXAMPLES)]
    Create(Create),
    /// Fill the section from AWS, or show it as a table
    Show(Show),
    /// Take the groups down, and first every rule that names them
    Delete(Delete),
    /// Add rules to a group
    #[command(after_help = ALLOW_EXAMPLES)]
    Allow(RuleArguments),
    /// Take rules away from a group
    Revoke(RuleArguments),
    /// Show what AWS has that the table has not, and the reverse; exit status 73 where they differ
    #[command(after_help = DIFF_LEGEND)]
    Diff(Diff),
    /// Print the default table, to begin a table of your own with
    Rules,
    #[command(flatten)]
    Offline(Offline),
}

const CREATE_EXAMPLES: &str = "Examples:
  vpc create --project expense --env dev | sg create --admin-cidr 203.0.113.7/32
  sg rules >my.rules; sg create --project expense --env dev --rules my.rules --prune";

const ALLOW_EXAMPLES: &str = "Examples:
  sg allow mysql 3306/tcp from backend --project expense --env dev
  sg allow backend '22/tcp from 203.0.113.7/32; 8000-8100/tcp from vpn' <document.json
  sg allow bastion 22/tcp from admin --admin-cidr 203.0.113.7/32 <document.json";

const DIFF_LEGEND: &str = "Each line is a rule or a group:
  +  the table has it and AWS has not: `sg create` adds it
  -  AWS has it and the table has not: `sg create --prune` takes a rule away, and leaves a group";

#[derive(Args)]
pub struct Create {
    #[command(flatten)]
    pub table: TableFlags,
    /// Take away the rules that AWS has and the table has not
    #[arg(long)]
    pub prune: bool,
}

#[derive(Args)]
pub struct Show {
    /// What to write: the document, or a table for a person
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = ShowFormat::Json)]
    pub format: ShowFormat,
    /// Wait until AWS shows every group that the document names
    #[arg(long)]
    pub wait: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowFormat {
    Json,
    Table,
}

#[derive(Args)]
pub struct Delete {
    /// Only these groups, e.g. one that the table has no more; all of them by default
    #[arg(value_name = "GROUP")]
    pub groups: Vec<String>,
    /// Asked for in production: its name, e.g. expense-prod
    #[arg(long, value_name = "PROJECT-ENV")]
    pub confirm: Option<String>,
}

#[derive(Args)]
pub struct Diff {
    #[command(flatten)]
    pub table: TableFlags,
    /// How to write the differences
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = DiffFormat::Text)]
    pub format: DiffFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DiffFormat {
    Text,
    Json,
}

/// Reads an admin CIDR.
///
/// # Errors
/// What was expected.
pub fn admin_cidr(text: &str) -> Result<IpNet, String> {
    rules::cidr(text).map_err(|expected| format!("expected {expected}"))
}

impl CommandLine for Cli {
    const NAME: &'static str = "sg";

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn offline(&self) -> Option<&Offline> {
        match &self.verb {
            Verb::Offline(offline) => Some(offline),
            _ => None,
        }
    }

    fn printed(&self) -> Option<String> {
        matches!(self.verb, Verb::Rules).then(|| format!("{}{}", crate::table::LEGEND, rules::DEFAULT))
    }

    fn check(&self) -> Result<()> {
        match &self.verb {
            Verb::Create(wish) => wish.table.check(),
            Verb::Diff(wish) => wish.table.check(),
            Verb::Allow(arguments) => arguments.check("allow"),
            Verb::Revoke(arguments) => arguments.check("revoke"),
            Verb::Delete(wish) => wish.groups.iter().try_for_each(|role| crate::change::check_role(role)),
            Verb::Show(_) | Verb::Rules | Verb::Offline(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }
}
