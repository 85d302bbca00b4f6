//! Points in time as the service keeps them: whole milliseconds since 1970 in UTC.
//!
//! Nothing here reads a clock; see [`crate::clock`] for that.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Seconds of a unit as people write one: `s`, `m`, `h` or `d`.
#[must_use]
pub fn unit_seconds(unit: &str) -> Option<u32> {
    match unit {
        "s" => Some(1),
        "m" => Some(60),
        "h" => Some(3600),
        "d" => Some(86_400),
        _ => None,
    }
}

/// A point in time, in milliseconds since the Unix epoch. Arithmetic saturates: a moment far outside of the
/// calendar is a moment that is never reached, not a panic.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(i64);

impl Moment {
    /// A moment from epoch milliseconds.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Epoch milliseconds, as stored.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole epoch seconds; 0 for moments before 1970.
    #[must_use]
    pub fn seconds(self) -> u64 {
        u64::try_from(self.0.div_euclid(1000)).unwrap_or(0)
    }

    /// The moment `span` later.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }

    /// The moment `span` earlier.
    #[must_use]
    pub fn minus(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }

    /// The beginning of its minute.
    #[must_use]
    pub const fn minute(self) -> Self {
        Self(self.0.saturating_sub(self.0.rem_euclid(60_000)))
    }

    /// How long it is from `self` until `later`; zero when `later` has passed.
    #[must_use]
    pub fn until(self, later: Self) -> Duration {
        Duration::from_millis(u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0))
    }

    /// Whole seconds from `self` until `later`, rounded up and at least 1: the value of a `Retry-After` header
    /// (RFC 9110 §10.2.3), after which a retry really is allowed.
    #[must_use]
    pub fn retry_after(self, later: Self) -> u64 {
        let millis = u64::try_from(later.0.saturating_sub(self.0)).unwrap_or(0);
        millis.div_ceil(1000).max(1)
    }
}

fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// RFC 3339 in UTC with whole seconds, or with milliseconds where there are any.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => f.write_str("9999-12-31T23:59:59Z"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_as_rfc_3339_in_utc() {
        assert_eq!(Moment::from_millis(1_795_521_600_000).to_string(), "2026-11-24T12:00:00Z");
        assert_eq!(Moment::from_millis(1_795_521_600_250).to_string(), "2026-11-24T12:00:00.25Z");
    }

    #[test]
    fn retry_after_is_never_too_early() {
        let now = Moment::from_millis(10_000);
        assert_eq!(now.retry_after(Moment::from_millis(10_001)), 1);
        assert_eq!(now.retry_after(Moment::from_millis(12_000)), 2);
        assert_eq!(now.retry_after(Moment::from_millis(12_001)), 3);
        assert_eq!(now.retry_after(Moment::from_millis(1)), 1);
    }
}
