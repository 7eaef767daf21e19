//! Which table a run goes by: the default one, or the person's own from a file.

use std::cell::OnceCell;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use common::fault::Fault;
use ipnet::IpNet;
use sg::rules::{LARGEST_TABLE, MOST_RULES, SyntaxError, Table};

use crate::cli::admin_cidr;
use crate::inventory::Inventory;

/// What stands above the table that `sg rules` prints.
pub const LEGEND: &str = "\
# Security groups and the rules in: GROUP  PORTS/PROTOCOL, … from SOURCE, …; …
# A source is a group, a CIDR, anywhere (0.0.0.0/0), admin (the CIDRs of --admin-cidr), pl-… or sg-….
# Every group lets everything out. Use it with: sg create --rules FILE
";

/// The flags that say which table, shared by `create` and `diff`.
#[derive(Args)]
pub struct TableFlags {
    /// From where administration is let in, what the table calls admin (repeatable)
    #[arg(long = "admin-cidr", value_name = "CIDR", value_parser = admin_cidr)]
    pub admin: Vec<IpNet>,
    /// A table of your own instead of the default one, in the text of `sg rules` or in JSON
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Read once: the file may be a pipe.
    #[arg(skip)]
    read: OnceCell<Table>,
}

impl TableFlags {
    /// Refuses a table that cannot be read, or that AWS would not take.
    ///
    /// # Errors
    /// A usage fault that names file, line and column.
    pub fn check(&self) -> Result<()> {
        let table = self.table()?;
        if let Some((role, count)) = table.overfull(&self.admin) {
            return Err(Fault::usage(format!("{count} rules for {role}, AWS takes {MOST_RULES} a group"))
                .hint("name fewer or wider CIDRs, or a prefix list pl-…")
                .into());
        }
        Ok(())
    }

    /// The table of the file, or else the default one.
    ///
    /// # Errors
    /// A usage fault that names file, line and column.
    pub fn table(&self) -> Result<&Table> {
        if let Some(table) = self.read.get() {
            return Ok(table);
        }
        let table = match &self.rules {
            Some(file) => read(file)?,
            None => Table::read(sg::rules::DEFAULT)?,
        };
        Ok(self.read.get_or_init(|| table))
    }

    /// Whether it is the person's own.
    pub fn is_own(&self) -> bool {
        self.rules.is_some()
    }

    /// The table to go by; none where the groups were made by a file that this run is not given. A flag that is not given leaves
    /// things as they are: the default table would open ports that the person's own does not.
    ///
    /// # Errors
    /// As [`Self::table`].
    pub fn given(&self, inventory: &Inventory) -> Result<Option<&Table>> {
        if !self.is_own() && inventory.is_of_own_table() {
            return Ok(None);
        }
        self.table().map(Some)
    }
}

fn read(file: &Path) -> Result<Table> {
    let shown = common::identity::quoted(&file.to_string_lossy());
    let name = shown.trim_matches('"');
    let mut bytes = Vec::new();
    let limit = LARGEST_TABLE as u64 + 1;
    std::fs::File::open(file)
        .and_then(|opened| opened.take(limit).read_to_end(&mut bytes))
        .map_err(|error| Fault::usage(format!("cannot read the rules in {name}: {error}")))?;
    // What is too large may be cut inside a character, and is told by its size all the same.
    let text = String::from_utf8_lossy(&bytes);
    if bytes.len() <= LARGEST_TABLE && matches!(text, std::borrow::Cow::Owned(_)) {
        return Err(Fault::usage(format!("{name}: not text in UTF-8")).into());
    }
    Table::read(&text).map_err(|error| refused(name, &error).into())
}

fn refused(name: &str, error: &SyntaxError) -> Fault {
    Fault::usage(error.in_file(name)).hint("`sg rules` prints a table to compare with")
}

/// For what needs the table where the groups are of a file that this run is not given.
pub fn needs_file() -> Fault {
    Fault::usage("these groups have a table of your own, and no --rules FILE says which")
        .hint("give the file that they were made with, or `sg rules` for the default table")
}
