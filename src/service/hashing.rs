//! The hashing pool: so many Argon2 hashes at once, a short wait, then "unavailable". A flood of backup codes can fill it,
//! and nothing else.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::error::{Result, ServiceError};

/// How long a request waits for a place.
const WAIT: Duration = Duration::from_millis(800);

/// A bounded pool of blocking threads for slow hashes.
#[derive(Clone)]
pub struct HashPool {
    places: Arc<Semaphore>,
}

/// A place in the pool. It moves into the blocking task, so that an abandoned request keeps its place until its hash is
/// done.
pub struct Place(OwnedSemaphorePermit);

impl HashPool {
    /// A pool of `places` hashes at once; each takes 19 MiB.
    #[must_use]
    pub fn new(places: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(places)) }
    }

    /// Waits for a place.
    pub(super) async fn place(&self) -> Result<Place> {
        metrics::gauge!("rift_hashing_waiting").increment(1.0);
        let place = self.wait().await;
        metrics::gauge!("rift_hashing_waiting").decrement(1.0);
        place
    }

    async fn wait(&self) -> Result<Place> {
        match tokio::time::timeout(WAIT, Arc::clone(&self.places).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Place(permit)),
            _ => Err(ServiceError::Unavailable("the hashing pool")),
        }
    }
}

impl Place {
    /// Runs `work` on a thread that may block.
    pub(super) async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let permit = self.0;
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permit);
            result
        })
        .await
        .map_err(|error| ServiceError::Internal(format!("a hash did not end: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_full_pool_says_so_after_a_short_wait() {
        let pool = HashPool::new(1);
        let held = pool.place().await.ok();
        assert!(matches!(pool.place().await, Err(ServiceError::Unavailable(_))));
        drop(held);
        assert!(pool.place().await.is_ok());
    }
}
