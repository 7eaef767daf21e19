//! The flags.

use std::fmt;

use clap::{Parser, ValueEnum};

/// Measure what the commands cost: calls, waiting, time and memory
#[derive(Debug, Parser)]
#[command(name = "bench", version, max_term_width = 100)]
pub struct Cli {
    /// Measure only these
    #[arg(value_enum, value_name = "SUBJECT")]
    only: Vec<Subject>,
    /// Time clean builds first: a quarter of an hour and 8 GB of memory
    #[arg(long)]
    build: bool,
    /// With round-trips and bake, list each call: when it began and ended, in milliseconds since its command's first
    #[arg(long)]
    pub calls: bool,
}

/// What can be measured, in the order in which it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// Clean builds; only where asked for
    Build,
    RoundTrips,
    Readiness,
    Overlap,
    /// Images baked on real machines; left out where there can be none
    Bake,
    StartUp,
    Size,
}

impl Cli {
    /// What was asked for: all unless something is named, but builds only where they are.
    pub fn subjects(&self) -> Vec<Subject> {
        let asked = |subject: &Subject| match subject {
            Subject::Build => self.build || self.only.contains(subject),
            _ => self.only.is_empty() || self.only.contains(subject),
        };
        Subject::value_variants().iter().filter(|subject| asked(subject)).copied().collect()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.to_possible_value();
        f.write_str(name.as_ref().map_or("", |name| name.get_name()))
    }
}
