//! The command line of `bastion`.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use common::fault::Fault;
use common::flags;
use common::identity::quoted;
use common::offline::Offline;
use common::run::CommandLine;
use common::server::user::is_user;
use common::settings::Settings;
use common::ssh::PublicKey;

/// Make, show, use and delete the server through which people reach the private ones
///
/// Reads a document on stdin (or nothing), writes it on stdout with the section `bastion` brought up to date. `ssh`, `ssh-config` and
/// `tunnel` write no document.
#[derive(Debug, Parser)]
#[command(name = "bastion", version)]
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
    Ssh(Ssh),
    /// Print the fragment for ~/.ssh/config, with the bastion and every private server behind it
    SshConfig,
    Tunnel(Tunnel),
    /// Stop the server; its elastic IP stays
    Stop,
    /// Start the server again, and wait until it answers
    Start,
    Delete(Delete),
    #[command(flatten)]
    Offline(Offline),
}

/// Make the server, or bring it in line with the flags
///
/// A flag that is not given leaves things as they are; the defaults count for a server that is made anew. Another instance type is
/// changed in place (the server stops for a minute), a stopped server is started; another image or key is refused.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "\
Examples:
  bastion create --project expense --env dev
  vpc create … | sg create --admin-cidr 203.0.113.7/32 | bastion create --instance-type t4g.nano
  bastion create --project expense --env dev --key ~/.ssh/id_ed25519.pub
  bastion create --project expense --env dev --ami ami-0123456789abcdef0 --user ubuntu")]
pub struct Create {
    /// Instance type; its architecture decides on the image [default: t3.micro]
    #[arg(long, value_name = "TYPE")]
    pub instance_type: Option<String>,
    /// Public key that may log in; without it a key is made under ~/.ssh/stackpipe/
    #[arg(long, value_name = "FILE.pub")]
    pub key: Option<PathBuf>,
    /// Another image than the newest Amazon Linux 2023
    #[arg(long, value_name = "AMI")]
    pub ami: Option<String>,
    /// Whom to log in as, where the image is another one [default: ec2-user]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
}

/// Fill the section from AWS
#[derive(Debug, Clone, Default, Args)]
pub struct Show {
    /// Wait until the server can be logged in to, and finish what `create --no-wait` left
    #[arg(long)]
    pub wait: bool,
}

/// Log in to the bastion, or through it to a private server
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "\
The private server is named by its component, its name, its instance id or its private address. Of several of one component the one
with the lowest id is taken. The exit status is that of ssh.

Examples:
  bastion ssh --project expense --env dev
  bastion ssh backend --project expense --env dev
  bastion ssh backend --project expense --env dev -- journalctl -u backend -n 50")]
pub struct Ssh {
    /// The private server, or nothing for the bastion itself
    #[arg(value_name = "HOST|COMPONENT")]
    pub target: Option<String>,
    /// Whom to log in as [default: what the server is tagged with, or ec2-user]
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// The command to run there, instead of a shell
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// Forward a local port to the database, until interrupted
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Example:
  bastion tunnel rds --project expense --env dev --port 3307 &
  mysql --host 127.0.0.1 --port 3307 --user admin -p transactions")]
pub struct Tunnel {
    /// What to forward to
    #[arg(value_enum)]
    pub to: To,
    /// Which database
    #[arg(value_name = "NAME", default_value = "mysql")]
    pub name: String,
    /// Local port [default: the database's own]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,
}

/// What can be forwarded to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum To {
    Rds,
}

/// Delete the server, its elastic IP and the keys made for it, and take its section out
///
/// Touches only what carries the tags of this project and environment. A key that was given stays.
#[derive(Debug, Clone, Default, Args)]
pub struct Delete {
    /// Spell out which production environment is meant
    #[arg(long, value_name = "PROJECT-ENV")]
    pub confirm: Option<String>,
}

impl CommandLine for Cli {
    const NAME: &'static str = "bastion";

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
            Verb::Ssh(ssh) => check_user(ssh.user.as_deref()),
            _ => Ok(()),
        }
    }
}

impl Create {
    fn check(&self) -> Result<()> {
        check_user(self.user.as_deref())?;
        if let Some(name) = &self.instance_type
            && flags::instance_type(name).is_err()
        {
            return Err(Fault::usage(format!("{} is not an instance type", quoted(name)))
                .hint("give one such as t3.micro or t4g.nano")
                .into());
        }
        if let Some(id) = &self.ami
            && flags::image(id).is_err()
        {
            return Err(Fault::usage(format!("{} is not the id of an image", quoted(id)))
                .hint("give one such as ami-0123456789abcdef0")
                .into());
        }
        self.public_key().map(|_| ())
    }

    /// The key that was given.
    ///
    /// # Errors
    /// A usage fault where it is no public key.
    pub fn public_key(&self) -> Result<Option<PublicKey>> {
        self.key.as_deref().map(PublicKey::read).transpose()
    }
}

fn check_user(name: Option<&str>) -> Result<()> {
    match name {
        Some(name) if !is_user(name) => Err(Fault::usage(format!("{} is not a user", quoted(name))).into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flags_alone_show_to_be_wrong_needs_no_aws() {
        let flags = |instance_type: &str, ami: &str, user: &str| Create {
            instance_type: Some(instance_type.into()),
            ami: Some(ami.into()),
            user: Some(user.into()),
            key: None,
        };
        assert!(flags("t3.micro", "ami-0123456789abcdef0", "ubuntu").check().is_ok());
        assert!(flags("u-6tb1.56xlarge", "ami-01234567", "_user-1").check().is_ok());
        for bad in [
            flags("t3", "ami-01234567", "ubuntu"),
            flags("t3.micro;", "ami-01234567", "ubuntu"),
            flags("t3.micro", "ami-0123456", "ubuntu"),
            flags("t3.micro", "ami-01234567", "a b"),
            flags("t3.micro", "ami-01234567", "-oProxyCommand=x"),
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
