//! Small words that several pages need: times, spans, and what stands for nothing.

use crate::domain::time::Moment;

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

/// A time of an answer (RFC 3339) as it stands on a page: `2026-11-24 12:00 UTC`.
#[must_use]
pub fn when(rfc3339: &str) -> String {
    match (rfc3339.get(..10), rfc3339.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => rfc3339.to_owned(),
    }
}

/// The same of a moment.
#[must_use]
pub fn at(moment: Moment) -> String {
    when(&moment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

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
