//! One node: service and courier over one store. The server runs one; the tests run several.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::providers::Built;
use crate::clock::{Chance, Clock};
use crate::courier::{self, Courier};
use crate::domain::network::Network;
use crate::domain::webhook::Pauses;
use crate::keyring::Vault;
use crate::providers::guard::Guard;
use crate::providers::own::OwnFactory;
use crate::providers::webhook::Hooks;
use crate::service::{HashPool, Parts, Service};
use crate::store::{ClaimedMessage, Store};

/// What calls tenants' webhooks.
pub struct Webhooks {
    /// Where they may go.
    pub guard: Guard,
    /// Calls them.
    pub hooks: Hooks,
    /// The pauses between two tries.
    pub pauses: Pauses,
}

impl Webhooks {
    /// Calls to public addresses and to these networks, tried again after these pauses.
    pub fn new(allowed: &[Network], pauses: Vec<Duration>) -> Result<Self, String> {
        let guard = Guard::new(allowed);
        Ok(Self { hooks: Hooks::new(&guard)?, guard, pauses: Pauses::new(pauses) })
    }
}

/// What a node is made of.
pub struct NodeParts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// The keys.
    pub vault: Arc<Vault>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub chance: Arc<dyn Chance>,
    /// Live mode's providers.
    pub providers: Built,
    /// Tenants' webhooks.
    pub webhooks: Webhooks,
    /// Makes the providers of applications that have their own.
    pub own: Arc<dyn OwnFactory>,
    /// See `http.public_url`; without a slash at the end.
    pub public_url: String,
    /// See `courier.lease`.
    pub lease: Duration,
    /// See `courier.concurrency`.
    pub concurrency: usize,
    /// See `limits.requests_per_key`.
    pub requests_per_key: NonZeroU32,
    /// Whether the clock agrees with the database's; nothing is served and nothing claimed while it does not.
    pub in_step: Arc<AtomicBool>,
}

/// A node that is built and not yet running.
pub struct Node {
    /// The use cases.
    pub service: Arc<Service>,
    /// The courier.
    pub courier: Arc<Courier>,
    queued: mpsc::Receiver<ClaimedMessage>,
}

/// Messages that wait for a place at the courier; more go at their lease's end.
const QUEUE: usize = 10_000;

impl Node {
    /// Joins the parts.
    #[must_use]
    pub fn build(parts: NodeParts) -> Self {
        let (handoff, queued) = mpsc::channel(QUEUE);
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let service = Arc::new(Service::new(Parts {
            store: Arc::clone(&parts.store),
            vault: Arc::clone(&parts.vault),
            clock: Arc::clone(&parts.clock),
            chance: Arc::clone(&parts.chance),
            courier: handoff,
            live_channels: parts.providers.channels(),
            own: Arc::clone(&parts.own),
            reporters: parts.providers.reporters,
            lease: parts.lease,
            hashing: HashPool::new(cores),
            guard: parts.webhooks.guard,
            public_url: parts.public_url.clone(),
            requests_per_key: parts.requests_per_key,
            in_step: Arc::clone(&parts.in_step),
        }));
        let courier = Courier::new(courier::Parts {
            store: parts.store,
            vault: parts.vault,
            clock: parts.clock,
            chance: parts.chance,
            providers: parts.providers.providers,
            hooks: parts.webhooks.hooks,
            pauses: parts.webhooks.pauses,
            own: parts.own,
            lease: parts.lease,
            concurrency: parts.concurrency,
            public_url: parts.public_url,
            in_step: parts.in_step,
        });
        Self { service, courier, queued }
    }

    /// Starts the courier's loop. It ends after `stop` is set and the messages under way are done.
    #[must_use]
    pub fn start_courier(self, stop: watch::Receiver<bool>) -> (Arc<Service>, tokio::task::JoinHandle<()>) {
        let running = tokio::spawn(self.courier.run(self.queued, stop));
        (self.service, running)
    }

    /// Takes what the service queued for this node's courier and delivers it. For tests, which have no loop running.
    #[cfg(feature = "test-clock")]
    pub async fn deliver_queued(&mut self) -> usize {
        let mut delivered = 0;
        while let Ok(message) = self.queued.try_recv() {
            self.courier.deliver(&message).await;
            delivered += 1;
        }
        delivered
    }
}
