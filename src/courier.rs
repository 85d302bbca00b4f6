//! Floor 2: claim → send → record. The outbox is a table; whoever holds a message's lease may send it.
//!
//! A message that was queued by this node arrives through a channel, leased already, and is sent at once. What is due is
//! fetched by a task of its own: retries, messages whose node died, channels whose turn has come. Nothing is decided in memory: a
//! lease that was lost makes every record of it void. No use case and no HTTP may enter here.

mod backoff;
mod breaker;
mod deliver;
mod hooks;
mod load;
mod notices;
mod own;
mod places;
mod slot;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;

use crate::clock::{Chance, Clock};
use crate::domain::id::{Challenge, Id};
use crate::domain::message::Channel;
use crate::domain::webhook::Pauses;
use crate::keyring::Vault;
use crate::providers::Provider;
use crate::providers::own::OwnFactory;
use crate::providers::sandbox::Sandbox;
use crate::providers::webhook::Hooks;
use crate::store::{ClaimedMessage, Lease, Store, StoreError};
use load::{Held, Load};
use own::OwnLists;
use slot::Slot;

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
    /// Calls tenants' webhooks.
    pub hooks: Hooks,
    /// The pauses between the tries of a webhook.
    pub pauses: Pauses,
    /// Makes the providers of applications that have their own.
    pub own: Arc<dyn OwnFactory>,
    /// How long a claimed message is this node's.
    pub lease: Duration,
    /// Messages that one provider is given at once.
    pub concurrency: usize,
    /// Where people reach the service, without a slash at the end: for links in mails.
    pub public_url: String,
    /// Whether the clock agrees with the database's; nothing is claimed while it does not.
    pub in_step: Arc<AtomicBool>,
}

/// Sends what the outbox holds.
pub struct Courier {
    parts: Parts,
    live: HashMap<Channel, Vec<Slot>>,
    sandbox: Vec<Slot>,
    own: OwnLists,
    load: Load,
    calls: places::Calls,
    /// Something is due that no node holds.
    due: Notify,
}

/// How often the outbox is looked at for what nobody tells of.
const POLL: Duration = Duration::from_secs(1);

/// Messages that one claim takes.
const CLAIM: i64 = 64;

impl Courier {
    /// A courier over its parts.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        let live = |(channel, list): (&Channel, &Vec<Arc<dyn Provider>>)| {
            let slots = list.iter().map(|provider| Slot::live(provider, *channel, parts.concurrency));
            (*channel, slots.collect())
        };
        let live = parts.providers.iter().map(live).collect();
        let sandbox: Arc<dyn Provider> = Arc::new(Sandbox);
        let sandbox = vec![Slot::sandbox(&sandbox, Channel::Email, parts.concurrency)];
        let own = OwnLists::new(&parts);
        Arc::new(Self {
            parts,
            live,
            sandbox,
            own,
            load: Load::default(),
            calls: places::Calls::default(),
            due: Notify::new(),
        })
    }

    /// Runs until `stop` says so, and then until the messages under way are done.
    pub async fn run(
        self: Arc<Self>,
        mut queued: mpsc::Receiver<ClaimedMessage>,
        mut stop: watch::Receiver<bool>,
    ) {
        let mut tasks = JoinSet::new();
        let (claims, mut fetched) = mpsc::channel(1);
        let fetching = tokio::spawn(Arc::clone(&self).fetch(claims, stop.clone()));
        let listening = tokio::spawn(Arc::clone(&self).listen());
        let calling = tokio::spawn(Arc::clone(&self).run_hooks(stop.clone()));
        let upkeep = tokio::spawn(Arc::clone(&self).run_upkeep(stop.clone()));
        let mailing = tokio::spawn(Arc::clone(&self).run_notices(stop.clone()));
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => break,
                Some(message) = queued.recv() => self.take(&mut tasks, message),
                Some(held) = fetched.recv() => self.spawn(&mut tasks, held),
                Some(_) = tasks.join_next() => {}
            }
        }
        listening.abort();
        // Leased to this node and not begun: they go out now rather than at the lease's end.
        queued.close();
        while let Some(message) = queued.recv().await {
            self.take(&mut tasks, message);
        }
        while let Some(held) = fetched.recv().await {
            self.spawn(&mut tasks, held);
        }
        let _ = fetching.await;
        while tasks.join_next().await.is_some() {}
        let _ = calling.await;
        let _ = upkeep.await;
        let _ = mailing.await;
    }

    fn take(self: &Arc<Self>, tasks: &mut JoinSet<()>, message: ClaimedMessage) {
        let id = message.id;
        match self.load.hold(message) {
            Some(held) => self.spawn(tasks, held),
            None => {
                tracing::warn!(message = %id, "too many messages under way; this one goes at its lease's end");
            }
        }
    }

    fn spawn(self: &Arc<Self>, tasks: &mut JoinSet<()>, held: Held) {
        let courier = Arc::clone(self);
        tasks.spawn(async move { courier.deliver(&held.message).await });
    }

    /// Fetches what is due, in a task of its own: a database that is slow keeps no message from going out that is here.
    async fn fetch(self: Arc<Self>, out: mpsc::Sender<Held>, mut stop: watch::Receiver<bool>) {
        let mut poll = tokio::time::interval(POLL);
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stop) => return,
                _ = poll.tick() => {}
                () = self.due.notified() => {}
            }
            self.fetch_due(&out, &stop).await;
        }
    }

    /// Claim after claim, until nothing is due, this node holds enough, or it is to stop.
    async fn fetch_due(&self, out: &mpsc::Sender<Held>, stop: &watch::Receiver<bool>) {
        while self.parts.in_step.load(Ordering::SeqCst) && !*stop.borrow() {
            let channels = self.load.with_room();
            if channels.is_empty() {
                return;
            }
            let messages = match self.claim(&channels, CLAIM).await {
                Ok(messages) if messages.is_empty() => return,
                Ok(messages) => messages,
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read; the next poll tries again");
                    return;
                }
            };
            for held in messages.into_iter().filter_map(|message| self.load.hold(message)) {
                if out.send(held).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Hears of what other nodes leave to everyone. What is missed meanwhile the poll finds.
    async fn listen(self: Arc<Self>) {
        loop {
            let heard = async {
                let mut wakes = self.parts.store.listen().await?;
                loop {
                    self.due.notify_one();
                    wakes.next().await?;
                }
            };
            let lost: Result<(), StoreError> = heard.await;
            if let Err(error) = lost {
                tracing::warn!(%error, "the outbox is looked at once a second until the database calls again");
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// Takes what is due and delivers it, one after the other. For tests, which have no loop running.
    #[cfg(feature = "test-clock")]
    pub async fn deliver_due(self: &Arc<Self>) -> Result<usize, StoreError> {
        let messages = self.claim(&Channel::ALL, 100).await?;
        for message in &messages {
            self.deliver(message).await;
        }
        Ok(messages.len())
    }

    async fn claim(&self, channels: &[Channel], limit: i64) -> Result<Vec<ClaimedMessage>, StoreError> {
        let now = self.parts.clock.now();
        let token = Id::<Challenge>::new(now, &mut *self.parts.chance.rng()).to_string();
        let lease = Lease { token, until: now.plus(self.parts.lease) };
        self.parts.store.claim_messages(now, &lease, channels, limit).await
    }
}

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // A sender that is gone has nobody left to stop for.
    let _ = stop.wait_for(|stop| *stop).await;
}
