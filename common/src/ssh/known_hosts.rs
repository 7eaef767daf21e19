//! The host keys of the environment's servers, by instance id: an address changes hands, an id does not.

use anyhow::Result;

use super::files;
use super::folder::Folder;
use super::public_key::PublicKey;

impl Folder {
    /// The host key of a server, where this machine knows it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn known_host(&self, id: &str) -> Result<Option<PublicKey>> {
        let text = files::read(&self.file("known_hosts"))?.unwrap_or_default();
        Ok(text.lines().find_map(|line| PublicKey::parse(line.strip_prefix(id)?.strip_prefix(' ')?)))
    }

    /// Notes it, in place of what was known before.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn note_host(&self, id: &str, key: &PublicKey) -> Result<()> {
        self.make()?;
        let path = self.file("known_hosts");
        let before = files::read(&path)?.unwrap_or_default();
        let own = format!("{id} {}", key.line());
        let others = before.lines().filter(|line| line.split(' ').next() != Some(id));
        let lines: Vec<&str> = others.chain([own.as_str()]).collect();
        files::write(&path, &(lines.join("\n") + "\n"))
    }
}
