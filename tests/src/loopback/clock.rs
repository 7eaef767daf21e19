//! Time as the loopback AWS tells it.
//!
//! Timestamps are wall-clock time, so that a client may compare them with its own clock. Durations are those that AWS
//! typically takes, divided by the time scale: with a scale of 100 a NAT gateway is ready after 0.9 s and not 90 s.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment, in microseconds since the epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub u64);

impl Time {
    /// Whole and fractional seconds since the epoch, as the JSON protocols write timestamps.
    #[must_use]
    pub fn seconds(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "microseconds of this century fit in 53 bits")]
        let micros = self.0 as f64;
        micros / 1e6
    }
}

/// As the XML protocols write timestamps: `2026-11-23T12:29:30.123Z`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1000;
        let Ok(t) = time::OffsetDateTime::from_unix_timestamp_nanos(nanos) else {
            return f.write_str("9999-12-31T23:59:59.999Z");
        };
        let (year, month, day) = (t.year(), u8::from(t.month()), t.day());
        let (hour, minute, second) = t.to_hms();
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", t.millisecond())
    }
}

/// A monotonic clock that shows wall time, and knows the time scale.
#[derive(Clone, Debug)]
pub struct Clock {
    started: Instant,
    epoch: u64,
    scale: f64,
    /// What has been skipped, in microseconds. Shared by all clones.
    skipped: Arc<AtomicU64>,
}

impl Clock {
    /// A clock that starts now. A scale that is not a positive number counts as 1.
    #[must_use]
    pub fn new(scale: f64) -> Self {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, micros);
        let scale = if scale.is_finite() && scale > 0.0 { scale } else { 1.0 };
        Self { started: Instant::now(), epoch, scale, skipped: Arc::default() }
    }

    /// The same clock for what real machines do, which take their own time however fast AWS's passes.
    #[must_use]
    pub fn unscaled(&self) -> Self {
        Self { scale: 1.0, ..self.clone() }
    }

    #[must_use]
    pub fn now(&self) -> Time {
        let skipped = self.skipped.load(Ordering::Relaxed);
        Time(self.epoch.saturating_add(skipped).saturating_add(micros(self.started.elapsed())))
    }

    /// Lets `seconds` of AWS's time pass at once.
    pub fn skip(&self, seconds: f64) {
        self.skipped.fetch_add(self.scaled(seconds), Ordering::Relaxed);
    }

    /// A clock that shows the same time now, and skips none with this one.
    #[must_use]
    pub fn apart(&self) -> Self {
        let skipped = Arc::new(AtomicU64::new(self.skipped.load(Ordering::Relaxed)));
        Self { skipped, ..self.clone() }
    }

    /// How long `seconds` of AWS's time take here, in microseconds.
    #[must_use]
    pub fn scaled(&self, seconds: f64) -> u64 {
        micros(Duration::try_from_secs_f64(seconds / self.scale).unwrap_or_default())
    }

    /// The moment `seconds` of AWS's time after `from`.
    #[must_use]
    pub fn after(&self, from: Time, seconds: f64) -> Time {
        Time(from.0.saturating_add(self.scaled(seconds)))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::{Clock, Time};

    #[test]
    fn a_time_is_written_as_aws_writes_it() {
        assert_eq!(Time(1_700_000_000_123_456).to_string(), "2023-11-14T22:13:20.123Z");
    }

    #[test]
    fn time_can_be_skipped_for_all_who_share_the_clock() {
        let clock = Clock::new(1.0);
        let before = clock.clone().now();
        clock.skip(3600.0);
        assert!(clock.clone().now() >= clock.after(before, 3600.0));
    }

    #[test]
    fn a_scale_divides_durations() {
        assert_eq!(Clock::new(100.0).scaled(90.0), 900_000);
        assert_eq!(Clock::new(f64::NAN).scaled(1.0), 1_000_000);
    }
}
