//! Hashing parts so that no two lists of parts are taken for one another.

use sha2::{Digest as _, Sha256};

/// SHA-256 of parts, each after its length.
#[derive(Default)]
pub struct Hash(Sha256);

impl Hash {
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes(text.as_bytes())
    }

    pub fn number(&mut self, number: u64) -> &mut Self {
        self.bytes(&number.to_le_bytes())
    }

    pub fn digest(self) -> [u8; 32] {
        self.0.finalize().into()
    }

    pub fn hexadecimal(self) -> String {
        self.digest().iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
    }
}
