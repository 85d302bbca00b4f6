//! Times as the pages show them. All are in UTC, and say so.

use crate::domain::time::Moment;

/// A moment to the minute: `2026-11-24 13:05 UTC`.
#[must_use]
pub fn minute(moment: Moment) -> String {
    when(&moment.to_string())
}

/// The same of a time as answers have it (RFC 3339).
#[must_use]
pub fn when(rfc3339: &str) -> String {
    match (rfc3339.get(..10), rfc3339.get(11..16)) {
        (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
        _ => rfc3339.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_to_the_minute() {
        assert_eq!(
            minute(Moment::from_millis(1_795_521_600_000 + 5 * 60_000 + 59_999)),
            "2026-11-24 12:05 UTC"
        );
    }
}
