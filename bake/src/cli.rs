//! The command line. The doc comments are the help.

use std::time::Duration;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use common::fault::Fault;
use common::flags;
use common::offline::Offline;
use common::run::CommandLine;
use common::server::image::architecture;
use common::settings::{self, Settings};
use ipnet::Ipv4Net;

use crate::source::{self, Source};
use crate::steps::Steps;
use crate::words;

/// Make images of an environment's components, from what configures them
///
/// Reads the document on stdin and writes it with its section `bake` brought up to date. `list` writes a table or JSON for a person
/// instead.
#[derive(Parser)]
#[command(name = "bake", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Make an image of a component, or take the one that was made from the same things
    Create(Box<Create>),
    /// Fill the section from AWS: the newest image of each component
    Show(Show),
    /// List images, and what runs them
    List(List),
    /// Delete images with their snapshots, and what is left of their making
    Delete(Delete),
    /// Copy a component's newest image to another Region
    Copy(Copy),
    /// Let other accounts launch a component's newest image
    Share(Share),
    /// Delete all but the newest images
    Prune(Prune),
    /// Remove what a lost machine left: builders, their security groups, failed images, keys
    Gc(Gc),
    #[command(flatten)]
    Offline(Offline),
}

/// How the builder is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Via {
    /// Through the bastion
    Bastion,
    /// From here, where the VPC's addresses can be reached
    Direct,
}

#[derive(Args)]
#[command(
    after_help = "A server is launched in a private subnet, configured by the steps in the order given, cleaned, stopped, made an image of and
terminated. NAME is the component that `asg create NAME` rolls the image out to.

A --playbook right after an --ansible-pull is the path of the playbook in that repository; any other is a file of this machine. What
went into an image is in its fingerprint: where there is an image with the same one, it is taken as it is.

Examples:
  bake create backend --playbook site.yml --version 1.4.2 --project expense --env dev
  bake create backend --ansible-pull https://github.com/example/ansible.git --playbook backend.yaml -e component=backend -e env=dev
  bake create frontend --copy nginx.conf:/etc/nginx/ --script setup.sh <document.json | asg create frontend"
)]
pub struct Create {
    /// The component: the key in the document, and part of the AWS names
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: String,
    #[command(flatten)]
    pub steps: Steps,
    /// A variable for the steps: KEY=VALUE, or @FILE with JSON, or with YAML where only Ansible reads it (repeatable)
    #[arg(short = 'e', long = "extra-vars", value_name = "KEY=VALUE|@FILE")]
    pub variables: Vec<String>,
    /// Image to begin with: ami-…, /PARAMETER of Systems Manager, or OWNER:NAME*PATTERN [default: newest Amazon Linux 2023]
    #[arg(long, value_name = "IMAGE", value_parser = source::parse)]
    pub from: Option<Source>,
    /// Instance types of the builder, the best first
    #[arg(long = "instance-type", value_name = "TYPE,…", value_delimiter = ',', default_value = "t3.micro", value_parser = flags::instance_type)]
    pub instance_types: Vec<String>,
    /// How the builder is reached
    #[arg(long, value_enum, value_name = "WAY", default_value_t = Via::Bastion)]
    pub via: Via,
    /// With --via direct: who may reach the builder [default: the VPC's addresses]
    #[arg(long, value_name = "CIDR")]
    pub admit: Option<Ipv4Net>,
    /// Whom to log in as
    #[arg(long, value_name = "NAME", default_value = "ec2-user", value_parser = words::user)]
    pub user: String,
    /// Version of the image [default: `git describe` of what configures it]
    #[arg(long, value_name = "VERSION", value_parser = words::version)]
    pub version: Option<String>,
    /// Key that the image's disk is encrypted with [default: the account's own for EBS, which cannot be shared]
    #[arg(long, value_name = "KEY", value_parser = words::kms_key)]
    pub kms_key: Option<String>,
    /// Size of the image's disk [default: that of the image to begin with]
    #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(i32).range(1..=16384))]
    pub volume_size: Option<i32>,
    /// Make a new image though there is one of the same things
    #[arg(long)]
    pub force: bool,
    /// Leave the builder where a step fails, and say how to log in to it
    #[arg(long)]
    pub keep_on_error: bool,
}

#[derive(Args)]
pub struct Show {
    /// One component; without it all of the environment
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: Option<String>,
    /// Wait until the images are available, and remove their builders
    #[arg(long)]
    pub wait: bool,
}

#[derive(Args)]
pub struct List {
    /// One component; without it all of the environment
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
    /// One component; without it all of the environment
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: Option<String>,
    /// Only the images of this version
    #[arg(long, value_name = "VERSION", requires = "name", conflicts_with = "image", value_parser = words::version)]
    pub version: Option<String>,
    /// Only this image
    #[arg(long, value_name = "AMI", requires = "name", value_parser = flags::image)]
    pub image: Option<String>,
    /// Spell out PROJECT-ENVIRONMENT: needed for production
    #[arg(long, value_name = "PROJECT-ENV")]
    pub confirm: Option<String>,
}

#[derive(Args)]
pub struct Copy {
    /// The component
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: String,
    /// Region to copy to
    #[arg(long = "to-region", value_name = "REGION", value_parser = words::region)]
    pub to_region: String,
    /// Another image than the newest
    #[arg(long, value_name = "AMI", value_parser = flags::image)]
    pub image: Option<String>,
    /// Key of that Region that the copy is encrypted with [default: the account's own for EBS there]
    #[arg(long, value_name = "KEY", value_parser = words::kms_key)]
    pub kms_key: Option<String>,
}

#[derive(Args)]
pub struct Share {
    /// The component
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: String,
    /// Account that may launch it (repeatable)
    #[arg(long = "account", value_name = "ACCOUNT", required = true, value_parser = words::account)]
    pub accounts: Vec<String>,
    /// Another image than the newest
    #[arg(long, value_name = "AMI", value_parser = flags::image)]
    pub image: Option<String>,
    /// Take the permission back
    #[arg(long)]
    pub revoke: bool,
}

#[derive(Args)]
pub struct Prune {
    /// One component; without it all of the environment
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: Option<String>,
    /// How many of each component stay, beside those in use
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub keep: u16,
    /// Spell out PROJECT-ENVIRONMENT: needed for production
    #[arg(long, value_name = "PROJECT-ENV")]
    pub confirm: Option<String>,
}

#[derive(Args)]
pub struct Gc {
    /// Only what is older, e.g. 24h
    #[arg(long, value_name = "TIME", value_parser = settings::duration)]
    pub older_than: Duration,
}

impl CommandLine for Cli {
    const NAME: &'static str = "bake";

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
            Verb::Create(create) => create.check(),
            _ => Ok(()),
        }
    }
}

impl Create {
    /// What the flags say about each other. Files are read later.
    fn check(&self) -> Result<()> {
        if self.steps.is_empty() {
            return Err(Fault::usage("no step: nothing says how the image is configured")
                .hint("give --playbook, --ansible-pull, --script or --copy")
                .into());
        }
        if self.admit.is_some() && self.via == Via::Bastion {
            return Err(Fault::usage("--admit goes with --via direct")
                .hint("through the bastion nobody else is admitted")
                .into());
        }
        let first = self.instance_type();
        if let Some(other) = self.instance_types.iter().find(|it| architecture(it) != architecture(first)) {
            return Err(Fault::usage(format!("a {first} and a {other} cannot run the same image"))
                .hint("give types of one architecture")
                .into());
        }
        Ok(())
    }

    /// The best instance type.
    pub fn instance_type(&self) -> &str {
        self.instance_types.first().map_or("t3.micro", String::as_str)
    }
}
