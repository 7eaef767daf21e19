//! Any text as rules, as a table of rules and as a table in JSON: refused with a place or read, and what was read is written as it is read.
#![no_main]
#![allow(dead_code)]

use libfuzzer_sys::fuzz_target;

// `sg`'s rule text, without the SDK: it takes one function of `common`, which here is this crate.
extern crate self as common;
#[path = "../../../common/src/fault.rs"]
pub mod fault;
#[path = "../../../common/src/identity.rs"]
pub mod identity;
#[path = "../../../sg/src/rules/mod.rs"]
mod rules;

fuzz_target!(|text: &str| {
    if let Ok(read) = rules::rules_of(text) {
        for rule in &read {
            let again = rules::rules_of(&rule.to_string()).unwrap();
            assert!(again.contains(rule) && again.len() == 1, "{rule}");
        }
    }
    let _ = rules::Table::read(text);
});
