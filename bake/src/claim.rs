//! Which run makes the image of a component.
//!
//! On one machine it is the one that holds the lock on a file in the component's folder of keys; the kernel gives that back whatever
//! ends a process. Other machines go by a time on the builder ([`crate::marks::ALIVE_UNTIL`]). The folder also says which builder is
//! this machine's: it holds the name that the last run gave itself.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use aws_sdk_ec2::types as ec2;
use common::session::Session;
use common::ssh::{Folder, write_private};
use common::tags::ec2_value;

use crate::marks::{OWNER, is_heard_of};
use crate::names::Names;

const LOCK: &str = "lock";
const NAME: &str = "owner";
const WORK: &str = "work";

/// The right to make a component's image, and to remove what is left of making one.
pub struct Claim {
    pub folder: Folder,
    /// The name of the run before this one, where it left something.
    before: Option<String>,
    _lock: File,
}

/// The component's folder of keys.
///
/// # Errors
/// A usage fault where this person has no home directory.
pub fn folder(session: &Session, names: &Names) -> Result<Folder> {
    Folder::of_server(&session.identity, &names.folder)
}

impl Claim {
    /// Takes it; none where another run has it.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn take(session: &Session, names: &Names) -> Result<Option<Self>> {
        let folder = folder(session, names)?;
        loop {
            folder.make()?;
            let path = folder.file(LOCK);
            let lock = match locked(&path) {
                Ok(Some(lock)) => lock,
                Ok(None) => return Ok(None),
                // A run that ended meanwhile has removed the folder.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(error).with_context(|| format!("cannot lock {}", path.display())),
            };
            // A run that ended meanwhile has removed the file: whoever comes next would lock another one.
            if is_file_at(&lock, &path) {
                let before = fs::read_to_string(folder.file(NAME)).ok().filter(|it| !it.is_empty());
                return Ok(Some(Self { folder, before, _lock: lock }));
            }
        }
    }

    /// Gives this run a name of its own.
    ///
    /// # Errors
    /// It cannot be written down.
    pub fn name(&mut self) -> Result<String> {
        let name = common::random::name(16)?;
        write_private(&self.folder.file(NAME), &name)?;
        self.before = Some(name.clone());
        Ok(name)
    }

    /// The folder for what the steps need on this machine, made.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn work(&self) -> Result<PathBuf> {
        let path = self.folder.file(WORK);
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&path);
        made.with_context(|| format!("cannot make the directory {}", path.display()))?;
        Ok(path)
    }

    /// Whether the run that made a builder or its group may still be going on. One of this machine is not: it would have the claim.
    pub fn is_alive(&self, tags: &[ec2::Tag]) -> bool {
        let owner = ec2_value(tags, OWNER);
        (owner.is_none() || owner != self.before.as_deref()) && is_heard_of(tags)
    }

    /// Removes the folder with the keys in it: nothing is left that they open.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn forget(self) -> Result<()> {
        let _ = fs::remove_dir_all(self.folder.file(WORK));
        for name in [NAME, LOCK] {
            let _ = fs::remove_file(self.folder.file(name));
        }
        self.folder.remove()
    }
}

fn locked(path: &Path) -> std::io::Result<Option<File>> {
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn is_file_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(file), Ok(there)) => (file.dev(), file.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}
