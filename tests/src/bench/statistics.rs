//! Figures from many runs, and how they are written.

use std::time::Duration;

/// The middle and the largest of some.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spread {
    pub median: Duration,
    pub max: Duration,
}

/// The spread of some measurements; zero where there are none.
#[must_use]
pub fn spread(mut all: Vec<Duration>) -> Spread {
    all.sort_unstable();
    let median = all.get(all.len() / 2).copied().unwrap_or_default();
    Spread { median, max: all.last().copied().unwrap_or_default() }
}

/// `12.3 ms`
#[must_use]
pub fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

/// `4.56 s`
#[must_use]
pub fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}

/// `12.3 MB`, of so many bytes.
#[must_use]
pub fn megabytes(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "a tenth of a megabyte is exact enough")]
    let bytes = bytes as f64;
    format!("{:.1} MB", bytes / 1e6)
}

#[cfg(test)]
mod tests {
    use super::{Duration, megabytes, milliseconds, spread};

    #[test]
    fn the_middle_one_of_an_odd_number_is_the_median() {
        let found = spread([5, 1, 9].map(Duration::from_millis).into());
        assert_eq!((found.median, found.max), (Duration::from_millis(5), Duration::from_millis(9)));
        assert_eq!(spread(Vec::new()).max, Duration::ZERO);
    }

    #[test]
    fn figures_are_written_with_their_unit() {
        assert_eq!(milliseconds(Duration::from_micros(1250)), "1.2 ms");
        assert_eq!(megabytes(12_340_000), "12.3 MB");
    }
}
