//! Files and directories of this machine that go into an image.

use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use common::fault::Fault;
use sha2::{Digest as _, Sha256};

use super::fingerprint::Hash;

/// The most that is taken of one place: more is a sign that it is the wrong one.
const MOST_FILES: usize = 20_000;
const MOST_BYTES: u64 = 1024 * 1024 * 1024;

/// What is no part of anything: git's own, and what Python leaves beside the plugins of a playbook when it runs.
const LEFT_OUT: [&str; 2] = [".git", "__pycache__"];

/// A file or a directory, and the digest of everything in it.
#[derive(Debug, Clone)]
pub struct Tree {
    pub root: PathBuf,
    pub digest: [u8; 32],
    modes: Modes,
}

/// Which modes count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modes {
    /// Whether a file can be executed: a checkout of git has no more than that.
    Executable,
    /// All of them, of directories too: they are put on the builder.
    All,
}

/// One thing in it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Where it is.
    pub path: PathBuf,
    /// Where it is below the root; empty for the root itself.
    pub below: PathBuf,
    pub metadata: Metadata,
}

impl Tree {
    /// Reads all of it.
    ///
    /// # Errors
    /// A usage fault where something cannot be read, is neither file, directory nor link, or is too much.
    pub fn read(root: &Path, modes: Modes) -> Result<Self> {
        let mut hash = Hash::default();
        for entry in files(root)? {
            let (kind, mode) = (kind(&entry.metadata), entry.metadata.permissions().mode());
            let counts = match modes {
                Modes::All => mode & 0o7777,
                Modes::Executable if kind == Kind::File => mode & 0o100,
                Modes::Executable => 0,
            };
            hash.bytes(entry.below.as_os_str().as_bytes()).number(u64::from(counts));
            match kind {
                Kind::Directory => hash.text("directory"),
                Kind::Link => hash.text("link").bytes(link(&entry.path)?.as_os_str().as_bytes()),
                Kind::File => hash.text("file").bytes(&digest(&entry.path)?),
                Kind::Other => return Err(strange(&entry.path).into()),
            };
        }
        Ok(Self { root: root.to_owned(), digest: hash.digest(), modes })
    }

    /// Its name, which it keeps where it is put into a directory.
    pub fn name(&self) -> String {
        // A path such as `.` has no name of its own.
        let name = super::name(&self.root);
        let whole = || fs::canonicalize(&self.root).map(|path| super::name(&path)).unwrap_or_default();
        if name.is_empty() { whole() } else { name }
    }

    /// Reads it again, and makes sure that it is what it was.
    ///
    /// # Errors
    /// A conflict where it is not.
    pub fn check(&self) -> Result<()> {
        if Self::read(&self.root, self.modes)?.digest == self.digest {
            return Ok(());
        }
        Err(Fault::conflict(format!("{} was changed while the image was made", self.root.display()))
            .hint("run the same command again")
            .into())
    }
}

/// What is on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    Directory,
    Link,
    Other,
}

/// What it is, without following links.
pub fn kind(metadata: &Metadata) -> Kind {
    let kind = metadata.file_type();
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Directory
    } else if kind.is_symlink() {
        Kind::Link
    } else {
        Kind::Other
    }
}

/// Everything at and below a place, sorted by path. Links are not followed, but for the place itself.
///
/// # Errors
/// A usage fault where something cannot be read, or it is too much.
pub fn files(root: &Path) -> Result<Vec<Entry>> {
    let metadata = fs::metadata(root).map_err(|error| unreadable(root, &error))?;
    let mut found = Vec::new();
    let mut bytes = 0;
    let mut next = vec![Entry { path: root.to_owned(), below: PathBuf::new(), metadata }];
    while let Some(entry) = next.pop() {
        if entry.metadata.is_dir() {
            let read = fs::read_dir(&entry.path).map_err(|error| unreadable(&entry.path, &error))?;
            for child in read {
                let child = child.map_err(|error| unreadable(&entry.path, &error))?;
                if LEFT_OUT.iter().any(|name| child.file_name() == *name) {
                    continue;
                }
                let metadata = child.metadata().map_err(|error| unreadable(&child.path(), &error))?;
                next.push(Entry { path: child.path(), below: entry.below.join(child.file_name()), metadata });
            }
        } else {
            bytes += entry.metadata.size();
        }
        found.push(entry);
        if found.len() + next.len() > MOST_FILES || bytes > MOST_BYTES {
            return Err(too_much(root).into());
        }
    }
    found.sort_by(|a, b| a.below.cmp(&b.below));
    Ok(found)
}

fn too_much(root: &Path) -> Fault {
    Fault::usage(format!("{} holds more than {MOST_FILES} files or 1 GiB", root.display()))
        .hint("a playbook's directory is read whole: give it one of its own")
}

/// The bytes of a file that is not to be large.
///
/// # Errors
/// A usage fault where it cannot be read or is too large.
pub fn read(path: &Path, longest: u64, what: &str) -> Result<Vec<u8>> {
    let file = File::open(path)
        .map_err(|error| Fault::usage(format!("cannot read the {what} {}: {error}", path.display())))?;
    let mut bytes = Vec::new();
    file.take(longest + 1).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    if bytes.len() as u64 > longest {
        let shown = path.display();
        return Err(Fault::usage(format!("the {what} {shown} is larger than {} MiB", longest >> 20)).into());
    }
    Ok(bytes)
}

fn digest(path: &Path) -> Result<[u8; 32]> {
    let mut file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buffer).map_err(|error| unreadable(path, &error))?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&buffer[..read]);
    }
}

fn link(path: &Path) -> Result<PathBuf> {
    Ok(fs::read_link(path).map_err(|error| unreadable(path, &error))?)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Fault {
    Fault::usage(format!("cannot read {}: {error}", path.display()))
}

fn strange(path: &Path) -> Fault {
    Fault::usage(format!("{} is neither a file nor a directory nor a link", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_sees_names_modes_and_bytes_and_no_git() {
        let root = std::env::temp_dir().join(format!("stackpipe-tree-{}", std::process::id()));
        fs::create_dir_all(root.join("roles")).unwrap();
        fs::write(root.join("roles/a"), "1").unwrap();
        let digest = || Tree::read(&root, Modes::Executable).unwrap().digest;
        let first = digest();
        for left_out in LEFT_OUT {
            fs::create_dir_all(root.join(left_out)).unwrap();
            fs::write(root.join(left_out).join("x"), "y").unwrap();
        }
        assert_eq!(digest(), first);
        fs::write(root.join("roles/a"), "2").unwrap();
        let second = digest();
        assert_ne!(second, first);
        fs::set_permissions(root.join("roles/a"), fs::Permissions::from_mode(0o755)).unwrap();
        let third = digest();
        assert_ne!(third, second);
        let all = || Tree::read(&root, Modes::All).unwrap().digest;
        let before = all();
        fs::set_permissions(root.join("roles/a"), fs::Permissions::from_mode(0o711)).unwrap();
        assert_eq!(digest(), third, "of a playbook only that it can be executed");
        assert_ne!(all(), before);
        fs::rename(root.join("roles/a"), root.join("roles/b")).unwrap();
        assert_ne!(digest(), third);
        std::os::unix::fs::symlink("/etc", root.join("link")).unwrap();
        assert!(files(&root).unwrap().len() < 10, "a link is not followed");
        fs::remove_dir_all(&root).unwrap();
    }
}
