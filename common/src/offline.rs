//! Verbs that need neither a document nor AWS: the schema, shell completions and man pages.

use anyhow::Result;
use clap::{Command, Subcommand};
use clap_complete::Shell;

use crate::section;
use crate::stdout;

/// Verbs that every command has and that only print.
#[derive(Debug, Clone, Subcommand)]
pub enum Offline {
    /// Print the JSON Schema of the document
    Schema,
    /// Print completions for a shell, to be put where that shell looks for them
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: Shell,
    },
    /// Print the man page of this command, or of one of its verbs
    Man {
        /// A verb, e.g. create
        verb: Option<String>,
    },
}

impl Offline {
    pub(crate) fn run(&self, command: &mut Command) -> Result<()> {
        let mut text = Vec::new();
        match self {
            Self::Schema => {
                text = serde_json::to_vec_pretty(&section::schema())?;
                text.push(b'\n');
            }
            Self::Completions { shell } => {
                let name = command.get_name().to_owned();
                clap_complete::generate(*shell, command, name, &mut text);
            }
            Self::Man { verb } => man(command, verb.as_deref(), &mut text)?,
        }
        stdout::write(&String::from_utf8_lossy(&text))
    }
}

fn man(command: &mut Command, verb: Option<&str>, text: &mut Vec<u8>) -> Result<()> {
    command.build();
    let page = match verb {
        None => command.clone(),
        Some(verb) => command
            .find_subcommand(verb)
            .cloned()
            .ok_or_else(|| crate::fault::Fault::usage(format!("there is no verb {verb:?}")))?,
    };
    clap_mangen::Man::new(page).render(text)?;
    Ok(())
}
