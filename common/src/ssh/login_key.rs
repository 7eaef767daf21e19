//! The key that logs in: made here by `ssh-keygen`, or given.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::files;
use super::folder::Folder;
use super::program::output;
use super::public_key::PublicKey;

impl Folder {
    /// The environment's own ed25519 key, made unless it is there. Two runs at once end with one key.
    ///
    /// # Errors
    /// `ssh-keygen` fails or is not there, or the directory cannot be written.
    pub async fn own_key(&self) -> Result<PublicKey> {
        self.make()?;
        let private = self.file("id_ed25519");
        if private.symlink_metadata().is_err() {
            self.make_key(&private).await?;
        }
        let public = self.file("id_ed25519.pub");
        if let Some(key) = files::read(&public)?.as_deref().and_then(PublicKey::parse) {
            return Ok(key);
        }
        let path = private.as_os_str();
        let text =
            output("ssh-keygen", ["-y".as_ref(), "-P".as_ref(), "".as_ref(), "-f".as_ref(), path]).await?;
        let key = PublicKey::parse(&text).context("ssh-keygen printed no public key")?;
        files::write(&public, &format!("{} {}\n", key.line(), self.base()))?;
        Ok(key)
    }

    /// Made beside its place and then linked into it, which fails where another run was quicker.
    async fn make_key(&self, place: &Path) -> Result<()> {
        let beside = files::temporary(place);
        let public = beside.with_extension(format!(
            "{}.pub",
            beside.extension().map(|it| it.to_string_lossy()).unwrap_or_default()
        ));
        files::remove(&beside)?;
        let (comment, path) = (self.base().as_ref(), beside.as_os_str());
        let words: [&std::ffi::OsStr; 9] = [
            "-q".as_ref(),
            "-t".as_ref(),
            "ed25519".as_ref(),
            "-N".as_ref(),
            "".as_ref(),
            "-C".as_ref(),
            comment,
            "-f".as_ref(),
            path,
        ];
        output("ssh-keygen", words).await?;
        let linked = fs::hard_link(&beside, place);
        files::remove(&beside)?;
        files::remove(&public)?;
        match linked {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => {
                Err(error).with_context(|| format!("cannot write {}", place.display()))
            }
            _ => Ok(()),
        }
    }

    /// Notes which key the person gave, so that later runs find its private half: a copy of the public one, and a link to the private
    /// one where that lies beside it.
    ///
    /// # Errors
    /// The directory cannot be written.
    pub fn note_given(&self, path: &Path, key: &PublicKey) -> Result<()> {
        self.make()?;
        files::write(&self.file("given.pub"), &format!("{}\n", key.line()))?;
        let link = self.file("given");
        files::remove(&link)?;
        let absolute = std::path::absolute(path).context("cannot find out where the key is")?;
        if absolute.extension().is_some_and(|it| it == "pub") {
            let private = absolute.with_extension("");
            if private.is_file() {
                std::os::unix::fs::symlink(&private, &link)
                    .with_context(|| format!("cannot link {}", link.display()))?;
            }
        }
        Ok(())
    }

    /// The file that logs in with the key of this fingerprint: the private key, or the public one where an agent may hold the private
    /// one. None where this machine has neither.
    pub fn identity_file(&self, fingerprint: &str) -> Option<PathBuf> {
        ["id_ed25519", "given"].into_iter().find_map(|name| {
            let public = self.file(&format!("{name}.pub"));
            let key = files::read(&public).ok().flatten().as_deref().and_then(PublicKey::parse)?;
            if key.fingerprint() != fingerprint {
                return None;
            }
            let private = self.file(name);
            let has_agent = std::env::var_os("SSH_AUTH_SOCK").is_some();
            if private.is_file() { Some(private) } else { has_agent.then_some(public) }
        })
    }
}
