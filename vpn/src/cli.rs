//! The command line of `vpn`.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use common::fault::Fault;
use common::identity::quoted;
use common::offline::Offline;
use common::run::CommandLine;
use common::settings::Settings;
use common::ssh::PublicKey;

use crate::username::Username;

/// Make, show, use and delete the VPN server through which people reach the private network
///
/// Reads a document on stdin (or nothing), writes it on stdout with the section `vpn` brought up to date. `profile` and `user list`
/// write no document.
#[derive(Debug, Parser)]
#[command(name = "vpn", version)]
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
    Profile(Profile),
    /// Add, remove and list the users of the VPN
    User {
        #[command(subcommand)]
        verb: UserVerb,
    },
    Delete(Delete),
    #[command(flatten)]
    Offline(Offline),
}

/// Make the server, or bring it in line with the flags
///
/// The newest OpenVPN Access Server of the AWS Marketplace, which the account has to have accepted once. A flag that is not given
/// leaves things as they are; the defaults count for a server that is made anew. Another instance type is changed in place (the server
/// stops for a minute), a stopped server is started; another image or key is refused.
#[derive(Debug, Clone, Default, Args)]
#[command(after_help = "\
Examples:
  vpn create --project expense --env dev
  vpc create … | sg create --admin-cidr 203.0.113.7/32 | vpn create
  vpn show --project expense --env dev | jq -r .vpn.secret_arn |
    xargs aws secretsmanager get-secret-value --query SecretString --output text --secret-id")]
pub struct Create {
    /// Instance type, of x86-64 [default: t3.small]
    #[arg(long, value_name = "TYPE")]
    pub instance_type: Option<String>,
    /// Public key that may log in with SSH; without it a key is made under ~/.ssh/stackpipe/
    #[arg(long, value_name = "FILE.pub")]
    pub key: Option<PathBuf>,
    /// Another image of Access Server than the newest
    #[arg(long, value_name = "AMI")]
    pub ami: Option<String>,
    /// Make a new password for the administrator, in the secret and on the server
    #[arg(long)]
    pub reset_password: bool,
}

/// Fill the section from AWS
#[derive(Debug, Clone, Default, Args)]
pub struct Show {
    /// Wait until the server takes users, and finish what `create --no-wait` left
    #[arg(long)]
    pub wait: bool,
}

/// Print the profile of a user, who is made if need be
///
/// The profile is what a client of OpenVPN needs to connect, the user's private key included: whoever has it is let in.
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  (umask 077; vpn profile ada --project expense --env dev > ada.ovpn)
  vpn profile ada --user-locked --project expense --env dev > ada.ovpn")]
pub struct Profile {
    /// The user
    #[arg(value_name = "USER", value_parser = Username::parse)]
    pub name: Username,
    /// One that also asks for the user's password, which is set on the web page for administrators
    #[arg(long)]
    pub user_locked: bool,
}

#[derive(Debug, Clone, Subcommand)]
pub enum UserVerb {
    /// Make a user, unless there is one
    Add {
        /// The user
        #[arg(value_name = "USER", value_parser = Username::parse)]
        name: Username,
    },
    /// Revoke all profiles of a user and remove the user
    Remove {
        /// The user
        #[arg(value_name = "USER", value_parser = Username::parse)]
        name: Username,
    },
    /// Print the users
    List {
        /// One name a line, or a JSON array
        #[arg(long, value_enum, default_value = "table")]
        format: Format,
    },
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Json,
}

/// Delete the server with its users, its elastic IP, its secret and the keys made for it, and take its section out
///
/// Touches only what carries the tags of this project and environment. A key that was given stays.
#[derive(Debug, Clone, Default, Args)]
pub struct Delete {
    /// Spell out which production environment is meant
    #[arg(long, value_name = "PROJECT-ENV")]
    pub confirm: Option<String>,
}

impl CommandLine for Cli {
    const NAME: &'static str = "vpn";

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
    fn check(&self) -> Result<()> {
        if let Some(name) = &self.instance_type
            && !is_instance_type(name)
        {
            return Err(Fault::usage(format!("{} is not an instance type", quoted(name)))
                .hint("give one such as t3.small")
                .into());
        }
        if let Some(id) = &self.ami
            && !is_image(id)
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

fn is_instance_type(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    name.len() <= 32 && name.split_once('.').is_some_and(|(family, size)| is_word(family) && is_word(size))
}

fn is_image(id: &str) -> bool {
    id.strip_prefix("ami-").is_some_and(|rest| {
        (8..=17).contains(&rest.len())
            && rest.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flags_alone_show_to_be_wrong_needs_no_aws() {
        let flags = |instance_type: &str, ami: &str| Create {
            instance_type: Some(instance_type.into()),
            ami: Some(ami.into()),
            ..Create::default()
        };
        assert!(flags("t3.small", "ami-0123456789abcdef0").check().is_ok());
        for bad in
            [flags("t3", "ami-01234567"), flags("t3.small;", "ami-01234567"), flags("t3.small", "ami-1")]
        {
            assert!(bad.check().is_err(), "{bad:?}");
        }
    }
}
