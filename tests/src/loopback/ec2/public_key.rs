//! Public keys as SSH has them, and the fingerprints that EC2 gives them.
//!
//! | | fingerprint |
//! | --- | --- |
//! | ed25519 | base64, with padding, of the SHA-256 of the key as SSH sends it |
//! | RSA, imported | MD5 of the key as `SubjectPublicKeyInfo` |

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use sha2::Sha256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Rsa,
    Ed25519,
}

impl Algorithm {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }

    fn ssh(self) -> &'static str {
        match self {
            Self::Rsa => "ssh-rsa",
            Self::Ed25519 => "ssh-ed25519",
        }
    }
}

/// A public key, as SSH sends it over the wire.
#[derive(Clone, Debug)]
pub struct PublicKey {
    pub algorithm: Algorithm,
    pub blob: Vec<u8>,
}

impl PublicKey {
    /// Reads a line as of an `authorized_keys` file, where it is a key of a kind and size that EC2 takes.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let kind = words.next()?;
        let algorithm = [Algorithm::Rsa, Algorithm::Ed25519].into_iter().find(|a| a.ssh() == kind)?;
        let blob = BASE64.decode(words.next()?).ok()?;
        let mut rest = blob.as_slice();
        if take(&mut rest)? != kind.as_bytes() {
            return None;
        }
        let sound = match algorithm {
            Algorithm::Ed25519 => take(&mut rest)?.len() == 32,
            Algorithm::Rsa => {
                let _exponent = take(&mut rest)?;
                // 1024, 2048 or 4096 bits, and a byte before them so that the number does not look negative.
                matches!(take(&mut rest)?.len(), 129 | 257 | 513)
            }
        };
        (sound && rest.is_empty()).then_some(Self { algorithm, blob })
    }

    /// A line as of an `authorized_keys` file.
    #[must_use]
    pub fn line(&self, comment: &str) -> String {
        format!("{} {} {comment}", self.algorithm.ssh(), BASE64.encode(&self.blob))
    }

    /// The fingerprint that an imported key has.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        match self.algorithm {
            Algorithm::Ed25519 => BASE64.encode(Sha256::digest(&self.blob)),
            Algorithm::Rsa => colons(&Md5::digest(self.subject_public_key_info())),
        }
    }

    fn subject_public_key_info(&self) -> Vec<u8> {
        let mut rest = self.blob.as_slice();
        let mut next = || take(&mut rest).unwrap_or_default();
        let (_kind, exponent, modulus) = (next(), next(), next());
        let numbers = [der(0x02, modulus), der(0x02, exponent)].concat();
        let bits = [vec![0], der(0x30, &numbers)].concat();
        der(0x30, &[rsa_algorithm(), der(0x03, &bits)].concat())
    }
}

/// Takes a text of SSH's wire form off the front.
fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let (text, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *rest = after;
    Some(text)
}

/// A value in DER, below 64 KiB.
#[must_use]
pub fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let head = match (high, low) {
        (0, low @ 0..0x80) => vec![tag, low],
        (0, low) => vec![tag, 0x81, low],
        (high, low) => vec![tag, 0x82, high, low],
    };
    [head.as_slice(), content].concat()
}

/// `rsaEncryption` with no parameters, as an `AlgorithmIdentifier`.
#[must_use]
pub fn rsa_algorithm() -> Vec<u8> {
    der(0x30, &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00])
}

/// Bytes as fingerprints of RSA keys have them.
#[must_use]
pub fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::PublicKey;

    // Made by ssh-keygen; fingerprints by openssl, as the AWS documentation says to.
    const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCpz/dZCkaEWLSvseGiD64+80BMGAg6sMIgA7R0F32QD/7h250qOmTeTLoWdhJVt8kbId+VWucWZD5LcvQB7vjHp+69jDFXZw/IJs1RMx6aS+pDPap6ilhb5Lnar96FS3aQ0RW5WqUds0F0RGENoGJzMXjodMWssl4S3cpOZuEVeXVMqpp8mfasipewBugm6HhulOKDV/TenFdyyX6gTB+UvYBcJRLyFBS+qdmnZsQP16bwAhqgG/+nLUiYZ401U3XUVgde9Qev7somOVqtpYNtJ4xypxTu7JkJnmz2EOgZ69HBguUHNjLuByjQSo9FtXioWcWRa2843aWMu1lBUoId t";
    const RSA_MD5: &str = "3d:43:ea:ef:87:0f:94:b3:2a:66:79:9c:0a:fe:dc:28";
    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFA5HJFphALY0uZ/0tvsTfYynm8bWjW3VC259IkczZTY t";
    const ED25519_SHA256: &str = "s4eyGAuVC+eSYSDHG1Du7hM0t1nEftB2cI1jcARjX7U=";

    #[test]
    fn fingerprints_are_those_that_aws_gives() {
        assert_eq!(PublicKey::parse(RSA).unwrap().fingerprint(), RSA_MD5);
        assert_eq!(PublicKey::parse(ED25519).unwrap().fingerprint(), ED25519_SHA256);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for line in [
            "",
            "ssh-rsa",
            "ssh-rsa AAAA",
            "ssh-dss AAAAB3NzaC1kc3M=",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA==",
        ] {
            assert!(PublicKey::parse(line).is_none(), "{line}");
        }
    }
}
