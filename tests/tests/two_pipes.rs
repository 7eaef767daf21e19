//! Two pipes at once end with one environment.

use anyhow::Result;
use serde_json::Value as Json;
use tests::harness::{CREATE, Sandbox, WHOLE, WHOLE_DELETE, assert_same_environment};
use tests::loopback::Options;

#[test]
fn two_pipes_at_once_end_with_one_environment() -> Result<()> {
    let alone = Sandbox::new()?;
    alone.sh(CREATE)?.succeeds();
    for seed in 0..4 {
        // A latency makes both see an empty account before either has made anything.
        let latency = std::time::Duration::from_millis(10 * (seed + 1));
        let options = Options { time_scale: 300.0, seed: Some(seed), latency, ..Options::default() };
        let sandbox = Sandbox::with(&options)?;
        let both =
            format!("({CREATE}) > one & first=$!; ({CREATE}) > two & second=$!; wait $first && wait $second");
        sandbox.sh(&both)?.succeeds();
        assert_same_environment(
            &sandbox.environment(),
            &alone.environment(),
            &format!("two at once, seed {seed}"),
        );
        let one = std::fs::read_to_string(sandbox.home().join("one"))?;
        let two = std::fs::read_to_string(sandbox.home().join("two"))?;
        assert_eq!(one, two, "both documents describe the one environment");
    }
    Ok(())
}

#[test]
fn two_whole_pipes_at_once_end_with_one_environment_and_one_delete_leaves_nothing() -> Result<()> {
    let alone = Sandbox::new()?;
    let before = alone.environment();
    alone.sh(WHOLE)?.succeeds();
    let latency = std::time::Duration::from_millis(10);
    let options = Options { time_scale: 300.0, seed: Some(7), latency, ..Options::default() };
    let sandbox = Sandbox::with(&options)?;
    let both =
        format!("({WHOLE}) > one & first=$!; ({WHOLE}) > two & second=$!; wait $first && wait $second");
    sandbox.sh(&both)?.succeeds();
    let (found, interfaces) = without_interfaces(sandbox.environment());
    let (wanted, as_many) = without_interfaces(alone.environment());
    assert_same_environment(&found, &wanted, "two whole pipes at once");
    assert_eq!(interfaces, as_many);
    sandbox.sh(WHOLE_DELETE)?.succeeds();
    assert_same_environment(&sandbox.environment(), &before, "after the delete");
    Ok(())
}

/// AWS gives the interfaces that it makes for itself addresses of its own choosing: of those only the number can be compared.
fn without_interfaces(mut environment: Json) -> (Json, Option<usize>) {
    let interfaces = environment.as_object_mut().and_then(|kinds| kinds.shift_remove("network-interface"));
    (environment, interfaces.and_then(|list| list.as_array().map(Vec::len)))
}
