//! Properties of the real binaries over many documents.

use anyhow::Result;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Number, Value as Json};
use std::cell::RefCell;
use std::io::Write as _;
use std::process::Stdio;
use tests::harness::{CREATE, Sandbox};

/// Cases; each runs three commands.
const CASES: u32 = 48;

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "[0-9]{1,30}\\.[0-9]{1,20}"
            .prop_map(|text| text.parse::<Number>().map_or(Json::from(0), Json::Number)),
        "\\PC{0,12}".prop_map(Json::from),
        Just(Json::Null),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec(("[a-z_]{1,8}", inner), 0..4)
                .prop_map(|pairs| Json::Object(pairs.into_iter().collect())),
        ]
    })
}

/// Puts an unknown key into the object that `choice` picks, at a place that `choice` picks.
fn insert(document: &mut Json, choice: usize, name: &str, value: Json) {
    let mut paths = Vec::new();
    objects(document, String::new(), &mut paths);
    let path = &paths[choice % paths.len()];
    let Some(Json::Object(keys)) = document.pointer_mut(path) else { return };
    // Beside the entries of a section keyed by name, an object would be an entry: `sg.mine = {…}` is a group called mine.
    let value = if matches!(path.as_str(), "/sg" | "/rds" | "/tags") { Json::from(choice) } else { value };
    if path == "/tags" {
        return;
    }
    let at = choice % (keys.len() + 1);
    let mut all: Vec<(String, Json)> = std::mem::take(keys).into_iter().collect();
    all.insert(at, (format!("x_{name}"), value));
    *keys = all.into_iter().collect::<Map<_, _>>();
}

fn objects(value: &Json, path: String, paths: &mut Vec<String>) {
    match value {
        Json::Object(keys) => {
            for (key, below) in keys {
                if !key.starts_with("x_") {
                    objects(below, format!("{path}/{key}"), paths);
                }
            }
            paths.push(path);
        }
        Json::Array(elements) => {
            for (index, below) in elements.iter().enumerate() {
                objects(below, format!("{path}/{index}"), paths);
            }
        }
        _ => {}
    }
}

#[test]
fn unknown_keys_survive_every_command_at_every_depth_and_in_their_order() -> Result<()> {
    let sandbox = Sandbox::new()?;
    let made = sandbox.sh(CREATE)?;
    let original = made.succeeds().document();
    let sandbox = RefCell::new(sandbox);
    let strategy = prop::collection::vec((any::<usize>(), "[a-z]{1,6}", any_json()), 1..6);
    let mut runner = TestRunner::new_with_rng(
        Config { cases: CASES, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    runner.run(&strategy, |insertions| {
        let mut document = original.clone();
        for (choice, name, value) in insertions {
            insert(&mut document, choice, &name, value);
        }
        let text = format!("{document}\n");
        let out = pipe(&sandbox.borrow(), &text, "vpc show | sg show | rds show")
            .map_err(|error| TestCaseError::fail(format!("{error:#}")))?;
        prop_assert_eq!(out, text);
        Ok(())
    })?;
    Ok(())
}

fn pipe(sandbox: &Sandbox, text: &str, line: &str) -> Result<String> {
    let mut command = sandbox.command(line);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    anyhow::ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
