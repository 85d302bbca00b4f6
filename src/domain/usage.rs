//! Figures of what an application sent and checked: counted by the hour, added up by day and month, in UTC.

use std::ops::{AddAssign, Neg};
use std::str::FromStr;

use super::tenant::NotOneOf;
use super::time::Moment;

const HOUR: i64 = 60 * 60 * 1000;
const DAY: i64 = 24 * HOUR;

/// Upper bounds of the buckets in which the times of hand-over are counted, in milliseconds; one more holds what took longer.
pub const BOUNDS: [i64; 10] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000];

/// How many buckets there are.
pub const BUCKETS: usize = BOUNDS.len() + 1;

/// What happened in a span of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Messages that were started in it.
    pub sends: i64,
    /// Those of them that a provider took.
    pub handed_over: i64,
    /// Those of them that no provider took, or that a report called undelivered.
    pub failed: i64,
    /// Checks in it that approved.
    pub verifications: i64,
    /// Checks in it that failed.
    pub failures: i64,
    /// The hand-overs by the time that they took; see [`BOUNDS`].
    pub timings: [i64; BUCKETS],
}

impl Figures {
    /// Counts `many` messages that stand like this. `took` is the time to the hand-over in milliseconds.
    pub fn count_messages(&mut self, status: &str, took: Option<i64>, many: i64) {
        self.sends += many;
        if matches!(status, "failed" | "expired" | "undelivered") {
            self.failed += many;
        }
        if matches!(status, "sent" | "delivered" | "undelivered") {
            self.handed_over += many;
            let bucket = BOUNDS.iter().filter(|bound| **bound < took.unwrap_or(0)).count();
            if let Some(count) = self.timings.get_mut(bucket) {
                *count += many;
            }
        }
    }

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The time, in milliseconds, that so many per cent of the hand-overs did not exceed. Within a bucket they are taken to lie
    /// evenly; of those past the last bound only the bound is known.
    #[must_use]
    pub fn percentile(&self, percent: i64) -> Option<i64> {
        let total: i64 = self.timings.iter().sum();
        if total <= 0 {
            return None;
        }
        // In hundredths of a hand-over.
        let rank = total.saturating_mul(percent);
        let mut below: i64 = 0;
        let mut lower = 0;
        for (count, upper) in self.timings.iter().zip(BOUNDS) {
            let count = count.saturating_mul(100);
            if count > 0 && below.saturating_add(count) >= rank {
                return Some(lower + (upper - lower).saturating_mul(rank.saturating_sub(below)) / count);
            }
            below = below.saturating_add(count);
            lower = upper;
        }
        Some(lower)
    }
}

impl AddAssign for Figures {
    fn add_assign(&mut self, more: Self) {
        self.sends += more.sends;
        self.handed_over += more.handed_over;
        self.failed += more.failed;
        self.verifications += more.verifications;
        self.failures += more.failures;
        for (count, more) in self.timings.iter_mut().zip(more.timings) {
            *count += more;
        }
    }
}

impl Neg for Figures {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            sends: -self.sends,
            handed_over: -self.handed_over,
            failed: -self.failed,
            verifications: -self.verifications,
            failures: -self.failures,
            timings: self.timings.map(i64::neg),
        }
    }
}

/// How figures are added up over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By the hour.
    Hour,
    /// By the day.
    Day,
    /// By the month of the calendar.
    Month,
}

impl FromStr for By {
    type Err = NotOneOf;

    fn from_str(text: &str) -> Result<Self, NotOneOf> {
        let all = [Self::Hour, Self::Day, Self::Month];
        all.into_iter().find(|by| by.as_str() == text).ok_or(NotOneOf::new("hour, day, month"))
    }
}

impl By {
    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    /// The beginning of the hour, day or month that a moment lies in, in UTC.
    #[must_use]
    pub fn floor(self, moment: Moment) -> Moment {
        let millis = moment.millis();
        match self {
            Self::Hour => Moment::from_millis(millis - millis.rem_euclid(HOUR)),
            Self::Day => Moment::from_millis(millis - millis.rem_euclid(DAY)),
            Self::Month => month(moment).unwrap_or(moment),
        }
    }
}

/// The beginning of a month; none for a moment outside of the calendar.
fn month(moment: Moment) -> Option<Moment> {
    let at = jiff::Timestamp::from_millisecond(moment.millis()).ok()?;
    let first = jiff::tz::TimeZone::UTC.to_datetime(at).date().first_of_month();
    let first = first.to_zoned_datetime(jiff::tz::TimeZone::UTC).ok()?;
    Some(Moment::from_millis(first.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timed(times: &[i64]) -> Figures {
        let mut figures = Figures::default();
        for time in times {
            figures.count_messages("sent", Some(*time), 1);
        }
        figures
    }

    #[test]
    fn each_status_counts_where_it_belongs() {
        for (status, handed_over, failed) in [
            ("queued", 0, 0),
            ("sent", 3, 0),
            ("delivered", 3, 0),
            ("undelivered", 3, 3),
            ("failed", 0, 3),
            ("expired", 0, 3),
        ] {
            let mut figures = Figures::default();
            figures.count_messages(status, Some(100), 3);
            assert_eq!(
                (figures.sends, figures.handed_over, figures.failed),
                (3, handed_over, failed),
                "{status}"
            );
            assert_eq!(figures.timings.iter().sum::<i64>(), handed_over, "{status}");
            let mut back = figures;
            back += -figures;
            assert!(back.is_nothing());
        }
    }

    #[test]
    fn a_time_counts_in_the_bucket_whose_bound_it_does_not_exceed() {
        for (took, bucket) in
            [(0, 0), (100, 0), (101, 1), (250, 1), (300_000, 9), (300_001, 10), (i64::MAX, 10)]
        {
            assert_eq!(timed(&[took]).timings[bucket], 1, "{took}");
        }
    }

    #[test]
    fn percentiles_are_interpolated_within_a_bucket() {
        assert_eq!(Figures::default().percentile(50), None);
        assert_eq!(timed(&[80; 10]).percentile(50), Some(50));
        assert_eq!(timed(&[80; 10]).percentile(100), Some(100));
        let mixed = timed(&[[50; 9].as_slice(), &[700]].concat());
        assert_eq!(mixed.percentile(90), Some(100));
        assert_eq!(mixed.percentile(95), Some(750), "half of the one between 500 and 1000");
        assert_eq!(timed(&[400_000; 3]).percentile(50), Some(300_000), "of more only the bound is known");
    }

    #[test]
    fn spans_begin_at_the_hour_the_day_and_the_month() {
        let moment = Moment::from_millis(1_795_521_600_000 + 34 * 60_000);
        for (by, begins) in [
            (By::Hour, "2026-11-24T12:00:00Z"),
            (By::Day, "2026-11-24T00:00:00Z"),
            (By::Month, "2026-11-01T00:00:00Z"),
        ] {
            assert_eq!(by.floor(moment).to_string(), begins);
            assert_eq!(by.floor(by.floor(moment)), by.floor(moment));
        }
    }
}
