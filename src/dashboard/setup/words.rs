//! Small words that several pages need: times, spans, and what stands for nothing.

use std::time::Duration;

pub use crate::dashboard::frame::{minute as at, when};

/// How long a key may live: the form's value, its words, whether it is chosen.
pub struct Life {
    /// The value.
    pub value: &'static str,
    /// Its words.
    pub words: &'static str,
    /// Whether it is chosen.
    pub chosen: bool,
}

const DAY: Duration = Duration::from_hours(24);

const LIVES: [(&str, &str, Option<Duration>); 5] = [
    ("", "never", None),
    ("7d", "in 7 days", Some(DAY.saturating_mul(7))),
    ("30d", "in 30 days", Some(DAY.saturating_mul(30))),
    ("90d", "in 90 days", Some(DAY.saturating_mul(90))),
    ("365d", "in a year", Some(DAY.saturating_mul(365))),
];

const GRACES: [(&str, &str, Duration); 5] = [
    ("0", "no time", Duration::ZERO),
    ("1h", "an hour", Duration::from_hours(1)),
    ("24h", "24 hours", DAY),
    ("7d", "7 days", DAY.saturating_mul(7)),
    ("30d", "30 days", DAY.saturating_mul(30)),
];

/// The choices for the life of a key.
#[must_use]
pub fn lives(chosen: &str) -> Vec<Life> {
    LIVES.iter().map(|(value, words, _)| Life { value, words, chosen: *value == chosen }).collect()
}

/// What was chosen is not one of the choices.
pub struct NoChoice;

/// The life that was chosen; `None`: no end.
pub fn life(value: &str) -> Result<Option<Duration>, NoChoice> {
    LIVES.iter().find(|(own, ..)| *own == value).map(|(.., life)| *life).ok_or(NoChoice)
}

/// How long a rolled key works on, with its words; `None` for none of them.
#[must_use]
pub fn grace(value: &str) -> Option<(Duration, &'static str)> {
    GRACES.iter().find(|(own, ..)| *own == value).map(|(_, words, grace)| (*grace, *words))
}

/// Seconds as a person types them: `90s`, `5m`, `24h`, `30d`.
#[must_use]
pub fn span(seconds: u32) -> String {
    match seconds {
        0 => "0s".to_owned(),
        days if days % 86_400 == 0 && days > 86_400 => format!("{}d", days / 86_400),
        hours if hours % 3_600 == 0 => format!("{}h", hours / 3_600),
        minutes if minutes % 60 == 0 => format!("{}m", minutes / 60),
        other => format!("{other}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Moment;

    #[test]
    fn spans_and_times_are_short() {
        for (seconds, text) in [
            (0, "0s"),
            (45, "45s"),
            (90, "90s"),
            (300, "5m"),
            (5_400, "90m"),
            (86_400, "24h"),
            (2_592_000, "30d"),
        ] {
            assert_eq!(span(seconds), text);
        }
        assert_eq!(when("2026-11-24T12:00:07.250Z"), "2026-11-24 12:00 UTC");
        assert_eq!(at(Moment::from_millis(0)), "1970-01-01 00:00 UTC");
    }
}
