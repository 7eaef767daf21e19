//! Files in a stream that `tar` on the builder takes apart. All of them belong to root there.

use std::io::{PipeWriter, Result, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use tar::{Builder, EntryType, Header};

use crate::process::Input;
use crate::recipe::{Entry, Kind, kind};

/// The place in the stream under which a tree stands.
pub const CONTENT: &str = "content";

/// A stream of small files: name, content.
pub fn of_files(files: Vec<(String, Vec<u8>)>) -> Input {
    Box::new(move |to: PipeWriter| {
        let mut archive = Builder::new(to);
        for (name, content) in files {
            let mut header = header(EntryType::Regular, 0o600, 0);
            header.set_size(content.len() as u64);
            archive.append_data(&mut header, name, content.as_slice())?;
        }
        archive.into_inner()?.flush()
    })
}

/// A stream of a tree, with its modes.
pub fn of_tree(entries: Vec<Entry>) -> Input {
    Box::new(move |to: PipeWriter| {
        let mut archive = Builder::new(to);
        for entry in entries {
            add(&mut archive, &entry)?;
        }
        archive.into_inner()?.flush()
    })
}

fn add(archive: &mut Builder<PipeWriter>, entry: &Entry) -> Result<()> {
    // Joined with nothing it would end in a slash.
    let is_root = entry.below.as_os_str().is_empty();
    let name = if is_root { PathBuf::from(CONTENT) } else { Path::new(CONTENT).join(&entry.below) };
    let mode = entry.metadata.permissions().mode() & 0o7777;
    let changed = entry.metadata.modified().ok().and_then(|it| it.duration_since(UNIX_EPOCH).ok());
    let changed = changed.map_or(0, |it| it.as_secs());
    match kind(&entry.metadata) {
        Kind::File => {
            let file = std::fs::File::open(&entry.path)?;
            let mut header = header(EntryType::Regular, mode, changed);
            header.set_size(file.metadata()?.len());
            archive.append_data(&mut header, name, file)
        }
        Kind::Directory => {
            archive.append_data(&mut header(EntryType::Directory, mode, changed), name, std::io::empty())
        }
        Kind::Link => {
            let target = std::fs::read_link(&entry.path)?;
            archive.append_link(&mut header(EntryType::Symlink, 0o777, changed), name, target)
        }
        Kind::Other => Ok(()),
    }
}

fn header(kind: EntryType, mode: u32, changed: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_mtime(changed);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header
}
