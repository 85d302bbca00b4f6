//! How many messages an application sends to the numbers of one country: the limit that fraud by premium numbers runs into.
//!
//! The store keeps one row per application, mode and country and hands it out under that row's lock.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::time::Moment;

const MINUTE: u64 = 60;
const HOUR: Duration = Duration::from_hours(1);

/// Messages of the last hour, by the minute. Kept as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneSends(Vec<(u64, u32)>);

/// The quota of one country, as a start asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneQuota {
    /// ISO 3166-1, or `001` for numbers of no country.
    pub country: String,
    /// Messages that are sent.
    pub messages: u32,
    /// Messages in any hour.
    pub per_hour: u32,
}

impl PhoneSends {
    /// Counts `messages` more, and says how many there were before; or says when they will be allowed. A minute counts until it is wholly an hour ago, so the
    /// limit is never passed in any hour; it may be felt up to a minute longer.
    pub fn admit(&mut self, now: Moment, messages: u32, per_hour: u32) -> Result<u32, Moment> {
        let end = |minute: u64| {
            Moment::from_millis(0)
                .plus(Duration::from_secs(minute.saturating_add(1).saturating_mul(MINUTE)))
                .plus(HOUR)
        };
        self.0.retain(|(minute, _)| end(*minute) > now);
        let sum = self.0.iter().fold(0_u32, |sum, (_, count)| sum.saturating_add(*count));
        let mut over = sum.saturating_add(messages).saturating_sub(per_hour);
        if over > 0 {
            // The oldest minutes make room first.
            for (minute, count) in &self.0 {
                over = over.saturating_sub(*count);
                if over == 0 {
                    return Err(end(*minute));
                }
            }
            return Err(now.plus(HOUR));
        }
        let this = now.seconds() / MINUTE;
        match self.0.last_mut().filter(|(minute, _)| *minute >= this) {
            Some((_, count)) => *count = count.saturating_add(messages),
            None => self.0.push((this, messages)),
        }
        Ok(sum)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Moment = Moment::from_millis(1_700_000_000_000);

    fn after(seconds: u64) -> Moment {
        START.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn the_limit_holds_and_says_when_it_ends() {
        let mut sends = PhoneSends::default();
        for n in 0..100 {
            assert_eq!(sends.admit(after(n), 1, 100), Ok(u32::try_from(n).unwrap()));
        }
        let until = sends.admit(after(200), 1, 100).unwrap_err();
        assert!(until > after(3600) && until <= after(3660), "{until:?}");
        assert!(sends.admit(until.minus(Duration::from_millis(1)), 1, 100).is_err());
        assert!(sends.admit(until, 1, 100).is_ok());
    }

    #[test]
    fn a_lower_limit_counts_what_was_sent_before() {
        let mut sends = PhoneSends::default();
        assert_eq!(sends.admit(START, 50, 100), Ok(0));
        assert!(sends.admit(after(1), 1, 10).is_err());
        assert_eq!(PhoneSends::default().admit(START, 2, 1), Err(after(3600)));
    }

    proptest! {
        #[test]
        fn no_hour_ever_holds_more(steps in proptest::collection::vec((0_u64..900, 1_u32..3), 1..120), limit in 1_u32..20) {
            let (mut sends, mut at, mut taken) = (PhoneSends::default(), 0, Vec::new());
            for (pause, messages) in steps {
                at += pause;
                if sends.admit(after(at), messages, limit).is_ok() {
                    taken.push((at, messages));
                    let in_hour: u32 = taken.iter().filter(|(then, _)| then + 3600 > at).map(|(_, n)| n).sum();
                    prop_assert!(in_hour <= limit);
                }
                prop_assert!(serde_json::to_string(&sends).unwrap().len() < 2_000);
            }
        }
    }
}
