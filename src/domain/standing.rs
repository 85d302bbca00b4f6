//! A user's standing: recent failures, recent sends, and the lock. The numbers that guessing runs into.
//!
//! The store keeps one standing per user and hands it out under that user's row lock, so what is decided here is decided
//! once, in order, on every node. Nothing of it lives in a challenge: a resend, another Type or another node does not
//! begin anew.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::asked::Looked;
use super::challenge::Family;
use super::policy::{LockPolicy, SendLimits};
use super::time::Moment;

const DAY: Duration = Duration::from_hours(24);
const TEN_MINUTES: Duration = Duration::from_mins(10);

/// Failures that are kept per family. More than any lock asks for; a flood of guesses does not make the row grow.
const KEPT_PER_FAMILY: usize = 24;

/// How a user stands. Kept as JSON in the user's row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    #[serde(rename = "f", default, skip_serializing_if = "Vec::is_empty")]
    failures: Vec<(Family, Moment)>,
    #[serde(rename = "s", default, skip_serializing_if = "Vec::is_empty")]
    sends: Vec<Send>,
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    starts: Vec<Moment>,
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    locked_until: Option<Moment>,
    #[serde(rename = "v", default, skip_serializing_if = "is_zero")]
    level: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Send {
    #[serde(rename = "t")]
    at: Moment,
    #[serde(rename = "a", default, skip_serializing_if = "std::ops::Not::not")]
    approved: bool,
    /// An approval by the other contact of a pair: it was wanted, and nobody has shown that it came to the right one.
    #[serde(rename = "w", default, skip_serializing_if = "std::ops::Not::not")]
    wanted: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's skip_serializing_if hands out a reference")]
fn is_zero(level: &u8) -> bool {
    *level == 0
}

/// Why no message goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendRefused {
    /// The last message is too young.
    Cooldown {
        /// When the next one is allowed.
        until: Moment,
    },
    /// There were too many of late.
    TooMany {
        /// When the next one is allowed.
        until: Moment,
    },
}

impl SendRefused {
    /// When the next one is allowed.
    #[must_use]
    pub const fn until(self) -> Moment {
        match self {
            Self::Cooldown { until } | Self::TooMany { until } => until,
        }
    }
}

impl Standing {
    /// Forgets what is older than a day. Call it first: the other methods count what is there.
    pub fn forget_old(&mut self, now: Moment) {
        let day_ago = now.minus(DAY);
        self.failures.retain(|(_, at)| *at > day_ago);
        self.sends.retain(|send| send.at > day_ago);
        self.starts.retain(|at| *at > now.minus(TEN_MINUTES));
        self.locked_until = self.locked_until.filter(|until| *until > now);
    }

    /// Until when the user is locked, if at all.
    #[must_use]
    pub fn locked_until(&self, now: Moment) -> Option<Moment> {
        self.locked_until.filter(|until| *until > now)
    }

    /// When the lock ends, or has ended.
    #[must_use]
    pub fn lock_end(&self) -> Option<Moment> {
        self.locked_until
    }

    /// The sum of the failures of the last day, over all families.
    #[must_use]
    pub fn failures(&self) -> usize {
        self.failures.len()
    }

    /// How many more failures the user has before the next lock.
    #[must_use]
    pub fn failures_left(&self, policy: &LockPolicy) -> usize {
        let next =
            if self.failures() < policy.soft_failures { policy.soft_failures } else { policy.hard_failures };
        next.saturating_sub(self.failures())
    }

    /// Spends an attempt before it is known how it ends. Follow it by [`Self::settle`] or [`Self::take_back`].
    pub fn spend(&mut self, family: Family, now: Moment) {
        self.failures.push((family, now));
        let of_family = self.failures.iter().filter(|(of, _)| *of == family).count();
        if of_family > KEPT_PER_FAMILY
            && let Some(oldest) = self.failures.iter().position(|(of, _)| *of == family)
        {
            self.failures.remove(oldest);
        }
    }

    /// The spent attempt was a failure: locks the user when the sum has reached a threshold. Returns the end of a lock
    /// that begins now.
    pub fn settle(&mut self, now: Moment, policy: &LockPolicy) -> Option<Moment> {
        self.lower_level(policy);
        let (level, span) = if self.failures() >= policy.hard_failures {
            (2, policy.hard_lock)
        } else if self.failures() >= policy.soft_failures {
            (1, policy.soft_lock)
        } else {
            (0, Duration::ZERO)
        };
        // The short lock comes once. Past the hard threshold no failure goes free: whatever kept the sum up while the user
        // was locked, the next failure locks again.
        let again = level == 2 && self.locked_until(now).is_none();
        if level <= self.level && !again {
            return None;
        }
        self.level = level;
        // A lock by hand may last longer.
        self.locked_until = self.locked_until.max(Some(now.plus(span)));
        self.locked_until
    }

    /// Locks the user by hand, as failures would; a lock that lasts longer stays. `false` when it changes nothing.
    pub fn lock(&mut self, until: Moment) -> bool {
        let longer = self.locked_until < Some(until);
        self.locked_until = self.locked_until.max(Some(until));
        longer
    }

    /// Counts a failure and locks the user where that is due.
    pub fn fail(&mut self, family: Family, now: Moment, policy: &LockPolicy) -> Option<Moment> {
        self.spend(family, now);
        self.settle(now, policy)
    }

    /// The attempt spent at `at` does not count after all.
    pub fn take_back(&mut self, family: Family, at: Moment) {
        if let Some(spent) = self.failures.iter().rposition(|entry| *entry == (family, at)) {
            self.failures.remove(spent);
        }
    }

    /// A right code: clears the failures of its own family, and of no other. An approval also lifts the short send
    /// limits.
    pub fn succeed(&mut self, family: Family, approval: bool) {
        self.failures.retain(|(of, _)| *of != family);
        if approval {
            for send in &mut self.sends {
                send.approved = true;
            }
        }
    }

    /// The user was approved by another contact than this one: the short send limits are lifted, and the messages to this
    /// one still count as never approved.
    pub fn succeed_elsewhere(&mut self, family: Family) {
        self.succeed(family, false);
        for send in &mut self.sends {
            send.wanted = true;
        }
    }

    /// Ends a lock and clears all failures. `false` when there was neither.
    pub fn unlock(&mut self) -> bool {
        let any = !self.failures.is_empty() || self.locked_until.is_some();
        self.failures.clear();
        self.locked_until = None;
        self.level = 0;
        any
    }

    /// Whether one more message may go to this user.
    pub fn admit_send(&self, now: Moment, limits: &SendLimits) -> Result<(), SendRefused> {
        let until = |span, max, counts: fn(&Send) -> bool| self.send_window(now, span, max, counts);
        let unwanted = |send: &Send| !send.approved && !send.wanted;
        let slow = [
            until(TEN_MINUTES, limits.per_ten_minutes, unwanted),
            until(DAY, limits.unapproved_per_day, |send| !send.approved),
            until(DAY, limits.per_day, |_| true),
        ];
        if let Some(until) = slow.into_iter().flatten().max() {
            return Err(SendRefused::TooMany { until });
        }
        match until(limits.cooldown, 1, unwanted) {
            Some(until) => Err(SendRefused::Cooldown { until }),
            None => Ok(()),
        }
    }

    /// What [`Self::admit_send`] counts, for the trace.
    #[must_use]
    pub fn look_at_sends(&self, now: Moment, limits: &SendLimits) -> Vec<Looked> {
        let used = |span, counts: fn(&Send) -> bool| {
            self.sends.iter().filter(|send| counts(send) && send.at.plus(span) > now).count()
        };
        let unwanted = |send: &Send| !send.approved && !send.wanted;
        vec![
            Looked::at("sends.cooldown", used(limits.cooldown, unwanted), 1),
            Looked::at("sends.per_10_minutes", used(TEN_MINUTES, unwanted), limits.per_ten_minutes),
            Looked::at(
                "sends.unapproved_per_day",
                used(DAY, |send| !send.approved),
                limits.unapproved_per_day,
            ),
            Looked::at("sends.per_day", used(DAY, |_| true), limits.per_day),
        ]
    }

    /// What [`Self::admit_start`] counts, for the trace; ask before it.
    #[must_use]
    pub fn look_at_starts(&self, now: Moment, per_ten_minutes: usize) -> Looked {
        let used = self.starts.iter().filter(|at| at.plus(TEN_MINUTES) > now).count();
        Looked::at("starts.per_10_minutes", used, per_ten_minutes)
    }

    /// When the next message will be allowed; `now` when it is already.
    #[must_use]
    pub fn next_send(&self, now: Moment, limits: &SendLimits) -> Moment {
        match self.admit_send(now, limits) {
            Ok(()) => now,
            Err(refused) => refused.until(),
        }
    }

    /// Counts a message.
    pub fn record_send(&mut self, now: Moment) {
        self.sends.push(Send { at: now, approved: false, wanted: false });
    }

    /// Whether one more start of APP or HSM is allowed; counts it if so.
    pub fn admit_start(&mut self, now: Moment, per_ten_minutes: usize) -> Result<(), SendRefused> {
        if let Some(until) = window_end(self.starts.iter().copied(), now, TEN_MINUTES, per_ten_minutes) {
            Err(SendRefused::TooMany { until })
        } else {
            self.starts.push(now);
            Ok(())
        }
    }

    fn send_window(
        &self,
        now: Moment,
        span: Duration,
        max: usize,
        counts: fn(&Send) -> bool,
    ) -> Option<Moment> {
        let counted = self.sends.iter().filter(|send| counts(send)).map(|send| send.at);
        window_end(counted, now, span, max)
    }

    /// A lock belongs to the crossing of a threshold. When failures have aged or were cleared, it can be crossed again.
    fn lower_level(&mut self, policy: &LockPolicy) {
        let before_this_one = self.failures().saturating_sub(1);
        let reached = if before_this_one >= policy.hard_failures {
            2
        } else {
            u8::from(before_this_one >= policy.soft_failures)
        };
        self.level = self.level.min(reached);
    }
}

/// When `max` or more of `times` lie in the last `span`: the moment at which fewer do.
fn window_end(
    times: impl Iterator<Item = Moment>,
    now: Moment,
    span: Duration,
    max: usize,
) -> Option<Moment> {
    let mut recent: Vec<Moment> = times.filter(|at| at.plus(span) > now).collect();
    recent.sort_unstable();
    let blocking = recent.len().checked_sub(max)?;
    recent.get(blocking).map(|at| at.plus(span))
}

#[cfg(test)]
mod tests;
