//! A provider with its places and its record: a slow one fills its own places and no other's.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::breaker::{Breaker, Pass};
use crate::domain::id::MessageId;
use crate::domain::message::Channel;
use crate::domain::time::Moment;
use crate::providers::{About, Outcome, Provider};

/// A provider of one channel.
pub(super) struct Slot {
    pub(super) provider: Arc<dyn Provider>,
    channel: Channel,
    places: Arc<Semaphore>,
    /// Test mode's provider has none: its failures are its recipients'.
    breaker: Option<Breaker>,
    /// An application's own: it is none of the operator's figures.
    pub(super) own: bool,
}

/// Whether a message may be tried at a provider.
pub(super) enum Admission<'a> {
    /// Yes; its outcome says nothing about the provider.
    Free,
    /// Yes, and its outcome is judged.
    Judged(#[expect(dead_code, reason = "held until the verdict: dropping it gives a probe back")] Pass<'a>),
    /// No: it is skipped, or another message probes it.
    Skipped,
}

impl Slot {
    /// A provider that is skipped for a while when it keeps failing.
    pub(super) fn live(provider: &Arc<dyn Provider>, channel: Channel, places: usize) -> Self {
        Self { breaker: Some(Breaker::default()), ..Self::sandbox(provider, channel, places) }
    }

    /// One of an application's own, which is skipped likewise.
    pub(super) fn own(provider: &Arc<dyn Provider>, channel: Channel, places: usize) -> Self {
        Self { own: true, ..Self::live(provider, channel, places) }
    }

    /// A provider that is never skipped.
    pub(super) fn sandbox(provider: &Arc<dyn Provider>, channel: Channel, places: usize) -> Self {
        let places = Arc::new(Semaphore::new(places));
        Self { provider: Arc::clone(provider), channel, places, breaker: None, own: false }
    }

    /// A place at the provider; `None` when there was none in time.
    pub(super) async fn place(&self, patience: Option<Duration>) -> Option<OwnedSemaphorePermit> {
        let place = Arc::clone(&self.places).acquire_owned();
        match patience {
            None => place.await.ok(),
            Some(patience) => tokio::time::timeout(patience, place).await.ok()?.ok(),
        }
    }

    /// The provider in metrics: one label for all that are tenants' own.
    pub(super) fn label(&self) -> &'static str {
        if self.own { "own" } else { self.provider.name() }
    }

    /// See [`Breaker::may_try`].
    pub(super) fn may_try(&self, now: Moment) -> bool {
        self.breaker.as_ref().is_none_or(|breaker| breaker.may_try(now))
    }

    /// See [`Breaker::admit`].
    pub(super) fn admit(&self, now: Moment) -> Admission<'_> {
        match &self.breaker {
            None => Admission::Free,
            Some(breaker) => breaker.admit(now).map_or(Admission::Skipped, Admission::Judged),
        }
    }

    /// See [`Breaker::asked_until`].
    pub(super) fn asked_until(&self, now: Moment) -> Option<Moment> {
        self.breaker.as_ref()?.asked_until(now)
    }

    /// What an outcome says about the provider.
    pub(super) fn judge(&self, message: MessageId, outcome: &Outcome, now: Moment) {
        let Some(breaker) = &self.breaker else { return };
        if self.own {
            // Told to nobody: it is the tenant's, and stands in the trace.
            let _ = match outcome {
                Outcome::Retry { after, about: About::Provider, .. } => breaker.failed(message, now, *after),
                _ => breaker.works(),
            };
            return;
        }
        let (channel, provider) = (self.channel.as_str(), self.provider.name());
        let skipped = metrics::gauge!("rift_provider_skipped", "channel" => channel, "provider" => provider);
        if let Outcome::Retry { after, about: About::Provider, reason } = outcome {
            if breaker.failed(message, now, *after) {
                skipped.set(1.0);
                tracing::warn!(channel, provider, reason = %reason.code, "the provider keeps failing and is skipped for up to 30 s");
            }
        } else if breaker.works() {
            skipped.set(0.0);
            tracing::info!(channel, provider, "the provider works again");
        }
    }
}
