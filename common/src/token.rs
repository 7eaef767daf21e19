//! Client tokens that are derived, not random.
//!
//! The SDK fills in a random token, which protects its own retries and nothing else: after a crash the next run would send another
//! one and make the thing twice. A token made from what is asked is the same in every run, and in two runs at once.

use sha2::{Digest as _, Sha256};

use crate::identity::Identity;

/// The token of one thing: 64 hexadecimal characters, the longest that every service takes.
///
/// `specification` is what the call asks for, because AWS refuses a known token with other parameters; `generation` is the number of
/// dead ones of the same name, because a token may live on after what it made (`RunInstances`: 24 hours).
pub fn derived(identity: &Identity, role: &str, specification: &[&str], generation: usize) -> String {
    let mut hash = Sha256::new();
    let generation = generation.to_string();
    let parts = ["stackpipe", &identity.project, &identity.environment, role, &generation];
    for part in parts.iter().chain(specification) {
        hash.update(part.len().to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().fold(String::new(), |token, byte| token + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_request_has_the_same_token_and_any_other_another() {
        let identity = Identity::new("expense", "dev", std::collections::BTreeMap::default()).unwrap();
        let token = |role: &str, spec: &[&str], generation| derived(&identity, role, spec, generation);
        let first = token("nat", &["subnet-1", "eipalloc-1"], 0);
        assert_eq!(first, token("nat", &["subnet-1", "eipalloc-1"], 0));
        assert_eq!(first.len(), 64);
        for other in [
            token("nat", &["subnet-1", "eipalloc-2"], 0),
            token("nat", &["subnet-1eipalloc-1"], 0),
            token("nat", &["subnet-1", "eipalloc-1"], 1),
        ] {
            assert_ne!(first, other);
        }
    }
}
