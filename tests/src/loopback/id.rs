//! Identifiers as AWS makes them, from a seeded source.

use fastrand::Rng;

/// `prefix` and 17 hexadecimal digits, as in `vpc-0a1b2c3d4e5f67890`.
pub fn fresh(rng: &mut Rng, prefix: &str) -> String {
    format!("{prefix}0{}", hex(rng, 16))
}

/// So many hexadecimal digits.
pub fn hex(rng: &mut Rng, digits: usize) -> String {
    (0..digits).map(|_| char::from(b"0123456789abcdef"[rng.usize(0..16)])).collect()
}

/// As in a request's id.
pub fn uuid(rng: &mut Rng) -> String {
    format!("{}-{}-4{}-a{}-{}", hex(rng, 8), hex(rng, 4), hex(rng, 3), hex(rng, 3), hex(rng, 12))
}

/// Whether an identifier has the form that `prefix` asks for: 8 or 17 hexadecimal digits behind it.
#[must_use]
pub fn well_formed(id: &str, prefix: &str) -> bool {
    let digits = |rest: &str| {
        matches!(rest.len(), 8 | 17) && rest.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    };
    id.strip_prefix(prefix).is_some_and(digits)
}

#[cfg(test)]
mod tests {
    use super::{fresh, well_formed};

    #[test]
    fn what_is_made_is_well_formed() {
        let id = fresh(&mut fastrand::Rng::with_seed(1), "vpc-");
        assert!(well_formed(&id, "vpc-"), "{id}");
        assert!(!well_formed("vpc-xyz", "vpc-") && !well_formed(&id, "subnet-"));
    }
}
