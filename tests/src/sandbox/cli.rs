//! The flags.
#![expect(clippy::doc_markdown, reason = "these comments are the help")]

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::loopback::Options;

/// Run commands against an AWS on this machine
///
/// The commands of this workspace are built if need be and put on PATH, and AWS_ENDPOINT_URL, Region and throw-away
/// credentials are set. The exit status is that of the command.
///
/// With --machines the instances are real machines on this one: SSH, cloud-init and Ansible work on them, and load balancers lead to them.
#[derive(Debug, Parser)]
#[command(disable_help_subcommand = true)]
#[command(name = "cargo sandbox", bin_name = "cargo sandbox", version, max_term_width = 100)]
#[command(
    override_usage = "cargo sandbox [OPTIONS] COMMAND|SCRIPT [ARGUMENT]...\n       cargo sandbox [OPTIONS] serve|shell"
)]
pub struct Cli {
    #[command(flatten)]
    pub options: Options,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Only serve, until interrupted, and print what to set to use it
    Serve,
    /// Open a shell in the sandbox
    Shell,
    /// A command with its arguments; a script, run by sh where it is not executable; or one argument with a whole command line in it
    #[command(external_subcommand)]
    Run(Vec<OsString>),
}
