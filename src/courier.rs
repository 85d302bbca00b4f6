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
use crate::domain::message::{Channel, Envelope};
use crate::domain::tenant::Mode;
use crate::domain::time::Moment;
use crate::keyring::{Row, Vault};
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
    /// Messages that are sent at once.
    pub concurrency: usize,
    /// Whether the clock agrees with the database's; nothing is claimed while it does not.
    pub in_step: Arc<AtomicBool>,
}

/// Sends what the outbox holds.
pub struct Courier {
    parts: Parts,
    sandbox: Arc<dyn Provider>,
    places: Arc<Semaphore>,
}

/// How often the outbox is looked at for what neither this node's starts nor its own retries tell of.
const POLL: Duration = Duration::from_secs(1);

impl Courier {
    /// A courier over its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        let places = Arc::new(Semaphore::new(parts.concurrency));
        Arc::new(Self { parts, sandbox: Arc::new(Sandbox), places })
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
                Some(message) = queued.recv() => self.spawn(&mut tasks, message).await,
                Some(_) = tasks.join_next() => {}
                _ = poll.tick() => self.poll(&mut tasks).await,
            }
        }
        // Leased to this node and not begun: they go out now rather than at the lease's end.
        queued.close();
        while let Some(message) = queued.recv().await {
            self.spawn(&mut tasks, message).await;
        }
        while tasks.join_next().await.is_some() {}
    }

    async fn spawn(self: &Arc<Self>, tasks: &mut JoinSet<()>, message: ClaimedMessage) {
        let Ok(place) = Arc::clone(&self.places).acquire_owned().await else { return };
        let courier = Arc::clone(self);
        tasks.spawn(async move {
            courier.deliver(&message).await;
            drop(place);
        });
    }

    async fn poll(self: &Arc<Self>, tasks: &mut JoinSet<()>) {
        let free = i64::try_from(self.places.available_permits()).unwrap_or(i64::MAX);
        if free == 0 || !self.parts.in_step.load(Ordering::SeqCst) {
            return;
        }
        match self.claim(free).await {
            Ok(messages) => {
                for message in messages {
                    self.spawn(tasks, message).await;
                }
            }
            Err(error) => tracing::error!(%error, "the outbox cannot be read; the next poll tries again"),
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
        let now = self.parts.clock.now();
        if message.expires_at <= now {
            self.record(message, None, &Next::Expired).await;
            return;
        }
        let Some(envelope) = self.open(message) else {
            self.record(message, None, &Next::Failed { reason: "unreadable".into() }).await;
            return;
        };
        let providers = self.providers(message);
        if providers.is_empty() {
            self.record(message, None, &Next::Failed { reason: "no_provider".into() }).await;
            return;
        }
        let mut wait = None;
        let last = providers.len().saturating_sub(1);
        for (at, provider) in providers.iter().enumerate() {
            let started_at = self.parts.clock.now();
            if message.expires_at <= started_at {
                self.record(message, None, &Next::Expired).await;
                return;
            }
            let outcome = self.send(&**provider, message, &envelope).await;
            let (attempt, next) = match outcome {
                Outcome::Sent { id } => {
                    self.sent(message, provider.name());
                    let inbox = self.inbox_row(message, &envelope);
                    (self.attempt(provider.name(), "sent", None, id, started_at), Next::Sent { inbox })
                }
                Outcome::Refused { reason } => {
                    let code = reason.code.clone();
                    let attempt = self.attempt(provider.name(), "refused", Some(reason), None, started_at);
                    (attempt, Next::Failed { reason: code })
                }
                Outcome::Retry { reason, after } => {
                    wait = wait.max(after);
                    let now = self.parts.clock.now();
                    let next = if at == last {
                        let pause = backoff::pause(message.tries, wait, &mut *self.parts.chance.rng());
                        // At the end of its life it is looked at once more, to be reported as expired.
                        Next::Again { at: now.plus(pause).min(message.expires_at) }
                    } else {
                        Next::Renew { until: now.plus(self.parts.lease) }
                    };
                    (self.attempt(provider.name(), "retry", Some(reason), None, started_at), next)
                }
            };
            count(message, provider.name(), attempt.result);
            let held = self.record(message, Some(&attempt), &next).await;
            if !held || !matches!(next, Next::Renew { .. }) {
                return;
            }
        }
    }

    /// A provider's own time limit is bounded again here: one that hangs must not outlive the lease.
    async fn send(&self, provider: &dyn Provider, message: &ClaimedMessage, envelope: &Envelope) -> Outcome {
        let limit = self.parts.lease.mul_f64(0.9);
        let id = message.id.to_string();
        tokio::time::timeout(limit, provider.send(&id, envelope)).await.unwrap_or_else(|_| {
            Outcome::retry("timeout", "The provider gave no answer before the lease's end.")
        })
    }

    fn providers(&self, message: &ClaimedMessage) -> Vec<Arc<dyn Provider>> {
        match message.scope.mode {
            Mode::Test => vec![Arc::clone(&self.sandbox)],
            Mode::Live => self.parts.providers.get(&message.channel).cloned().unwrap_or_default(),
        }
    }

    fn open(&self, message: &ClaimedMessage) -> Option<Envelope> {
        let id = message.id.to_string();
        let row = Row { scope: message.scope, user: Some(&message.to), table: "messages", id: &id };
        let opened = self.parts.vault.open(row, &message.payload);
        let read = opened.map_err(|error| error.to_string()).and_then(|bytes| {
            serde_json::from_slice(&bytes).map_err(|_| "its content has another form".to_owned())
        });
        match read {
            Ok(envelope) => Some(envelope),
            Err(error) => {
                tracing::error!(message = %message.id, %error, "a message cannot be read");
                None
            }
        }
    }

    fn inbox_row(&self, message: &ClaimedMessage, envelope: &Envelope) -> Option<crate::keyring::Sealed> {
        if message.scope.mode == Mode::Live {
            return None;
        }
        let id = message.id.to_string();
        let row = Row { scope: message.scope, user: Some(&message.to), table: "inbox", id: &id };
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
