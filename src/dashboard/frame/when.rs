//! Times as the pages show them. All are in UTC, and say so.

use crate::domain::time::Moment;

/// `2026-11-24 13:05 UTC`.
#[must_use]
pub fn minute(moment: Moment) -> String {
    let text = moment.to_string();
    let date = text.get(..10).unwrap_or_default();
    let clock = text.get(11..16).unwrap_or_default();
    format!("{date} {clock} UTC")
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
