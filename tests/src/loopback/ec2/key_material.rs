//! The keys of key pairs: real ones, in the forms and with the fingerprints that EC2 gives.
//!
//! | | ed25519 | RSA |
//! | --- | --- | --- |
//! | private key | OpenSSH's own form | PEM, PKCS#1 |
//! | fingerprint of one made by EC2 | base64 of the SHA-256 of the public key, with padding | SHA-1 of the private key in PKCS#8 |
//! | fingerprint of one imported | the same | MD5 of the public key as `SubjectPublicKeyInfo` |

use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use md5::{Digest as _, Md5};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sha2::Sha256;

use crate::loopback::error::{AwsError, Result};

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

/// A key pair just made.
#[derive(Debug)]
pub struct Made {
    /// The private key, in PEM or OpenSSH's form.
    pub private: String,
    pub public: PublicKey,
    pub fingerprint: String,
}

/// A public key, as SSH sends it over the wire.
#[derive(Clone, Debug)]
pub struct PublicKey {
    pub algorithm: Algorithm,
    blob: Vec<u8>,
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

/// Makes an ed25519 key pair.
///
/// # Errors
/// Where this machine has no randomness.
pub fn ed25519() -> Result<Made> {
    let broken = |_| internal("this machine gives no random numbers");
    let (mut seed, mut check) = ([0; 32], [0; 4]);
    let random = SystemRandom::new();
    random.fill(&mut seed).and_then(|()| random.fill(&mut check)).map_err(broken)?;
    let pair = Ed25519KeyPair::from_seed_unchecked(&seed).map_err(|_| internal("the key cannot be made"))?;
    let public = pair.public_key().as_ref();
    let blob = [string(b"ssh-ed25519"), string(public)].concat();
    let secret = string(&[&seed, public].concat());
    // What OpenSSH checks decryption by twice, the key, a comment, and padding to whole blocks of 8.
    let mut inner = [&check, &check, blob.as_slice(), &secret, &string(b"")].concat();
    for padding in 1..=(8 - inner.len() % 8) % 8 {
        inner.extend(u8::try_from(padding));
    }
    let head =
        [&b"openssh-key-v1\0"[..], &string(b"none"), &string(b"none"), &string(b""), &1u32.to_be_bytes()];
    let whole = [head.concat(), string(&blob), string(&inner)].concat();
    let public = PublicKey { algorithm: Algorithm::Ed25519, blob };
    let fingerprint = public.fingerprint();
    Ok(Made { private: pem("OPENSSH PRIVATE KEY", &whole), public, fingerprint })
}

/// Makes an RSA key pair. By OpenSSH's own tool, as the crates that could are too heavy or have holes.
///
/// # Errors
/// Where this machine has no `ssh-keygen`.
pub fn rsa() -> Result<Made> {
    let folder = std::env::temp_dir().join(format!("loopback-key-{:016x}", fastrand::u64(..)));
    let made = std::fs::create_dir(&folder).map_err(|e| internal(&e.to_string())).and_then(|()| {
        let file = folder.join("key");
        let mut command = Command::new("ssh-keygen");
        command.args(["-q", "-t", "rsa", "-b", "2048", "-m", "PEM", "-N", "", "-C", "", "-f"]).arg(&file);
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
        match status {
            Ok(status) if status.success() => read_rsa(&file),
            Ok(status) => Err(internal(&format!("ssh-keygen ended with {status}"))),
            Err(error) => Err(internal(&format!("no RSA keys without ssh-keygen: {error}"))),
        }
    });
    // What is left in the folder for temporary files is no reason to fail.
    let _ = std::fs::remove_dir_all(&folder);
    made
}

fn read_rsa(file: &std::path::Path) -> Result<Made> {
    let read = |path| std::fs::read_to_string(path).map_err(|e| internal(&e.to_string()));
    let (private, line) = (read(file.to_owned())?, read(file.with_extension("pub"))?);
    let broken = || internal("ssh-keygen has written something else than an RSA key");
    let public = PublicKey::parse(&line).ok_or_else(broken)?;
    let body: String = private.lines().filter(|line| !line.starts_with("-----")).collect();
    let pkcs1 = BASE64.decode(body).map_err(|_| broken())?;
    let pkcs8 = der(0x30, &[der(0x02, &[0]), rsa_algorithm(), der(0x04, &pkcs1)].concat());
    let fingerprint = colons(digest(&SHA1_FOR_LEGACY_USE_ONLY, &pkcs8).as_ref());
    Ok(Made { private, public, fingerprint })
}

fn internal(why: &str) -> AwsError {
    AwsError::new("InternalError", why).status(500)
}

/// Takes a text of SSH's wire form off the front.
fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<4>()?;
    let (text, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *rest = after;
    Some(text)
}

/// A text in SSH's wire form: its length before it.
fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

/// A value in DER, below 64 KiB.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes();
    let head = match (high, low) {
        (0, low @ 0..0x80) => vec![tag, low],
        (0, low) => vec![tag, 0x81, low],
        (high, low) => vec![tag, 0x82, high, low],
    };
    [head.as_slice(), content].concat()
}

/// `rsaEncryption` with no parameters, as an `AlgorithmIdentifier`.
fn rsa_algorithm() -> Vec<u8> {
    der(0x30, &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00])
}

fn pem(label: &str, bytes: &[u8]) -> String {
    let body = BASE64.encode(bytes);
    let lines: Vec<&str> =
        body.as_bytes().chunks(70).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}

#[cfg(test)]
mod tests {
    use super::{PublicKey, ed25519, rsa};

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
    fn what_is_made_can_be_imported() {
        for made in [ed25519().unwrap(), rsa().unwrap()] {
            let line = made.public.line("comment");
            assert_eq!(PublicKey::parse(&line).unwrap().line("comment"), line);
            assert!(made.private.contains("PRIVATE KEY-----\n"));
        }
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
