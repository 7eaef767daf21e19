//! Public keys, as a line of `id_ed25519.pub` holds them.

use anyhow::Result;
use aws_smithy_types::base64;
use sha2::{Digest as _, Sha256};

use crate::fault::Fault;

/// Kinds of keys that OpenSSH takes by default.
const KINDS: [&str; 7] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// A public key without its comment: `ssh-ed25519 AAAA…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    kind: &'static str,
    blob: Vec<u8>,
}

impl PublicKey {
    /// Reads one line: kind, base64, and a comment that is left out. None where it is anything else.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let word = words.next()?;
        let kind = KINDS.into_iter().find(|kind| *kind == word)?;
        let blob = base64::decode(words.next()?).ok()?;
        // The key itself begins with its kind once more, after its length in four bytes.
        let length = u32::try_from(kind.len()).ok()?.to_be_bytes();
        let rest = blob.strip_prefix(&length)?.strip_prefix(kind.as_bytes())?;
        (!rest.is_empty() && blob.len() <= 4096).then_some(Self { kind, blob })
    }

    /// Reads a file that a person gives as a public key.
    ///
    /// # Errors
    /// A usage fault where it is none, in so many words where it is a private one.
    pub fn read(path: &std::path::Path) -> Result<Self> {
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| Fault::usage(format!("cannot read the key {shown}: {error}")))?;
        if text.contains("PRIVATE KEY") {
            return Err(Fault::usage(format!("{shown} is a private key"))
                .hint(format!("give the public one: {shown}.pub, or what `ssh-keygen -y -f {shown}` prints"))
                .into());
        }
        let mut keys = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        match (keys.next().and_then(Self::parse), keys.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => {
                Err(Fault::usage(format!("{shown} holds more than one key")).hint("give one").into())
            }
            (None, _) => Err(Fault::usage(format!("{shown} is not an OpenSSH public key"))
                .hint("give a file with one line such as `ssh-ed25519 AAAA… you@example.com`")
                .into()),
        }
    }

    /// `ssh-ed25519 AAAA…`
    pub fn line(&self) -> String {
        format!("{} {}", self.kind, base64::encode(&self.blob))
    }

    /// `SHA256:…`, as `ssh-keygen -l` shows it.
    pub fn fingerprint(&self) -> String {
        let hash = base64::encode(Sha256::digest(&self.blob));
        format!("SHA256:{}", hash.trim_end_matches('='))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl";

    #[test]
    fn a_key_is_read_without_its_comment() {
        let key = PublicKey::parse(&format!("{LINE} ada@example.com")).unwrap();
        assert_eq!(key.line(), LINE);
        // As ssh-keygen -l shows it: GitHub publishes this key and its fingerprint.
        assert_eq!(key.fingerprint(), "SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU");
    }

    #[test]
    fn what_is_no_key_is_none() {
        let other = LINE.replace("ssh-ed25519 ", "ssh-rsa ");
        for bad in
            ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-dss AAAA", "command=\"x\" ssh-ed25519", &other]
        {
            assert_eq!(PublicKey::parse(bad), None, "{bad}");
        }
    }
}
