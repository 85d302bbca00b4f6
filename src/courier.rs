//! Floor 2: claim → send → record. The outbox is a table; whoever holds a message's lease may send it.
//!
//! A message that was queued by this node arrives through a channel, leased already, and is sent at once. A poll finds what
//! is due: retries, and messages whose node died. Nothing is decided in memory: a lease that was lost makes every record of
//! it void. No use case and no HTTP may enter here.

mod backoff;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::{Chance, Clock};
use crate::domain::id::{Challenge, Id};
use crate::domain::message::{Channel, Envelope, LEASE_PAST_EXPIRY};
use crate::domain::tenant::Mode;
use crate::domain::time::Moment;
use crate::keyring::{OpenError, Row, SealedTable, Vault};
use crate::providers::sandbox::Sandbox;
use crate::providers::{Outcome, Provider};
use crate::store::{AttemptRecord, ClaimedMessage, Lease, Next, Store, StoreError};

/// The order of providers for each channel.
pub type Providers = HashMap<Channel, Vec<Arc<dyn Provider>>>;

/// What the courier is built from.
pub struct Parts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// Opens payloads and seals inbox rows.
    pub vault: Arc<Vault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for lease tokens and jitter.
    pub chance: Arc<dyn Chance>,
    /// Live mode's providers.
    pub providers: Providers,
    /// How long a claimed message is this node's.
    pub lease: Duration,
    /// Messages that one provider is given at once.
    pub concurrency: usize,
    /// Whether the clock agrees with the database's; nothing is claimed while it does not.
    pub in_step: Arc<AtomicBool>,
}

/// A provider and its places. A slow one fills its own and no other's.
#[derive(Clone)]
struct Slot {
    provider: Arc<dyn Provider>,
    places: Arc<Semaphore>,
}

/// Sends what the outbox holds.
pub struct Courier {
    parts: Parts,
    live: HashMap<Channel, Vec<Slot>>,
    sandbox: Vec<Slot>,
}

/// How often the outbox is looked at for what neither this node's starts nor its own retries tell of.
const POLL: Duration = Duration::from_secs(1);

/// Messages that this node holds at once, waiting for a place included. What is over it stays in the outbox.
const IN_FLIGHT: usize = 4_096;

/// Messages that one claim takes.
const CLAIM: i64 = 64;

impl Courier {
    /// A courier over its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        let slot = |provider: &Arc<dyn Provider>| Slot {
            provider: Arc::clone(provider),
            places: Arc::new(Semaphore::new(parts.concurrency)),
        };
        let live = parts
            .providers
            .iter()
            .map(|(channel, list)| (*channel, list.iter().map(slot).collect()))
            .collect();
        let sandbox: Arc<dyn Provider> = Arc::new(Sandbox);
        let sandbox = vec![slot(&sandbox)];
        Arc::new(Self { parts, live, sandbox })
    }

    /// Runs until `stop` says so, and then until the messages under way are done.
    pub async fn run(
        self: Arc<Self>,
        mut queued: mpsc::Receiver<ClaimedMessage>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut tasks = JoinSet::new();
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(message) = queued.recv() => self.spawn(&mut tasks, message),
                Some(_) = tasks.join_next() => {}
                _ = poll.tick() => self.poll(&mut tasks).await,
            }
        }
        // Leased to this node and not begun: they go out now rather than at the lease's end.
        queued.close();
        while let Some(message) = queued.recv().await {
            self.spawn(&mut tasks, message);
        }
        while tasks.join_next().await.is_some() {}
    }

    fn spawn(self: &Arc<Self>, tasks: &mut JoinSet<()>, message: ClaimedMessage) {
        if tasks.len() >= IN_FLIGHT {
            tracing::warn!(message = %message.id, "too many messages under way; this one goes at its lease's end");
            return;
        }
        let courier = Arc::clone(self);
        tasks.spawn(async move { courier.deliver(&message).await });
    }

    /// Takes what is due, claim after claim, until nothing is or this node holds enough.
    async fn poll(self: &Arc<Self>, tasks: &mut JoinSet<()>) {
        while tasks.len() < IN_FLIGHT / 2 && self.parts.in_step.load(Ordering::SeqCst) {
            match self.claim(CLAIM).await {
                Ok(messages) if messages.is_empty() => return,
                Ok(messages) => messages.into_iter().for_each(|message| self.spawn(tasks, message)),
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read; the next poll tries again");
                    return;
                }
            }
        }
    }

    /// Takes what is due and delivers it, one after the other. For tests, which have no loop running.
    #[cfg(feature = "test-clock")]
    pub async fn deliver_due(self: &Arc<Self>) -> Result<usize, StoreError> {
        let messages = self.claim(100).await?;
        for message in &messages {
            self.deliver(message).await;
        }
        Ok(messages.len())
    }

    async fn claim(&self, limit: i64) -> Result<Vec<ClaimedMessage>, StoreError> {
        let now = self.parts.clock.now();
        let token = Id::<Challenge>::new(now, &mut *self.parts.chance.rng()).to_string();
        let lease = Lease { token, until: now.plus(self.parts.lease) };
        self.parts.store.claim_messages(now, &lease, limit).await
    }

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
        let slots = self.slots(message);
        if slots.is_empty() {
            self.record(message, None, &Next::Failed { reason: "no_provider".into() }).await;
            return;
        }
        let mut lease = message.lease.until;
        let mut wait = None;
        let last = slots.len().saturating_sub(1);
        for (at, slot) in slots.iter().enumerate() {
            let Ok(_place) = slot.places.acquire().await else { return };
            let started_at = self.parts.clock.now();
            if message.expires_at <= started_at {
                self.record(message, None, &Next::Expired).await;
                return;
            }
            // The wait for a place outlived the lease: the message is whoever's by now, and no longer ours to send.
            if lease <= started_at {
                return;
            }
            // A send that is cut short by the end of its lease may have been taken all the same: a whole turn, or none.
            if started_at.until(lease) < self.parts.lease / 2 {
                let until = self.renewed(message);
                if !self.record(message, None, &Next::Renew { until }).await {
                    return;
                }
                lease = until;
            }
            let name = slot.provider.name();
            let outcome = self.send(&*slot.provider, message, &envelope, started_at.until(lease)).await;
            let (attempt, next) = match outcome {
                Outcome::Sent { id } => {
                    self.sent(message, name);
                    let inbox = self.inbox_row(message, &envelope);
                    (self.attempt(name, "sent", None, id, started_at), Next::Sent { inbox })
                }
                Outcome::Refused { reason } => {
                    let code = reason.code.clone();
                    (
                        self.attempt(name, "refused", Some(reason), None, started_at),
                        Next::Failed { reason: code },
                    )
                }
                Outcome::Retry { reason, after, .. } => {
                    wait = wait.max(after);
                    let next = if at == last {
                        self.again(message, wait)
                    } else {
                        lease = self.renewed(message);
                        Next::Renew { until: lease }
                    };
                    (self.attempt(name, "retry", Some(reason), None, started_at), next)
                }
            };
            count(message, name, attempt.result);
            let held = self.record(message, Some(&attempt), &next).await;
            if !held || !matches!(next, Next::Renew { .. }) {
                return;
            }
        }
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

    /// A provider's own time limit is bounded again here: one that hangs must not outlive the lease.
    async fn send(
        &self,
        provider: &dyn Provider,
        message: &ClaimedMessage,
        envelope: &Envelope,
        lease: Duration,
    ) -> Outcome {
        let limit = lease.mul_f64(0.9);
        let id = message.id.to_string();
        tokio::time::timeout(limit, provider.send(&id, envelope)).await.unwrap_or_else(|_| {
            Outcome::retry("timeout", "The provider gave no answer before the lease's end.")
        })
    }

    fn slots(&self, message: &ClaimedMessage) -> &[Slot] {
        match message.scope.mode {
            Mode::Test => &self.sandbox,
            Mode::Live => self.live.get(&message.channel).map(Vec::as_slice).unwrap_or_default(),
        }
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

    fn inbox_row(&self, message: &ClaimedMessage, envelope: &Envelope) -> Option<crate::keyring::Sealed> {
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
        provider: &str,
        result: &'static str,
        reason: Option<crate::providers::Reason>,
        provider_id: Option<String>,
        started_at: Moment,
    ) -> AttemptRecord {
        let (reason, detail) = reason.map(|reason| (reason.code, reason.detail)).unzip();
        let ended_at = self.parts.clock.now();
        AttemptRecord {
            provider: provider.to_owned(),
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

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone has nobody left to stop for.
    let _ = stop.wait_for(|stop| *stop).await;
}

fn count(message: &ClaimedMessage, provider: &'static str, result: &'static str) {
    metrics::counter!(
        "rift_deliveries_total",
        "channel" => message.channel.as_str(), "provider" => provider, "result" => result
    )
    .increment(1);
}
