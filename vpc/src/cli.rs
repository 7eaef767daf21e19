//! The command line of `vpc`.

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use common::offline::Offline;
use common::run::CommandLine;
use common::settings::Settings;

use crate::request::Request;
use crate::wish::Nat;

/// Make, show and delete the network of an environment: VPC, subnets, gateways, routes, peering
///
/// Reads a document on stdin (or nothing), writes it on stdout with the section `vpc` brought up to date.
#[derive(Debug, Parser)]
#[command(name = "vpc", version)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    Create(Create),
    Show(Show),
    Delete(Delete),
    #[command(flatten)]
    Offline(Offline),
}

/// Make the network, or bring it in line with the flags
///
/// A flag that is not given leaves things as they are; the defaults count for a network that is made anew. What is there already is
/// adopted, an availability zone, a NAT gateway or the peering is added in place, NAT gateways are taken away in place. Another
/// address range, other subnet ranges and fewer availability zones are refused.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "\
Examples:
  vpc create --project expense --env dev
  vpc create --project expense --env prod --azs 3 --nat per-az
  vpc create --project expense --env dev --peer-default --no-wait | sg create
  vpc create --project expense --env dev --cidr 10.20.0.0/20 --dry-run")]
pub struct Create {
    /// Address range of the VPC, /16 to /28 [default: 10.0.0.0/16]
    #[arg(long, value_name = "CIDR")]
    pub cidr: Option<String>,
    /// Availability zones, 1 to 6 [default: 2]
    #[arg(long, value_name = "NUMBER")]
    pub azs: Option<usize>,
    /// NAT gateways: one for all availability zones, one in each, or none [default: one]
    #[arg(long, value_enum, value_name = "WHICH")]
    pub nat: Option<Nat>,
    /// Peer with the account's default VPC, with routes both ways
    #[arg(long)]
    pub peer_default: bool,
    /// Address range of a public subnet, one an availability zone, in the order of the zones' names (repeatable)
    #[arg(long, value_name = "CIDR")]
    pub public_cidr: Vec<String>,
    /// The same for the private subnets (repeatable)
    #[arg(long, value_name = "CIDR")]
    pub private_cidr: Vec<String>,
    /// The same for the database subnets (repeatable)
    #[arg(long, value_name = "CIDR")]
    pub database_cidr: Vec<String>,
}

/// Fill the section from AWS
#[derive(Debug, Clone, Default, Args)]
pub struct Show {
    /// Wait until the network is ready, and finish what `create --no-wait` left: routes that need a NAT gateway
    #[arg(long)]
    pub wait: bool,
}

/// Delete the network and take its section out
///
/// Touches only what carries the tags of this project and environment, and names what else holds the VPC. Run it after the delete of
/// everything that lies in the network.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "\
Examples:
  vpc delete --project expense --env dev
  vpc show --project expense --env prod | rds delete --confirm expense-prod | sg delete --confirm expense-prod | \\
    vpc delete --confirm expense-prod")]
pub struct Delete {
    /// Spell out which production environment is meant
    #[arg(long, value_name = "PROJECT-ENV")]
    pub confirm: Option<String>,
}

impl CommandLine for Cli {
    const NAME: &'static str = "vpc";

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn offline(&self) -> Option<&Offline> {
        match &self.verb {
            Verb::Offline(offline) => Some(offline),
            _ => None,
        }
    }

    fn check(&self) -> Result<()> {
        match &self.verb {
            Verb::Create(create) => Request::from_flags(create).map(|_| ()),
            _ => Ok(()),
        }
    }
}
