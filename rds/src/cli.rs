//! The command line. The doc comments are the help.

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use common::fault::Fault;
use common::offline::Offline;
use common::run::CommandLine;
use common::settings::{Settings, key_value};

use crate::{flags, window};

/// Make, show, change, snapshot and take down the database of an environment
///
/// Reads a document on stdin (or nothing), writes it on stdout with the section `rds` brought up to date.
#[derive(Parser)]
#[command(name = "rds", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Subcommand)]
pub enum Verb {
    /// Make the database, or bring it in line with the flags
    Create(Create),
    /// Fill the section from AWS
    Show(Show),
    /// Take a snapshot of the database
    Snapshot(Snapshot),
    /// Take the database down, after a final snapshot
    Delete(Delete),
    #[command(flatten)]
    Offline(Offline),
}

/// Database engines this command knows how to set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Mysql,
}

impl Engine {
    /// AWS's name of it, and the role of the security group that lets clients in.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mysql => "mysql",
        }
    }
}

#[derive(Args)]
#[command(
    after_help = "A flag that is not given leaves things as they are; the defaults count when the database is made.

Examples:
  rds create --project expense --env dev
  vpc create … | sg create | rds create --class db.t4g.small --multi-az
  rds create reports --storage 50 --parameter max_connections=200"
)]
pub struct Create {
    /// Its name: the key in the document, and the end of its AWS names
    #[arg(default_value = "mysql", value_name = "NAME", value_parser = flags::name)]
    pub name: String,
    /// Database engine
    #[arg(long, value_name = "ENGINE", value_enum, default_value = "mysql", hide_possible_values = true)]
    pub engine: Engine,
    /// Version, e.g. 8.4.8, or 8.4 for the newest of it [default: the newest 8.4]
    #[arg(long, value_name = "VERSION", value_parser = flags::version)]
    pub engine_version: Option<String>,
    /// Instance class [default: db.t4g.micro]
    #[arg(long, value_name = "CLASS", value_parser = flags::class)]
    pub class: Option<String>,
    /// Storage to begin with, in GiB; a minimum, never shrunk [default: 20]
    #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(i32).range(20..=65536))]
    pub storage: Option<i32>,
    /// Storage it may grow to by itself, in GiB [default: 100, or 126 % of --storage]
    #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(i32).range(22..=65536))]
    pub max_storage: Option<i32>,
    /// Keep a standby in a second AZ
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub multi_az: Option<bool>,
    /// Days that automated backups are kept, 0 for none [default: 7]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(i32).range(0..=35))]
    pub backup_days: Option<i32>,
    /// Daily time of the backup in UTC, e.g. 03:00-03:30 [default: chosen by AWS]
    #[arg(long, value_name = "WINDOW", value_parser = window::daily)]
    pub backup_window: Option<String>,
    /// Weekly time of maintenance in UTC, e.g. sun:04:00-sun:05:00 [default: chosen by AWS]
    #[arg(long, value_name = "WINDOW", value_parser = window::weekly)]
    pub maintenance_window: Option<String>,
    /// Database made in it [default: transactions]
    #[arg(long, value_name = "NAME", value_parser = flags::db_name)]
    pub db_name: Option<String>,
    /// Master user [default: admin]
    #[arg(long, value_name = "NAME", value_parser = flags::username)]
    pub username: Option<String>,
    /// A parameter of the engine (repeatable)
    #[arg(long = "parameter", value_name = "KEY=VALUE", value_parser = key_value)]
    pub parameters: Vec<(String, String)>,
    /// Refuse deletion until told otherwise [default: on in production]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub deletion_protection: Option<bool>,
    /// Make a new master password, for the secret and the database
    #[arg(long)]
    pub reset_password: bool,
}

#[derive(Args)]
pub struct Show {
    /// One database; without it all of the environment
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: Option<String>,
    /// Wait until it is ready
    #[arg(long)]
    pub wait: bool,
}

#[derive(Args)]
pub struct Snapshot {
    /// The database
    #[arg(default_value = "mysql", value_name = "NAME", value_parser = flags::name)]
    pub name: String,
    /// The snapshot's name in AWS [default: the database's and the time, e.g. expense-dev-mysql-20260131-120000]
    #[arg(long = "name", value_name = "SNAPSHOT", value_parser = flags::snapshot)]
    pub snapshot: Option<String>,
}

#[derive(Args)]
pub struct Delete {
    /// The database; may be left out where there is one
    #[arg(value_name = "NAME", value_parser = flags::name)]
    pub name: Option<String>,
    /// Keep no snapshot: the data is lost
    #[arg(long)]
    pub skip_final_snapshot: bool,
    /// Spell out PROJECT-ENVIRONMENT: needed for production, and to lift deletion protection
    #[arg(long, value_name = "PROJECT-ENV")]
    pub confirm: Option<String>,
}

impl CommandLine for Cli {
    const NAME: &'static str = "rds";

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
    /// What the flags say about each other.
    fn check(&self) -> Result<()> {
        if let (Some(storage), Some(most)) = (self.storage, self.max_storage) {
            flags::check_growth(storage, most)?;
        }
        if let (Some(backup), Some(maintenance)) = (&self.backup_window, &self.maintenance_window)
            && window::overlap(backup, maintenance)
        {
            return Err(Fault::usage(format!(
                "the backup window {backup} and the maintenance window {maintenance} overlap"
            ))
            .hint("AWS takes them only apart from each other")
            .into());
        }
        for (key, _) in &self.parameters {
            flags::check_parameter(key)?;
        }
        Ok(())
    }

    /// The class it is made with.
    pub fn class_or_default(&self) -> &str {
        self.class.as_deref().unwrap_or("db.t4g.micro")
    }

    /// GiB it is made with.
    pub fn storage_or_default(&self) -> i32 {
        self.storage.unwrap_or(20)
    }

    /// GiB it may grow to.
    pub fn max_storage_or_default(&self) -> i32 {
        self.max_storage.unwrap_or_else(|| flags::room_to_grow(self.storage_or_default()).clamp(100, 65536))
    }

    /// The database made in it.
    pub fn db_name_or_default(&self) -> &str {
        self.db_name.as_deref().unwrap_or("transactions")
    }

    /// The master user.
    pub fn username_or_default(&self) -> &str {
        self.username.as_deref().unwrap_or("admin")
    }
}
