//! The windows in which AWS backs up and maintains: `03:00-03:30` every day, `sun:04:00-sun:05:00` every week, both in UTC.

const DAY: u32 = 24 * 60;
const WEEK: u32 = 7 * DAY;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The shortest window AWS takes, in minutes.
const SHORTEST: u32 = 30;

/// Reads a daily window.
///
/// # Errors
/// Not `hh:mm-hh:mm`, or shorter than half an hour.
pub fn daily(text: &str) -> Result<String, String> {
    let (from, to) = bounds_of_day(text).ok_or("expected a time like 03:00-03:30, in UTC")?;
    long_enough((to + DAY - from) % DAY)?;
    Ok(text.to_owned())
}

/// Reads a weekly window; AWS keeps it in lower case.
///
/// # Errors
/// Not `ddd:hh:mm-ddd:hh:mm`, or shorter than half an hour.
pub fn weekly(text: &str) -> Result<String, String> {
    let text = text.to_ascii_lowercase();
    let (from, to) = bounds_of_week(&text).ok_or("expected a time like sun:04:00-sun:05:00, in UTC")?;
    long_enough((to + WEEK - from) % WEEK)?;
    Ok(text)
}

fn long_enough(minutes: u32) -> Result<(), String> {
    if minutes >= SHORTEST {
        return Ok(());
    }
    Err(format!("a window is {SHORTEST} minutes long at least"))
}

/// Whether the daily window meets the weekly one on any day.
pub fn overlap(daily: &str, weekly: &str) -> bool {
    let (Some(day), Some(week)) = (bounds_of_day(daily), bounds_of_week(weekly)) else {
        return false;
    };
    let length = (day.1 + DAY - day.0) % DAY;
    let weeks_length = (week.1 + WEEK - week.0) % WEEK;
    (0..7).any(|number| {
        let begin = number * DAY + day.0;
        // On a circle two spans meet where one begins within the other.
        (begin + WEEK - week.0) % WEEK < weeks_length || (week.0 + WEEK - begin) % WEEK < length
    })
}

fn bounds_of_day(text: &str) -> Option<(u32, u32)> {
    let (from, to) = text.split_once('-')?;
    Some((minute(from)?, minute(to)?))
}

fn bounds_of_week(text: &str) -> Option<(u32, u32)> {
    let moment = |text: &str| -> Option<u32> {
        let (day, time) = text.split_once(':')?;
        let day = DAYS.iter().position(|name| *name == day)?;
        Some(u32::try_from(day).ok()? * DAY + minute(time)?)
    };
    let (from, to) = text.split_once('-')?;
    Some((moment(from)?, moment(to)?))
}

/// The minute of the day of `hh:mm`.
fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let two_digits = |part: &str, below: u32| -> Option<u32> {
        let is_number = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        is_number.then(|| part.parse().ok()).flatten().filter(|number| *number < below)
    };
    Some(two_digits(hour, 24)? * 60 + two_digits(minute, 60)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_lasts_half_an_hour_at_least() {
        for good in ["03:00-03:30", "23:45-00:15"] {
            assert!(daily(good).is_ok(), "{good}");
        }
        for bad in ["", "3:00-4:00", "03:00-03:29", "03:00-03:00", "24:00-24:30", "03:00", "+3:00-04:00"] {
            assert!(daily(bad).is_err(), "{bad}");
        }
        assert_eq!(weekly("Sun:23:45-Mon:00:15"), Ok("sun:23:45-mon:00:15".to_owned()));
        for bad in ["sun:04:00-sun:04:10", "04:00-05:00", "xxx:04:00-sun:05:00"] {
            assert!(weekly(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_two_windows_must_not_meet() {
        assert!(overlap("04:30-05:30", "sun:04:00-sun:05:00"));
        assert!(overlap("23:45-00:15", "mon:00:00-mon:01:00"));
        assert!(overlap("04:10-04:40", "sun:04:00-sun:05:00"));
        assert!(!overlap("03:00-04:00", "sun:04:00-sun:05:00"));
    }
}
