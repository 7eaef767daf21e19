//! Two pipes at once end with one environment.

use anyhow::Result;
use tests::harness::{CREATE, Sandbox, assert_same_environment};
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
