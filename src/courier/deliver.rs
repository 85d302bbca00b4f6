//! One message: its providers in their order, each try recorded before the next.

use std::sync::Arc;
use std::time::Duration;

use super::own::{Hold, OwnError, OwnSlots};
use super::slot::{Admission, Slot};
use super::{Courier, POLL, backoff};
use crate::domain::message::{Envelope, LEASE_PAST_EXPIRY};
use crate::domain::tenant::Mode;
use crate::domain::time::Moment;
use crate::keyring::{OpenError, Row, Sealed, SealedTable};
use crate::providers::{Outcome, Reason};
use crate::store::{AttemptRecord, ClaimedMessage, Next};

/// A provider that has another one behind it is passed over after this time, the wait for a place at it included, so that
/// the other has the message within 10 s.
const PASS_OVER: Duration = Duration::from_secs(8);

/// Of that time, what is waited for a place.
const FOR_A_PLACE: Duration = Duration::from_secs(4);

/// The list that a message goes by.
enum Way<'a> {
    /// The operator's, or test mode's.
    Shared(&'a [Slot]),
    /// The application's own.
    Own(Arc<OwnSlots>, #[expect(dead_code, reason = "held until the message is done")] Hold),
}

impl Way<'_> {
    fn slots(&self) -> &[Slot] {
        match self {
            Self::Shared(slots) => slots,
            Self::Own(list, _) => list.slots.as_deref().unwrap_or_default(),
        }
    }
}

/// The providers that a message is tried at.
struct Candidates<'a> {
    slots: Vec<&'a Slot>,
    all_skipped: bool,
    /// There are others, which are skipped for now.
    some_skipped: bool,
}

/// How far a message has come.
struct Progress<'a> {
    message: &'a ClaimedMessage,
    envelope: Envelope,
    lease: Moment,
    /// The longest pause that a provider asked for.
    asked_for: Option<Duration>,
    /// Every provider is to be skipped, and so they are tried all the same.
    all_skipped: bool,
    /// A provider that could not take it now may take it later.
    may_pass: bool,
}

impl Courier {
    /// Sends one message by the first provider that takes it, and records each try.
    pub async fn deliver(&self, message: &ClaimedMessage) {
        if message.expires_at <= self.parts.clock.now() {
            self.record(message, None, &Next::Expired).await;
            return;
        }
        let envelope = match self.open(message) {
            Ok(envelope) => envelope,
            // The key ring of this node may be older than the one that sealed it: another node, or this one later.
            Err(OpenError::UnknownKey(_)) => {
                let at = self.parts.clock.now().plus(POLL);
                self.record(message, None, &Next::Again { at }).await;
                return;
            }
            Err(OpenError::Damaged(_)) => {
                self.record(message, None, &Next::Failed { reason: "unreadable".into() }).await;
                return;
            }
        };
        let Some(way) = self.way(message).await else { return };
        let Candidates { slots, all_skipped, some_skipped } = match self.candidates(message, way.slots()) {
            Ok(found) => found,
            Err(next) => {
                self.record(message, None, &next).await;
                return;
            }
        };
        let lease = message.lease.until;
        let mut progress =
            Progress { message, envelope, lease, asked_for: None, all_skipped, may_pass: some_skipped };
        let last = slots.len().saturating_sub(1);
        for (at, slot) in slots.into_iter().enumerate() {
            if !self.turn(slot, at == last, &mut progress).await {
                return;
            }
        }
        // The last provider is being tried by another message, which tells soon how it stands.
        let next = self.again(message, progress.asked_for);
        self.record(message, None, &next).await;
    }

    /// The list that a message goes by: its application's own, where it has one for the channel, and then no other. `None`:
    /// it does not go now, and that is recorded.
    async fn way(&self, message: &ClaimedMessage) -> Option<Way<'_>> {
        if message.scope.mode == Mode::Test {
            return Some(Way::Shared(&self.sandbox));
        }
        let began = self.parts.clock.now();
        let list = match self.own.of(message.scope.app, message.channel).await {
            Ok(Some(list)) => list,
            Ok(None) => {
                let slots = self.live.get(&message.channel).map(Vec::as_slice).unwrap_or_default();
                return Some(Way::Shared(slots));
            }
            Err(error) => {
                tracing::error!(message = %message.id, %error, "it is not known by which providers a message goes");
                let at = match error {
                    OwnError::UnknownKey(_) => began.plus(POLL),
                    OwnError::Store(_) => began.plus(POLL * 2),
                };
                self.record(message, None, &Next::Again { at }).await;
                return None;
            }
        };
        let (code, detail) = match (&list.slots, self.own.hold(&list, message.channel)) {
            (Some(_), Some(hold)) => return Some(Way::Own(list, hold)),
            (Some(_), None) => {
                ("busy", "More messages wait for the application's own providers than they are given.")
            }
            (None, _) => (
                "own_providers_unusable",
                "The application's own providers cannot be read; put them anew. Nothing went through the operator's.",
            ),
        };
        let reason = Some(Reason::new(code, detail));
        let attempt = self.attempt(("own", true), "retry", reason, None, began);
        self.record(message, Some(&attempt), &self.again(message, None)).await;
        None
    }

    /// The providers that are tried now. Those that keep failing are left out; where all of them do, they are tried all the
    /// same, since waiting would help nobody, unless they asked for the pause themselves.
    fn candidates<'a>(&self, message: &ClaimedMessage, slots: &'a [Slot]) -> Result<Candidates<'a>, Next> {
        let now = self.parts.clock.now();
        if slots.is_empty() {
            return Err(Next::Failed { reason: "no_provider".into() });
        }
        let working: Vec<&Slot> = slots.iter().filter(|slot| slot.may_try(now)).collect();
        if !working.is_empty() {
            let some_skipped = working.len() < slots.len();
            return Ok(Candidates { slots: working, all_skipped: false, some_skipped });
        }
        let not_asked: Vec<&Slot> = slots.iter().filter(|slot| slot.asked_until(now).is_none()).collect();
        if not_asked.is_empty() {
            let until = slots.iter().filter_map(|slot| slot.asked_until(now)).min();
            return Err(self.again(message, until.map(|until| now.until(until))));
        }
        let some_skipped = not_asked.len() < slots.len();
        Ok(Candidates { slots: not_asked, all_skipped: true, some_skipped })
    }

    /// One provider's turn. `true`: the next one has its turn now.
    async fn turn(&self, slot: &Slot, last: bool, progress: &mut Progress<'_>) -> bool {
        let message = progress.message;
        let began = self.parts.clock.now();
        let admission = slot.admit(began);
        // Skipped since it was looked at, or another message probes it.
        if matches!(admission, Admission::Skipped) && !progress.all_skipped {
            progress.may_pass = true;
            return true;
        }
        let waiting = tokio::time::Instant::now();
        let Some(_place) = slot.place((!last).then_some(FOR_A_PLACE)).await else {
            let busy = Reason::new("busy", "All places at this provider were taken.");
            let attempt = self.attempt(named(slot), "retry", Some(busy), None, began);
            progress.may_pass = true;
            progress.lease = self.renewed(message);
            return self.record(message, Some(&attempt), &Next::Renew { until: progress.lease }).await;
        };
        let started_at = self.parts.clock.now();
        // The wait for a place outlived the lease: the message is whoever's by now, and no longer ours to send.
        if progress.lease <= started_at {
            return false;
        }
        // A send that is cut short by the end of its lease may have been taken all the same: a whole turn, or none.
        if started_at.until(progress.lease) < self.parts.lease / 2 {
            let until = self.renewed(message);
            if !self.record(message, None, &Next::Renew { until }).await {
                return false;
            }
            progress.lease = until;
        }
        // Looked at last, after whatever was waited for.
        if message.expires_at <= self.parts.clock.now() {
            self.record(message, None, &Next::Expired).await;
            return false;
        }
        let mut limit = started_at.until(progress.lease).mul_f64(0.9);
        if !last {
            limit = limit.min(PASS_OVER.saturating_sub(waiting.elapsed()));
        }
        let outcome = send(slot, message, &progress.envelope, limit).await;
        slot.judge(message.id, &outcome, self.parts.clock.now());
        drop(admission);
        self.conclude(slot, outcome, started_at, last, progress).await
    }

    /// Records what came of a try. `true`: the next provider has its turn now.
    async fn conclude(
        &self,
        slot: &Slot,
        outcome: Outcome,
        started_at: Moment,
        last: bool,
        progress: &mut Progress<'_>,
    ) -> bool {
        let message = progress.message;
        let name = named(slot);
        let (attempt, next) = match outcome {
            Outcome::Sent { id } => {
                self.sent(message, slot.label());
                let inbox = self.inbox_row(message, &progress.envelope);
                (self.attempt(name, "sent", None, id, started_at), Next::Sent { inbox })
            }
            Outcome::Refused { reason } => {
                let code = reason.code.clone();
                (self.attempt(name, "refused", Some(reason), None, started_at), Next::Failed { reason: code })
            }
            Outcome::Declined { reason } => {
                let next = match (last, progress.may_pass) {
                    (true, false) => Next::Failed { reason: reason.code.clone() },
                    (true, true) => self.again(message, progress.asked_for),
                    (false, _) => {
                        progress.lease = self.renewed(message);
                        Next::Renew { until: progress.lease }
                    }
                };
                (self.attempt(name, "refused", Some(reason), None, started_at), next)
            }
            Outcome::Retry { reason, after, .. } => {
                progress.may_pass = true;
                progress.asked_for = progress.asked_for.max(after);
                let next = if last {
                    self.again(message, progress.asked_for)
                } else {
                    progress.lease = self.renewed(message);
                    Next::Renew { until: progress.lease }
                };
                (self.attempt(name, "retry", Some(reason), None, started_at), next)
            }
        };
        count(message, slot.label(), attempt.result);
        let held = self.record(message, Some(&attempt), &next).await;
        held && matches!(next, Next::Renew { .. })
    }

    /// All providers had their turn. At the end of its life a message is looked at once more, to be reported as expired.
    fn again(&self, message: &ClaimedMessage, asked_for: Option<Duration>) -> Next {
        let pause = backoff::pause(message.tries, asked_for, &mut *self.parts.chance.rng());
        Next::Again { at: self.parts.clock.now().plus(pause).min(message.expires_at) }
    }

    /// The next provider's turn begins with a whole lease, but not with one that would delay the report of its end.
    fn renewed(&self, message: &ClaimedMessage) -> Moment {
        self.parts.clock.now().plus(self.parts.lease).min(message.expires_at.plus(LEASE_PAST_EXPIRY))
    }

    fn open(&self, message: &ClaimedMessage) -> Result<Envelope, OpenError> {
        let id = message.id.to_string();
        let row =
            Row { scope: message.scope, user: Some(&message.to), table: SealedTable::Messages, id: &id };
        let opened = self.parts.vault.open(row, &message.payload).and_then(|bytes| {
            serde_json::from_slice(&bytes).map_err(|_| OpenError::Damaged(message.payload.key.clone()))
        });
        opened.inspect_err(|error| tracing::error!(message = %message.id, %error, "a message cannot be read"))
    }

    fn inbox_row(&self, message: &ClaimedMessage, envelope: &Envelope) -> Option<Sealed> {
        if message.scope.mode == Mode::Live {
            return None;
        }
        let id = message.id.to_string();
        let row = Row { scope: message.scope, user: Some(&message.to), table: SealedTable::Inbox, id: &id };
        let content = zeroize::Zeroizing::new(serde_json::to_vec(envelope).ok()?);
        Some(self.parts.vault.seal(row, &content, &mut *self.parts.chance.rng()))
    }

    fn attempt(
        &self,
        (provider, own): (&str, bool),
        result: &'static str,
        reason: Option<Reason>,
        provider_id: Option<String>,
        started_at: Moment,
    ) -> AttemptRecord {
        let (reason, detail) = reason.map(|reason| (reason.code, reason.detail)).unzip();
        let ended_at = self.parts.clock.now();
        AttemptRecord {
            provider: provider.to_owned(),
            own,
            result,
            reason,
            detail,
            provider_id,
            started_at,
            ended_at,
        }
    }

    fn sent(&self, message: &ClaimedMessage, provider: &'static str) {
        let waited = message.created_at.until(self.parts.clock.now());
        metrics::histogram!("rift_delivery_seconds", "channel" => message.channel.as_str(), "provider" => provider)
            .record(waited.as_secs_f64());
    }

    /// Records a try. When the database is gone, the lease's end brings the message back, with the same code.
    async fn record(&self, message: &ClaimedMessage, attempt: Option<&AttemptRecord>, next: &Next) -> bool {
        let now = self.parts.clock.now();
        match self.parts.store.record_attempt(message, attempt, next, now).await {
            Ok(held) => held,
            Err(error) => {
                tracing::error!(message = %message.id, %error, "a delivery was not recorded");
                false
            }
        }
    }
}

/// A provider's name in the log of tries, and whether it is an application's own.
fn named(slot: &Slot) -> (&'static str, bool) {
    (slot.provider.name(), slot.own)
}

/// A provider's own time limit is bounded again here: one that hangs must not outlive the lease.
async fn send(slot: &Slot, message: &ClaimedMessage, envelope: &Envelope, limit: Duration) -> Outcome {
    let id = message.id.to_string();
    tokio::time::timeout(limit, slot.provider.send(&id, envelope))
        .await
        .unwrap_or_else(|_| Outcome::retry("timeout", "The provider gave no answer in the time that it has."))
}

fn count(message: &ClaimedMessage, provider: &'static str, result: &'static str) {
    metrics::counter!(
        "rift_deliveries_total",
        "channel" => message.channel.as_str(), "provider" => provider, "result" => result
    )
    .increment(1);
}
