//! Webhooks: where a tenant wants its events, which, signed with what, and how often a delivery is tried. Sends nothing.

mod payload;
mod secrets;
mod target;

use std::collections::BTreeSet;
use std::time::Duration;

use rand::{CryptoRng, RngExt};

use super::event::EventKind;
use super::id::{EventId, HookDeliveryId, WebhookId};
use super::tenant::Scope;
use super::time::Moment;
pub use payload::{Told, payload};
pub use secrets::{HookSecret, HookSecrets};
pub use target::HookUrl;

/// How long after its event, or its replay, a delivery is tried.
pub const LIFE: Duration = Duration::from_hours(24);

/// Endpoints of an application and mode.
pub const MOST_ENDPOINTS: usize = 20;

/// Deliveries that one replay queues.
pub const MOST_REPLAYED: i64 = 1_000;

/// The longest description, in characters.
pub const MOST_DESCRIPTION: usize = 200;

/// The longest time that a rolled secret's predecessor signs on.
pub const LONGEST_GRACE: Duration = Duration::from_hours(7 * 24);

/// So long without a success, and so many failed tries in it, and an endpoint is disabled.
pub const FAILING_FOR: Duration = Duration::from_hours(72);
/// See [`FAILING_FOR`].
pub const FAILED_TRIES: i64 = 10;

/// Which events an endpoint wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All that there are, and all that there will be.
    All,
    /// These, at least one.
    Kinds(BTreeSet<EventKind>),
}

/// A text among the wanted events that is no kind; `None`: there is none at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotWanted(pub Option<String>);

impl Wanted {
    /// Reads names of kinds, or `*`.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, NotWanted> {
        let (mut all, mut kinds) = (false, BTreeSet::new());
        for name in names {
            match EventKind::parse(name).filter(|kind| kind.is_public()) {
                Some(kind) => {
                    kinds.insert(kind);
                }
                None if name == "*" => all = true,
                None => return Err(NotWanted(Some(name.to_owned()))),
            }
        }
        match (all, kinds.is_empty()) {
            (true, _) => Ok(Self::All),
            (false, true) => Err(NotWanted(None)),
            (false, false) => Ok(Self::Kinds(kinds)),
        }
    }

    /// The names, as [`Wanted::parse`] reads them and rows keep them.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::All => vec!["*"],
            Self::Kinds(kinds) => kinds.iter().map(|kind| kind.as_str()).collect(),
        }
    }
}

/// Why an endpoint gets nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disabled {
    /// The tenant switched it off.
    ByHand,
    /// It answered 410.
    Gone,
    /// It failed for days.
    Failing,
}

impl Disabled {
    /// `by_hand`, `gone` or `failing`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByHand => "by_hand",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }

    /// The reverse of [`Disabled::as_str`].
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::ByHand, Self::Gone, Self::Failing].into_iter().find(|reason| reason.as_str() == name)
    }
}

/// An endpoint of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Application and mode.
    pub scope: Scope,
    /// Where events are posted.
    pub url: String,
    /// Which.
    pub wanted: Wanted,
    /// The tenant's own words; may be empty.
    pub description: String,
    /// Why it gets nothing, if so.
    pub disabled: Option<Disabled>,
    /// The first failure since its last success.
    pub failing_since: Option<Moment>,
    /// When it was made.
    pub created_at: Moment,
}

/// One event for one endpoint.
#[derive(Clone, Debug)]
pub struct HookDelivery {
    /// Its id.
    pub id: HookDeliveryId,
    /// The event.
    pub event: EventId,
    /// Its kind.
    pub kind: String,
    /// `pending`, `delivered` or `failed`.
    pub status: String,
    /// Why it failed, or was not delivered yet.
    pub reason: Option<String>,
    /// When it was made.
    pub created_at: Moment,
    /// When it ended.
    pub ended_at: Option<Moment>,
    /// When it is tried next, while it is pending.
    pub next_attempt_at: Option<Moment>,
    /// Each try, oldest first.
    pub attempts: Vec<HookAttempt>,
}

/// A try of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookAttempt {
    /// When it began.
    pub started_at: Moment,
    /// When it ended.
    pub ended_at: Moment,
    /// `delivered`, `retry` or `failed`.
    pub result: String,
    /// The answer's status, where there was an answer.
    pub http_status: Option<u16>,
    /// Why it was no success.
    pub reason: Option<String>,
}

/// Whether an endpoint has failed for so long that it is to be disabled.
#[must_use]
pub fn has_failed_long(failing_since: Moment, failed_tries: i64, now: Moment) -> bool {
    failed_tries >= FAILED_TRIES && failing_since.plus(FAILING_FOR) <= now
}

/// The pauses between the tries of a delivery; the last one repeats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pauses(Vec<Duration>);

impl Default for Pauses {
    fn default() -> Self {
        let minutes = Duration::from_mins;
        Self(vec![
            Duration::from_secs(5),
            Duration::from_secs(15),
            minutes(1),
            minutes(5),
            minutes(15),
            minutes(30),
            Duration::from_hours(1),
            Duration::from_hours(2),
            Duration::from_hours(4),
            Duration::from_hours(8),
        ])
    }
}

impl Pauses {
    /// These; the usual ones where there are none.
    #[must_use]
    pub fn new(pauses: Vec<Duration>) -> Self {
        if pauses.is_empty() { Self::default() } else { Self(pauses) }
    }

    /// The pause after so many tries, a tenth more or less, so that what failed together does not come back together.
    pub fn after(&self, tries: u32, rng: &mut dyn CryptoRng) -> Duration {
        let at = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
        let pause = self.0.get(at).or(self.0.last()).copied().unwrap_or(Duration::from_secs(5));
        pause.mul_f64(rng.random_range(0.9..1.1))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn wanted_events_are_kinds_or_all_of_them() {
        let read = |names: &[&str]| Wanted::parse(names.iter().copied());
        let two = read(&["user.locked", "challenge.approved", "user.locked"]).unwrap();
        assert_eq!(two.names(), ["challenge.approved", "user.locked"]);
        assert_eq!(read(&["user.locked", "*"]), Ok(Wanted::All));
        assert_eq!(read(&["*"]).unwrap().names(), ["*"]);
        assert_eq!(read(&[]), Err(NotWanted(None)));
        for bad in ["challenge.started", "webhook.test", "User.locked", "", "**"] {
            assert_eq!(read(&["user.locked", bad]), Err(NotWanted(Some(bad.to_owned()))));
        }
    }

    #[test]
    fn pauses_grow_and_the_last_one_repeats() {
        let mut rng = StdRng::seed_from_u64(1);
        for (tries, seconds) in
            [(1, 5), (2, 15), (3, 60), (9, 4 * 3600), (10, 8 * 3600), (u32::MAX, 8 * 3600)]
        {
            let pause = Pauses::default().after(tries, &mut rng).as_secs_f64();
            assert!(
                (f64::from(seconds) * 0.9..=f64::from(seconds) * 1.1).contains(&pause),
                "{tries}: {pause}"
            );
        }
        assert_eq!(Pauses::new(Vec::new()), Pauses::default());
    }

    #[test]
    fn an_endpoint_is_disabled_after_days_and_many_tries() {
        let since = Moment::from_millis(0);
        let end = since.plus(FAILING_FOR);
        assert!(has_failed_long(since, 10, end));
        assert!(!has_failed_long(since, 9, end));
        assert!(!has_failed_long(since, 10, end.minus(Duration::from_millis(1))));
    }
}
