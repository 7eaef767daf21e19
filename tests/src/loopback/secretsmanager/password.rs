//! Random passwords, made and forgotten.

use serde_json::json;

use super::error::invalid;
use crate::loopback::action::{Action, Call, Reply, read};
use crate::loopback::error::Result;

pub const ACTIONS: &[Action] = &[read(
    "GetRandomPassword",
    get,
    "PasswordLength ExcludeCharacters ExcludeNumbers ExcludePunctuation ExcludeUppercase ExcludeLowercase IncludeSpace \
     RequireEachIncludedType",
)];

/// What a password is made of, and the flag that leaves it out.
const KINDS: [(&str, &str); 4] = [
    ("ExcludeLowercase", "abcdefghijklmnopqrstuvwxyz"),
    ("ExcludeUppercase", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("ExcludeNumbers", "0123456789"),
    ("ExcludePunctuation", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
];

fn get(call: &mut Call<'_>) -> Result<Reply> {
    let length = call.params.parsed::<usize>("PasswordLength")?.unwrap_or(32);
    let kinds = kinds(call)?;
    let each = call.params.flag("RequireEachIncludedType")? != Some(false);
    if !(1..=4096).contains(&length) || each && length < kinds.len() {
        return Err(invalid("InvalidParameterException: Invalid password length."));
    }
    if kinds.is_empty() {
        return Err(invalid("Cannot exclude all character types."));
    }
    let rng = &mut call.region.rng;
    let all: Vec<char> = kinds.iter().flatten().copied().collect();
    let mut password: Vec<char> = (0..length).map(|_| all[rng.usize(..all.len())]).collect();
    if each {
        for (place, kind) in kinds.iter().enumerate() {
            password[place] = kind[rng.usize(..kind.len())];
        }
        rng.shuffle(&mut password);
    }
    Ok(json!({"RandomPassword": password.into_iter().collect::<String>()}).into())
}

/// The characters of each kind that may be used, no kind empty.
fn kinds(call: &Call<'_>) -> Result<Vec<Vec<char>>> {
    let excluded = call.params.text("ExcludeCharacters").unwrap_or_default();
    let mut kinds = Vec::new();
    for (flag, characters) in KINDS {
        if call.params.flag(flag)? != Some(true) {
            kinds.push(characters.chars().filter(|c| !excluded.contains(*c)).collect::<Vec<_>>());
        }
    }
    if call.params.flag("IncludeSpace")? == Some(true) {
        kinds.push(vec![' ']);
    }
    kinds.retain(|kind| !kind.is_empty());
    Ok(kinds)
}
