//! The windows in which AWS makes backups and does maintenance.

use crate::loopback::error::{AwsError, Result};

const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A backup window of half an hour, between 3 and 7 o'clock, which AWS chooses by chance and this by a number.
#[must_use]
pub fn default_backup(seed: u64) -> String {
    let start = 3 * 60 + minutes(seed, 8) * 30;
    format!("{}-{}", time(start), time(start + 30))
}

/// A maintenance window of half an hour, between 7 and 11 o'clock, so that the two never overlap.
#[must_use]
pub fn default_maintenance(seed: u64) -> String {
    let start = 7 * 60 + minutes(seed, 8) * 30;
    let day = DAYS[(seed >> 32) as usize % DAYS.len()];
    format!("{day}:{}-{day}:{}", time(start), time(start + 30))
}

fn minutes(seed: u64, slots: u64) -> u32 {
    u32::try_from(seed % slots).unwrap_or_default()
}

fn time(minutes: u32) -> String {
    format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60)
}

/// Refuses windows that are none, shorter than half an hour, or in each other's way.
///
/// # Errors
/// `InvalidParameterValue`, and `InvalidParameterCombination` where they overlap.
pub fn check(backup: &str, maintenance: &str) -> Result<()> {
    let bad =
        |kind: &str, text: &str| AwsError::invalid_value(format!("Invalid {kind} window format: {text}"));
    let (start, length) = daily(backup).ok_or_else(|| bad("backup", backup))?;
    let (from, lasts) = weekly(maintenance).ok_or_else(|| bad("maintenance", maintenance))?;
    if length < 30 || lasts < 30 {
        return Err(AwsError::invalid_value("The window must be at least 30 minutes long."));
    }
    if lasts >= DAY {
        return Err(AwsError::invalid_value("The maintenance window must be less than 24 hours long."));
    }
    let overlaps = |day: u32| {
        let start = day * DAY + start;
        let (after, before) = ((start + WEEK - from) % WEEK, (from + WEEK - start) % WEEK);
        after < lasts || before < length
    };
    if (0..7).any(overlaps) {
        return Err(AwsError::new(
            "InvalidParameterCombination",
            "The backup window and maintenance window must not overlap.",
        ));
    }
    Ok(())
}

/// `hh:mm-hh:mm` as minute of the day and length.
fn daily(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (clock(from)?, clock(to)?);
    Some((from, (to + DAY - from) % DAY))
}

/// `ddd:hh:mm-ddd:hh:mm` as minute of the week and length.
fn weekly(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (day_and_clock(from)?, day_and_clock(to)?);
    Some((from, (to + WEEK - from) % WEEK))
}

fn day_and_clock(text: &str) -> Option<u32> {
    let (day, time) = text.split_once(':')?;
    let day = u32::try_from(DAYS.iter().position(|known| *known == day)?).ok()?;
    Some(day * DAY + clock(time)?)
}

fn clock(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| (text.len() == 2).then(|| text.parse::<u32>().ok())?;
    let (hour, minute) = (number(hour)?, number(minute)?);
    (hour < 24 && minute < 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::{check, default_backup, default_maintenance};

    fn code(backup: &str, maintenance: &str) -> Option<String> {
        check(backup, maintenance).err().map(|error| error.code)
    }

    #[test]
    fn windows_are_refused_as_rds_refuses_them() {
        assert_eq!(code("03:00-04:00", "sun:05:00-sun:06:00"), None);
        assert_eq!(code("23:30-00:30", "sun:22:00-sun:23:00"), None);
        assert_eq!(code("23:30-00:30", "mon:00:00-mon:01:00"), Some("InvalidParameterCombination".into()));
        assert_eq!(code("05:30-06:00", "sun:05:00-sun:06:00"), Some("InvalidParameterCombination".into()));
        assert_eq!(code("03:00-03:10", "sun:05:00-sun:06:00"), Some("InvalidParameterValue".into()));
        assert_eq!(code("3:00-4:00", "sun:05:00-sun:06:00"), Some("InvalidParameterValue".into()));
        assert_eq!(code("03:00-04:00", "sunday:05:00-sun:06:00"), Some("InvalidParameterValue".into()));
    }

    #[test]
    fn the_defaults_never_overlap() {
        for seed in (0..1000).map(|n| n * 0x0000_0123_4567_89ab) {
            assert_eq!(code(&default_backup(seed), &default_maintenance(seed)), None);
        }
    }
}
