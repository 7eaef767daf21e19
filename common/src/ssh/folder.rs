//! Where the keys of one environment are kept on this machine.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::files;
use crate::fault::Fault;
use crate::identity::Identity;

/// Everything of ours in such a directory. Nothing else is ever removed from it.
const OURS: [&str; 6] = ["config", "known_hosts", "id_ed25519", "id_ed25519.pub", "given", "given.pub"];

/// `~/.ssh/stackpipe/expense-dev`.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    /// `expense-dev`.
    base: String,
}

impl Folder {
    /// The directory of an environment. Makes nothing.
    ///
    /// # Errors
    /// A usage fault where this person has no home directory.
    pub fn of(identity: &Identity) -> Result<Self> {
        let home = std::env::home_dir().filter(|home| home.is_absolute()).ok_or_else(|| {
            Fault::usage("this person has no home directory to keep keys in").hint("set HOME")
        })?;
        let base = identity.base();
        Ok(Self { path: home.join(".ssh").join("stackpipe").join(&base), base })
    }

    /// A directory below it, for a server whose keys do not go when those of another one go.
    ///
    /// # Errors
    /// A usage fault where this person has no home directory.
    pub fn of_server(identity: &Identity, server: &str) -> Result<Self> {
        let Self { path, base } = Self::of(identity)?;
        Ok(Self { path: path.join(server), base: format!("{base}-{server}") })
    }

    /// Makes it, mode 0700, and those above it.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn make(&self) -> Result<()> {
        if let Some(above) = self.path.parent() {
            files::make_directory(above)?;
        }
        files::make_directory(&self.path)
    }

    /// A file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// Whether there is anything of ours in it.
    pub fn is_there(&self) -> bool {
        OURS.iter().any(|name| self.file(name).symlink_metadata().is_ok())
    }

    /// Removes what was put into it, and the directory where nothing else is in it. A key that the person gave stays where it is: only
    /// the link to it goes.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn remove(&self) -> Result<()> {
        for name in OURS {
            files::remove(&self.file(name))?;
        }
        // A directory that holds something of the person's own stays.
        let _ = fs::remove_dir(&self.path);
        if let Some(above) = self.path.parent() {
            let _ = fs::remove_dir(above);
        }
        Ok(())
    }

    /// Writes the configuration for `ssh -F`, and answers where it is.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write_config(&self, text: &str) -> Result<PathBuf> {
        self.make()?;
        let path = self.file("config");
        files::write(&path, text)?;
        Ok(path)
    }
}
