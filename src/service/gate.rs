//! What every key passes, of whatever kind: its record is looked up and remembered for a moment, a wrong clock lets nobody in, its
//! rate is bounded, and its use is noted.

use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use moka::future::Cache;

use super::Parts;
use super::error::{Result, ServiceError};
use super::last_used::LastUsed;
use crate::clock::Clock;
use crate::domain::secret::ApiKeyHash;
use crate::domain::time::Moment;
use crate::store::StoreError;

/// How long a key's record is remembered. A revoked key stops working within 1 s on every node.
const REMEMBERED: Duration = Duration::from_millis(800);

/// The gate of keys with ids `I` and records `R`.
pub(super) struct Gate<I: Copy + Eq + Hash, R> {
    clock: Arc<dyn Clock>,
    in_step: Arc<AtomicBool>,
    records: Cache<ApiKeyHash, Arc<R>>,
    rate: DefaultKeyedRateLimiter<I>,
    pub(super) last_used: LastUsed<I>,
}

impl<I: Copy + Eq + Hash, R: Send + Sync + 'static> Gate<I, R> {
    pub(super) fn new(parts: &Parts, most: u64) -> Self {
        Self {
            clock: Arc::clone(&parts.clock),
            in_step: Arc::clone(&parts.in_step),
            records: Cache::builder().max_capacity(most).time_to_live(REMEMBERED).build(),
            rate: RateLimiter::keyed(Quota::per_second(parts.requests_per_key)),
            last_used: LastUsed::default(),
        }
    }

    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    /// The record of a key. Requests with one key that arrive together ask the database once. Unknown keys are not remembered: a
    /// new key works at once.
    pub(super) async fn record(
        &self,
        hash: &ApiKeyHash,
        load: impl Future<Output = std::result::Result<Option<R>, StoreError>>,
    ) -> Result<Option<Arc<R>>> {
        enum Miss {
            Unknown,
            Failed(StoreError),
        }
        let load = async {
            match load.await {
                Ok(Some(record)) => Ok(Arc::new(record)),
                Ok(None) => Err(Miss::Unknown),
                Err(error) => Err(Miss::Failed(error)),
            }
        };
        match self.records.try_get_with(*hash, load).await {
            Ok(record) => Ok(Some(record)),
            Err(miss) => match &*miss {
                Miss::Unknown => Ok(None),
                Miss::Failed(error) => {
                    tracing::error!(%error, "a key could not be looked up");
                    Err(ServiceError::Unavailable("the database"))
                }
            },
        }
    }

    /// Lets a key that works in, if the clock is right and its rate allows it.
    pub(super) fn admit(&self, key: I, now: Moment) -> Result<()> {
        // With a wrong clock codes live too long or too short: nothing is decided by it.
        if !self.in_step.load(Ordering::SeqCst) {
            return Err(ServiceError::Unavailable("the clock"));
        }
        if self.rate.check_key(&key).is_err() {
            return Err(ServiceError::RateLimited);
        }
        self.last_used.note(key, now);
        Ok(())
    }

    /// Forgets all that is remembered, so that a change made by this process holds at once.
    pub(super) fn forget(&self) {
        self.records.invalidate_all();
        self.rate.retain_recent();
    }
}
