//! The command line. The doc comments are the help.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use common::fault::Fault;
use common::offline::Offline;
use common::run::CommandLine;
use common::settings::Settings;

use crate::{flags, user_data};

/// Values that the conditions of one rule may hold in all (ELB quotas).
const VALUES_A_RULE: usize = 5;

/// Run the components of an environment: groups of servers behind its load balancers
///
/// Reads the document on stdin and writes it with its section `asg` brought up to date. `history` writes a table or JSON for a person
/// instead.
#[derive(Parser)]
#[command(name = "asg", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Make a component, bring it in line with the flags, or deploy a new image of it
    Create(Box<Create>),
    /// Fill the section from AWS
    Show(Show),
    /// Set how many instances there are, and wait until so many are healthy
    Scale(Scale),
    /// Go back to the version before, or end a deployment that is under way
    Rollback(Rollback),
    /// List versions and deployments
    History(History),
    /// Take components down
    Delete(Delete),
    #[command(flatten)]
    Offline(Offline),
}

/// How requests are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Algorithm {
    RoundRobin,
    LeastOutstanding,
    Random,
}

impl Algorithm {
    /// ELB's word for it.
    pub fn attribute(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::LeastOutstanding => "least_outstanding_requests",
            Self::Random => "weighted_random",
        }
    }
}

#[derive(Args)]
#[command(
    after_help = "NAME is also the security group its instances are in. A flag that is not given leaves things as they are; the defaults count
when the component is made. A new image, instance type or user data is a deployment: the instances are replaced step by step, and
AWS goes back by itself where the new ones do not become healthy.

Examples:
  alb create app … | asg create backend --alb app --port 8080 --health /health \\
      --host backend.app-dev.example.com --image ami-0123456789abcdef0
  asg create backend --image ami-0fedcba9876543210 --project expense --env dev
  asg create frontend --alb web --port 80 --host web-dev.example.com --min 2 --max 6 <document.json"
)]
pub struct Create {
    /// Its name: the key in the document, the security group, and the end of its AWS names
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: String,
    /// Load balancer it is behind, by name; needed when it is made
    #[arg(long, value_name = "NAME", value_parser = flags::balancer)]
    pub alb: Option<String>,
    /// Port on which its instances answer HTTP; needed when it is made
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
    /// Path that answers 200 where an instance is healthy [default: /]
    #[arg(long, value_name = "PATH", value_parser = flags::health)]
    pub health: Option<String>,
    /// Host name whose requests it gets (repeatable); it, --path or both are needed when it is made
    #[arg(long = "host", value_name = "HOST", value_parser = flags::host)]
    pub hosts: Vec<String>,
    /// Path whose requests it gets, e.g. '/backend*' (repeatable)
    #[arg(long = "path", value_name = "PATH", value_parser = flags::path)]
    pub paths: Vec<String>,
    /// Fewest instances [default: 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=1000))]
    pub min: Option<i32>,
    /// Most instances [default: 10, or --min where that is more]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub max: Option<i32>,
    /// Percent of CPU that the number of instances is kept for [default: 70]
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(i32).range(1..=100))]
    pub cpu: Option<i32>,
    /// Instance type [default: t3.micro]
    #[arg(long, value_name = "TYPE", value_parser = flags::instance_type)]
    pub instance_type: Option<String>,
    /// Image, or `ssm:/PARAMETER` that holds its id [default: the document's .bake.NAME.image]
    ///
    /// One that is still pending is waited for.
    #[arg(long, value_name = "AMI", value_parser = flags::image_source)]
    pub image: Option<String>,
    /// What instances run when they first start: up to 16 KiB, readable by anyone on the instance, so no place for secrets
    #[arg(long, value_name = "FILE")]
    pub user_data: Option<PathBuf>,
    /// How requests are spread [default: round-robin]
    #[arg(long, value_name = "ALGORITHM", value_enum)]
    pub algorithm: Option<Algorithm>,
    /// Percent of instances that stay in service through a deployment
    #[arg(long, value_name = "PERCENT", default_value_t = 90, value_parser = clap::value_parser!(i32).range(0..=100))]
    pub min_healthy: i32,
    /// Seconds until a new instance has to be healthy [default: 120]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(i32).range(0..=7200))]
    pub warm_up: Option<i32>,
}

#[derive(Args)]
pub struct Show {
    /// One component; without it all of the environment
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: Option<String>,
    /// Wait until its instances are healthy, and until a deployment that is under way has ended
    #[arg(long)]
    pub wait: bool,
}

#[derive(Args)]
pub struct Scale {
    /// The component
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: String,
    /// Instances from now on, until the CPU asks for more or fewer
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=1000))]
    pub desired: i32,
}

#[derive(Args)]
pub struct Rollback {
    /// The component
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: String,
    /// The version to go to [default: the last good one before]
    #[arg(long, value_name = "VERSION", value_parser = clap::value_parser!(i64).range(1..))]
    pub to: Option<i64>,
    /// Percent of instances that stay in service
    #[arg(long, value_name = "PERCENT", default_value_t = 90, value_parser = clap::value_parser!(i32).range(0..=100))]
    pub min_healthy: i32,
}

#[derive(Args)]
pub struct History {
    /// The component
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: String,
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
    /// Spell out PROJECT-ENVIRONMENT: needed for production
    #[arg(long, value_name = "PROJECT-ENV")]
    pub confirm: Option<String>,
}

impl CommandLine for Cli {
    const NAME: &'static str = "asg";

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
    /// What the flags say about each other, and whether the user data can be used.
    fn check(&self) -> Result<()> {
        if let (Some(min), Some(max)) = (self.min, self.max)
            && min > max
        {
            return Err(Fault::usage(format!("--min {min} is more than --max {max}")).into());
        }
        let values = self.hosts.len() + self.paths.len();
        if values > VALUES_A_RULE {
            return Err(Fault::usage(format!("{values} values of --host and --path are too many"))
                .hint(format!("a rule of ELB takes {VALUES_A_RULE}; * and ? in them stand for others"))
                .into());
        }
        self.user_data().map(|_| ())
    }

    /// The user data in base64.
    ///
    /// # Errors
    /// A usage fault where it cannot be used.
    pub fn user_data(&self) -> Result<Option<String>> {
        Ok(self.user_data.as_deref().map(user_data::read).transpose()?)
    }

    /// Fewest instances of a new group.
    pub fn min_or_default(&self) -> i32 {
        self.min.unwrap_or_else(|| self.max.unwrap_or(2).min(2))
    }

    /// Most instances of a new group.
    pub fn max_or_default(&self) -> i32 {
        self.max.unwrap_or_else(|| self.min_or_default().max(10))
    }

    /// Seconds until a new instance has to be healthy.
    pub fn warm_up_or_default(&self) -> i32 {
        self.warm_up.unwrap_or(120)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn create(flags: &[&str]) -> Result<Box<Create>, clap::Error> {
        let line = ["asg", "create", "backend"].iter().chain(flags);
        match Cli::try_parse_from(line)?.verb {
            Verb::Create(create) => Ok(create),
            _ => unreachable!("the verb is create"),
        }
    }

    #[test]
    fn the_command_line_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn sizes_that_contradict_each_other_are_refused() {
        assert!(create(&["--min", "3", "--max", "2"]).unwrap().check().is_err());
        assert!(create(&["--max", "0"]).is_err());
        let one = create(&["--max", "1"]).unwrap();
        assert_eq!((one.min_or_default(), one.max_or_default()), (1, 1));
        let many = create(&["--min", "20"]).unwrap();
        assert_eq!((many.min_or_default(), many.max_or_default()), (20, 20));
    }

    #[test]
    fn a_rule_takes_five_values() {
        let hosts = ["--host", "a.example.com"].repeat(3);
        let paths = ["--path", "/a"].repeat(3);
        assert!(create(&hosts).unwrap().check().is_ok());
        assert!(create(&[hosts, paths].concat()).unwrap().check().is_err());
    }
}
