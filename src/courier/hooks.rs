//! Webhooks: claim → call → record, in a loop and with places of their own.
//!
//! Claims go by endpoint: one that hangs fills its own few places and no other's, and one that fails gets one call at a time.
//! What was found of an endpoint that is to be switched off is decided in the database.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use rand::seq::SliceRandom;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::places::Place;
use super::{Courier, stopped};
use crate::domain::audit::{By, Change, Line};
use crate::domain::id::{HookDelivery, Id};
use crate::domain::notice::{Notice, WebhookDisabled};
use crate::domain::time::Moment;
use crate::domain::webhook::{Disabled, HookAttempt, HookSecrets, has_failed_long, payload};
use crate::keyring::{Row, SealedTable};
use crate::providers::webhook::HookOutcome;
use crate::store::{AuditNote, ClaimedHook, HookNext, Lease, StoreError};

/// How often is looked for what is due.
const POLL: Duration = Duration::from_millis(500);

/// Rows that one step of the upkeep takes, and steps in a row.
const STEP: i64 = 100;
const STEPS: usize = 20;

impl Courier {
    /// Runs until `stop` says so, and then until the calls under way are done.
    pub(super) async fn run_hooks(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut tasks = JoinSet::new();
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                _ = poll.tick() => {}
                // A place is free: there may be more for it.
                Some(_) = tasks.join_next() => while tasks.try_join_next().is_some() {},
            }
            if !self.parts.in_step.load(Ordering::SeqCst) {
                continue;
            }
            match self.claim_hooks().await {
                Ok(hooks) => {
                    for (hook, place) in hooks {
                        let courier = Arc::clone(&self);
                        tasks.spawn(async move {
                            courier.call(&hook).await;
                            drop(place);
                        });
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "the deliveries of webhooks cannot be read; the next look tries again");
                    // Calls that end must not make it ask a database that does not answer.
                    poll.tick().await;
                }
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Ends challenges whose time is over, and gives up deliveries that are; each in small steps.
    pub(super) async fn run_upkeep(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut every = tokio::time::interval(super::POLL);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                _ = every.tick() => {}
            }
            if !self.parts.in_step.load(Ordering::SeqCst) {
                continue;
            }
            if let Err(error) = self.tell_expired().await {
                tracing::warn!(%error, "what has expired could not be told; the next look tries again");
            }
        }
    }

    /// Ends what has expired.
    pub async fn tell_expired(&self) -> Result<(), StoreError> {
        let full = u64::try_from(STEP).unwrap_or(u64::MAX);
        for _ in 0..STEPS {
            let now = self.parts.clock.now();
            if self.parts.store.expire_challenges(now, STEP).await? < full {
                break;
            }
        }
        for _ in 0..STEPS {
            let now = self.parts.clock.now();
            if self.parts.store.give_up_hooks(now, STEP).await? < full {
                break;
            }
        }
        Ok(())
    }

    /// Claims for whichever endpoints there are places; in another order each time, so that none waits behind the others.
    async fn claim_hooks(&self) -> Result<Vec<(ClaimedHook, Place)>, StoreError> {
        if self.calls.is_full() {
            return Ok(Vec::new());
        }
        let now = self.parts.clock.now();
        let mut due = self.parts.store.due_webhooks(now).await?;
        due.shuffle(&mut *self.parts.chance.rng());
        let given = self.calls.shares(due);
        if given.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<_> = given
            .iter()
            .map(|(endpoint, places)| (endpoint.id, i64::try_from(*places).unwrap_or(1)))
            .collect();
        let token = Id::<HookDelivery>::new(now, &mut *self.parts.chance.rng()).to_string();
        let lease = Lease { token, until: now.plus(self.parts.lease.max(LEAST_LEASE)) };
        let claimed = self.parts.store.claim_hooks(now, &lease, &wanted).await?;
        let of: HashMap<_, _> = given.iter().map(|(endpoint, _)| (endpoint.id, endpoint)).collect();
        let placed = claimed.into_iter().filter_map(|hook| {
            let place = self.calls.take(of.get(&hook.webhook)?);
            Some((hook, place))
        });
        Ok(placed.collect())
    }

    /// Takes what is due and calls it, one after the other. For tests, which have no loop running.
    #[cfg(feature = "test-clock")]
    pub async fn call_due(&self) -> Result<usize, StoreError> {
        let hooks = self.claim_hooks().await?;
        for (hook, _) in &hooks {
            self.call(hook).await;
        }
        Ok(hooks.len())
    }

    /// One try of one delivery, and its record.
    async fn call(&self, hook: &ClaimedHook) {
        let started_at = self.parts.clock.now();
        let outcome = self.ask(hook, started_at).await;
        let now = self.parts.clock.now();
        let (next, http_status, reason) = match outcome {
            HookOutcome::Delivered(status) => (HookNext::Delivered, Some(status), None),
            HookOutcome::Gone => {
                self.disable(hook, Disabled::Gone).await;
                (HookNext::Failed, Some(410), Some("gone".to_owned()))
            }
            HookOutcome::Failed { status, reason } => (self.later(hook, now), status, Some(reason)),
        };
        let next = if hook.event.is_none() { HookNext::Failed } else { next };
        let result = match next {
            HookNext::Delivered => "delivered",
            HookNext::Again(_) => "retry",
            HookNext::Failed => "failed",
        };
        metrics::counter!("rift_webhook_calls_total", "result" => result).increment(1);
        let attempt =
            HookAttempt { started_at, ended_at: now, result: result.to_owned(), http_status, reason };
        match self.parts.store.record_hook(hook, &attempt, &next, now).await {
            Ok(recorded) => {
                let long = |(since, tries)| has_failed_long(since, tries, now);
                if recorded.failing.is_some_and(long) {
                    self.disable(hook, Disabled::Failing).await;
                }
            }
            // The lease's end brings it back; the receiver knows the repetition by its id.
            Err(error) => {
                tracing::error!(delivery = %hook.id, %error, "the call of a webhook was not recorded");
            }
        }
    }

    async fn ask(&self, hook: &ClaimedHook, now: Moment) -> HookOutcome {
        let failed = |reason: &str| HookOutcome::Failed { status: None, reason: reason.to_owned() };
        let Some(event) = &hook.event else { return failed("event_erased") };
        let id = hook.webhook.to_string();
        let row = Row { scope: hook.scope, user: None, table: SealedTable::WebhookSecrets, id: &id };
        let opened = match self.parts.vault.open(row, &hook.secrets) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::error!(webhook = id, %error, "the secret of a webhook does not open");
                return failed("unreadable");
            }
        };
        let Some(secrets) = HookSecrets::from_bytes(&opened) else { return failed("unreadable") };
        let (event_id, signing) = (event.id.to_string(), secrets.signing(now));
        let call = self.parts.hooks.call(&hook.url, &event_id, now.seconds(), payload(event), signing);
        // The call bounds itself; this bounds that. A lease outlives both.
        tokio::time::timeout(LONGEST, call).await.unwrap_or_else(|_| failed("timeout"))
    }

    /// Another try after a pause, unless its time is over by then.
    fn later(&self, hook: &ClaimedHook, now: Moment) -> HookNext {
        let pause = self.parts.pauses.after(hook.tries.saturating_add(1), &mut *self.parts.chance.rng());
        let at = now.plus(pause);
        if at < hook.expires_at { HookNext::Again(at) } else { HookNext::Failed }
    }

    /// Switches an endpoint off, with a line in the audit log and a mail to the tenant.
    async fn disable(&self, hook: &ClaimedHook, reason: Disabled) {
        let now = self.parts.clock.now();
        let disabled = async {
            let Some(app) = self.parts.store.app(hook.scope.app).await? else { return Ok(false) };
            let host = url::Url::parse(&hook.url).ok().and_then(|url| url.host_str().map(str::to_owned));
            let notice = Notice::WebhookDisabled(WebhookDisabled {
                app: app.name.clone(),
                app_id: app.id.to_string(),
                mode: hook.scope.mode.to_string(),
                webhook: hook.webhook.to_string(),
                host: host.unwrap_or_default(),
                reason: reason.as_str().to_owned(),
            });
            let line = Line {
                org: app.org,
                by: By::system(),
                action: "webhook.disabled",
                app: Some(app.id),
                target_kind: "webhook",
                target: hook.webhook.to_string(),
                changes: vec![
                    Change::from_to("status", "enabled", "disabled"),
                    Change::to("disabled_reason", reason.as_str()),
                ],
            };
            let note = AuditNote { line, vault: Arc::clone(&self.parts.vault) };
            self.parts
                .store
                .disable_webhook(hook.scope, hook.webhook, &hook.url, reason, &notice, now, &note)
                .await
        };
        let disabled: Result<bool, StoreError> = disabled.await;
        match disabled {
            Ok(true) => {
                tracing::warn!(webhook = %hook.webhook, reason = reason.as_str(), "a webhook was disabled");
            }
            Ok(false) => {}
            // The next failure finds it again.
            Err(error) => tracing::error!(webhook = %hook.webhook, %error, "a webhook was not disabled"),
        }
    }
}

/// A call that is neither answered nor given up by then is.
const LONGEST: Duration = Duration::from_secs(12);

/// A lease outlives the call that it is for.
const LEAST_LEASE: Duration = Duration::from_secs(20);
