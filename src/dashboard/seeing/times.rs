//! Times for people, in UTC: as a date, and as how long ago.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use crate::domain::time::Moment;

/// A moment in the ways in which it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// For machines.
    pub iso: String,
    /// `24 Nov 2026, 12:00:05`
    pub full: String,
    /// `3 min ago`
    pub ago: String,
}

impl Stamp {
    /// As it is shown now.
    #[must_use]
    pub fn of(at: Moment, now: Moment) -> Self {
        Self { iso: at.to_string(), full: format(at, "%-d %b %Y, %H:%M:%S"), ago: ago(at, now) }
    }
}

/// `24 Nov`
#[must_use]
pub fn day(at: Moment) -> String {
    format(at, "%-d %b")
}

/// `14:00`
#[must_use]
pub fn hour(at: Moment) -> String {
    format(at, "%H:%M")
}

fn format(at: Moment, how: &str) -> String {
    match Timestamp::from_millisecond(at.millis()) {
        Ok(time) => TimeZone::UTC.to_datetime(time).strftime(how).to_string(),
        Err(_) => at.to_string(),
    }
}

/// How long ago something was, or how soon it will be.
fn ago(at: Moment, now: Moment) -> String {
    let seconds = (now.millis().saturating_sub(at.millis())) / 1000;
    match seconds {
        0 => "just now".to_owned(),
        1.. => format!("{} ago", span(seconds)),
        _ => format!("in {}", span(seconds.saturating_neg())),
    }
}

/// A span in its largest unit.
#[must_use]
pub fn span(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        86_400..172_800 => "1 day".to_owned(),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// How long after a beginning something was: `+1.2 s`.
#[must_use]
pub fn after(begin: Moment, at: Moment) -> String {
    match at.millis().saturating_sub(begin.millis()) {
        ..=0 => "+0 s".to_owned(),
        millis @ 1..1_000 => format!("+{millis} ms"),
        millis @ 1_000..60_000 => format!("+{}.{} s", millis / 1_000, millis % 1_000 / 100),
        millis => format!("+{}", span(millis / 1_000)),
    }
}

/// A time that was typed or chosen, in UTC: a day, a day and a minute, or RFC 3339.
#[must_use]
pub fn parse(text: &str) -> Option<Moment> {
    let time = if let Ok(time) = text.parse::<Timestamp>() {
        time
    } else {
        let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from)).ok()?;
        TimeZone::UTC.to_timestamp(civil).ok()?
    };
    Some(Moment::from_millis(time.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Moment::from_millis(1_795_521_600_000);

    fn later(millis: i64) -> Moment {
        Moment::from_millis(NOW.millis() + millis)
    }

    #[test]
    fn a_moment_is_a_date_and_some_time_ago() {
        let stamp = Stamp::of(NOW, later(200_000));
        assert_eq!((stamp.full.as_str(), stamp.ago.as_str()), ("24 Nov 2026, 12:00:00", "3 min ago"));
        for (millis, words) in [
            (0, "just now"),
            (999, "just now"),
            (-5_000, "in 5 s"),
            (59_000, "59 s ago"),
            (7_200_000, "2 h ago"),
            (100_000_000, "1 day ago"),
            (864_000_000, "10 days ago"),
        ] {
            assert_eq!(ago(NOW, later(millis)), words);
        }
        assert_eq!((day(NOW), hour(NOW)), ("24 Nov".to_owned(), "12:00".to_owned()));
    }

    #[test]
    fn what_comes_after_is_told_from_the_beginning() {
        for (millis, words) in
            [(-3, "+0 s"), (0, "+0 s"), (80, "+80 ms"), (1_250, "+1.2 s"), (90_000, "+1 min")]
        {
            assert_eq!(after(NOW, later(millis)), words);
        }
    }

    #[test]
    fn days_and_minutes_are_read_as_utc() {
        for text in
            ["2026-11-24T12:00", "2026-11-24T12:00:00", "2026-11-24T12:00:00Z", "2026-11-24T13:00:00+01:00"]
        {
            assert_eq!(parse(text), Some(NOW), "{text}");
        }
        assert_eq!(parse("2026-11-24"), Some(later(-12 * 3_600_000)));
        for text in ["", "yesterday", "2026-13-01", "24.11.2026", "2026-11-24T25:00", "99999-01-01"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
