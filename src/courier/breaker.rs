//! Which providers are left alone for a while. Each node judges for itself, from its own messages: this saves time, and
//! decides nothing that the database must.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::id::MessageId;
use crate::domain::time::Moment;

/// So many messages in a row that a provider fails, and it is skipped.
const FAILURES: u32 = 5;

/// For so long; then one message tries it again. A pause that a provider asks for is kept up to here for other messages.
const REST: Duration = Duration::from_secs(30);

/// The state of one provider.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// One message that fails again and again says nothing about the others.
    last: Option<MessageId>,
    skipped_until: Option<Moment>,
    /// The provider itself asked for the pause.
    asked: bool,
    probing: bool,
}

/// The right to try a provider. A probe that ends without a verdict is given back when this is dropped.
pub(super) struct Pass<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.probe {
            self.breaker.state().probing = false;
        }
    }
}

impl Breaker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a message may be tried here now.
    pub(super) fn may_try(&self, now: Moment) -> bool {
        let state = self.state();
        state.skipped_until.is_none_or(|until| until <= now && !state.probing)
    }

    /// The right to try; `None` while the provider is skipped, or while another message probes it.
    pub(super) fn admit(&self, now: Moment) -> Option<Pass<'_>> {
        let mut state = self.state();
        let probe = match state.skipped_until {
            None => false,
            Some(until) if until <= now && !state.probing => true,
            Some(_) => return None,
        };
        state.probing |= probe;
        drop(state);
        Some(Pass { breaker: self, probe })
    }

    /// Until when the provider itself asked to be left alone.
    pub(super) fn asked_until(&self, now: Moment) -> Option<Moment> {
        let state = self.state();
        state.skipped_until.filter(|until| state.asked && *until > now)
    }

    /// It works: it took a message, or refused one with a reason. `true` when it was skipped until now.
    pub(super) fn works(&self) -> bool {
        let mut state = self.state();
        let skipped = state.skipped_until.is_some();
        let probing = state.probing;
        *state = State { probing, ..State::default() };
        skipped
    }

    /// It failed this message by its own fault. `true` when it is skipped from now on.
    pub(super) fn failed(&self, message: MessageId, now: Moment, asked_for: Option<Duration>) -> bool {
        let mut state = self.state();
        let was_skipped = state.skipped_until.is_some();
        if state.last != Some(message) {
            state.last = Some(message);
            state.failures = state.failures.saturating_add(1);
        }
        if was_skipped || state.failures >= FAILURES || asked_for.is_some() {
            state.asked = asked_for.is_some();
            state.skipped_until = Some(now.plus(asked_for.map_or(REST, |pause| pause.min(REST))));
        }
        !was_skipped && state.skipped_until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    const NOW: Moment = Moment::from_millis(1_700_000_000_000);

    fn messages() -> impl Iterator<Item = MessageId> {
        let mut rng = StdRng::seed_from_u64(1);
        std::iter::repeat_with(move || MessageId::new(NOW, &mut rng))
    }

    fn broken() -> Breaker {
        let breaker = Breaker::default();
        for (n, message) in (1..=FAILURES).zip(messages()) {
            assert!(breaker.may_try(NOW));
            assert_eq!(breaker.failed(message, NOW, None), n == FAILURES);
        }
        breaker
    }

    #[test]
    fn five_messages_in_a_row_and_it_rests_for_thirty_seconds() {
        let breaker = broken();
        for seconds in [0, 29] {
            let at = NOW.plus(Duration::from_secs(seconds));
            assert!(!breaker.may_try(at) && breaker.admit(at).is_none() && breaker.asked_until(at).is_none());
        }
    }

    #[test]
    fn one_message_tries_it_again_and_its_verdict_counts() {
        let breaker = broken();
        let later = NOW.plus(REST);
        let probe = breaker.admit(later).unwrap();
        assert!(!breaker.may_try(later) && breaker.admit(later).is_none());
        assert!(!breaker.failed(messages().next().unwrap(), later, None));
        drop(probe);
        assert!(!breaker.may_try(later.plus(REST / 2)));
        let again = later.plus(REST);
        let probe = breaker.admit(again).unwrap();
        assert!(breaker.works());
        drop(probe);
        assert!(breaker.admit(again).is_some() && breaker.admit(again).is_some());
    }

    #[test]
    fn a_probe_without_a_verdict_is_given_back() {
        let breaker = broken();
        drop(breaker.admit(NOW.plus(REST)).unwrap());
        assert!(breaker.may_try(NOW.plus(REST)));
    }

    #[test]
    fn one_bad_message_breaks_nothing_and_a_success_counts_anew() {
        let breaker = Breaker::default();
        let [poison, other]: [MessageId; 2] = messages().take(2).collect::<Vec<_>>().try_into().unwrap();
        for _ in 0..20 {
            breaker.failed(poison, NOW, None);
        }
        assert!(breaker.may_try(NOW));
        for message in messages().take(3) {
            breaker.failed(message, NOW, None);
        }
        assert!(!breaker.works());
        breaker.failed(other, NOW, None);
        assert!(breaker.may_try(NOW));
    }

    #[test]
    fn a_pause_that_it_asks_for_is_kept_but_not_for_ever() {
        let breaker = Breaker::default();
        let message = messages().next().unwrap();
        assert!(breaker.failed(message, NOW, Some(Duration::from_secs(7))));
        assert_eq!(breaker.asked_until(NOW), Some(NOW.plus(Duration::from_secs(7))));
        assert!(breaker.may_try(NOW.plus(Duration::from_secs(7))));
        breaker.failed(message, NOW, Some(Duration::from_hours(1)));
        assert_eq!(breaker.asked_until(NOW), Some(NOW.plus(REST)));
    }
}
