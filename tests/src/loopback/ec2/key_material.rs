//! Making the keys of key pairs: real ones, in the forms that EC2 gives.
//!
//! An ed25519 key comes in OpenSSH's own form, an RSA key as PEM with PKCS#1 in it. The fingerprint of an RSA key that EC2
//! has made is another than that of an imported one (see [`super::public_key`]): the SHA-1 of the private key in PKCS#8.

use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::public_key::{Algorithm, PublicKey, colons, der, rsa_algorithm};
use crate::loopback::error::{AwsError, Result};

/// A key pair just made.
#[derive(Debug)]
pub struct Made {
    /// The private key, in PEM or OpenSSH's form.
    pub private: String,
    pub public: PublicKey,
    pub fingerprint: String,
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

/// A text in SSH's wire form: its length before it.
fn string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), bytes].concat()
}

fn pem(label: &str, bytes: &[u8]) -> String {
    let body = BASE64.encode(bytes);
    let lines: Vec<&str> =
        body.as_bytes().chunks(70).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{PublicKey, ed25519, rsa};

    #[test]
    fn what_is_made_can_be_imported() {
        for made in [ed25519().unwrap(), rsa().unwrap()] {
            let line = made.public.line("comment");
            assert_eq!(PublicKey::parse(&line).unwrap().line("comment"), line);
            assert!(made.private.contains("PRIVATE KEY-----\n"));
        }
    }
}
