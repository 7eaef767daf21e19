//! Any bytes as a document: refused with a fault or kept to the last digit, and never a panic.
#![no_main]
#![allow(dead_code)]

use libfuzzer_sys::fuzz_target;

// The modules of `common` that read a document, without the SDK that the rest of it needs.
#[path = "../../../common/src/document.rs"]
mod document;
#[path = "../../../common/src/fault.rs"]
mod fault;
#[path = "../../../common/src/identity.rs"]
mod identity;
#[path = "../../../common/src/merge.rs"]
mod merge;
#[path = "../../../common/src/section/mod.rs"]
mod section;
#[path = "../../../common/src/shape.rs"]
mod shape;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut document) = document::Document::read(bytes) else { return };
    let before = document.to_text(false).unwrap();
    assert_eq!(document::Document::read(before.as_bytes()).unwrap(), document);
    if section::check(&document).is_err() {
        return;
    }
    // What a command reads and writes back unchanged stays as it is, but for keys that say null.
    if let Some(groups) = document.section::<section::Named<section::SecurityGroup>>("sg").unwrap() {
        document.set_section("sg", &groups).unwrap();
        assert!(section::check(&document).is_ok());
    }
});
