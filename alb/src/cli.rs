//! The command line. The doc comments are the help.

use clap::{Args, Parser, Subcommand, ValueEnum};
use common::fault::Fault;
use common::offline::Offline;
use common::run::CommandLine;
use common::settings::Settings;

use crate::flags::{self, Logs, Subnets};
use crate::names::Scheme;

/// Make, show, change and take down the application load balancers of an environment
///
/// Reads the document on stdin and writes it with its section `alb` brought up to date. `rules` and `health` write a table or JSON for
/// a person instead.
#[derive(Parser)]
#[command(name = "alb", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Make a load balancer, or bring it in line with the flags
    Create(Create),
    /// Fill the section from AWS
    Show(Show),
    /// List what is routed where
    Rules(Listing),
    /// List the state of every target
    Health(Listing),
    /// Take load balancers down, with their records and certificates
    Delete(Delete),
    #[command(flatten)]
    Offline(Offline),
}

#[derive(Args)]
#[command(
    after_help = "`app` is internal, in the private subnets and in group app-alb; `web` faces the internet, in the public subnets and in \
group web-alb. Any other NAME says so with --internal or --internet-facing, and --group. A flag that is not given leaves things as \
they are; the defaults count when the load balancer is made.

Examples:
  vpc create … | sg create | alb create app --domain example.com
  alb create web --domain example.com --https --project expense --env dev
  alb create reports --internal --group app-alb <document.json"
)]
pub struct Create {
    /// Its name: the key in the document, and the end of its AWS name
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: String,
    #[command(flatten)]
    reach: Reach,
    /// Its subnets: a tier (public, private, database), or ids separated by commas [default: private, or public where it faces the
    /// internet]
    #[arg(long, value_name = "SUBNETS", value_parser = flags::subnets)]
    pub subnets: Option<Subnets>,
    /// Its security group, by role [default: app-alb for app, web-alb for web]
    #[arg(long, value_name = "ROLE", value_parser = flags::role)]
    pub group: Option<String>,
    /// A hosted zone of Route 53, in which an alias record leads to it: *.NAME-ENV.DOMAIN for an internal one, NAME-ENV.DOMAIN for one
    /// that faces the internet
    #[arg(long, value_name = "DOMAIN", value_parser = flags::domain)]
    pub domain: Option<String>,
    /// Answer HTTPS with a certificate of ACM for that record, and redirect HTTP to it
    #[arg(long, requires = "domain")]
    pub https: bool,
    /// Write access logs to this bucket of S3, which must let the load balancer write
    #[arg(long, value_name = "BUCKET[/PREFIX]", value_parser = flags::logs)]
    pub access_logs: Option<Logs>,
    /// Write no access logs any more
    #[arg(long, conflicts_with = "access_logs")]
    pub no_access_logs: bool,
    /// Refuse deletion until told otherwise [default: on in production]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub deletion_protection: Option<bool>,
}

/// Who can reach it.
#[derive(Args)]
struct Reach {
    /// Reached from inside the VPC only
    #[arg(long, conflicts_with = "internet_facing")]
    internal: bool,
    /// Reached from the internet
    #[arg(long)]
    internet_facing: bool,
}

#[derive(Args)]
pub struct Show {
    /// One load balancer; without it all of the environment
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: Option<String>,
    /// Wait until it is ready
    #[arg(long)]
    pub wait: bool,
}

#[derive(Args)]
pub struct Listing {
    /// One load balancer; without it all of the environment
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: Option<String>,
    /// How to write it
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = Format::Table)]
    pub format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
}

#[derive(Args)]
pub struct Delete {
    /// One load balancer; without it all of the environment
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: Option<String>,
    /// Spell out PROJECT-ENVIRONMENT: needed for production, and to lift deletion protection
    #[arg(long, value_name = "PROJECT-ENV")]
    pub confirm: Option<String>,
}

impl Create {
    /// The scheme, where a flag says it.
    pub fn scheme(&self) -> Option<Scheme> {
        match (self.reach.internal, self.reach.internet_facing) {
            (true, _) => Some(Scheme::Internal),
            (_, true) => Some(Scheme::InternetFacing),
            _ => None,
        }
    }
}

impl CommandLine for Cli {
    const NAME: &'static str = "alb";

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn offline(&self) -> Option<&Offline> {
        match &self.verb {
            Verb::Offline(offline) => Some(offline),
            _ => None,
        }
    }
}

/// For a NAME of one's own that is still to be made: what its flags leave open.
pub fn incomplete(name: &str, missing: &str) -> Fault {
    Fault::usage(format!("there is no load balancer {name} yet, and {missing} is not given"))
        .hint("only app and web have defaults: say who can reach it, and --group ROLE which group it is in")
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn https_asks_for_a_domain() {
        assert!(Cli::try_parse_from(["alb", "create", "web", "--https"]).is_err());
        assert!(Cli::try_parse_from(["alb", "create", "web", "--https", "--domain", "example.com"]).is_ok());
        assert!(Cli::try_parse_from(["alb", "create", "x", "--internal", "--internet-facing"]).is_err());
    }
}
