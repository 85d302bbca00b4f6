//! The hashing pool: so many Argon2 hashes at once, a short wait, then "unavailable". A flood of backup codes can fill it;
//! whoever comes to the dashboard's door, which is anybody, takes half of it at the most.

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
    /// Those of the places that passwords may take.
    door: Arc<Semaphore>,
}

/// A place in the pool. It moves into the blocking task, so that an abandoned request keeps its place until its hash is
/// done.
pub struct Place {
    _place: OwnedSemaphorePermit,
    _at_door: Option<OwnedSemaphorePermit>,
}

impl HashPool {
    /// A pool of `places` hashes at once, two at the least; each takes 19 MiB.
    #[must_use]
    pub fn new(places: usize) -> Self {
        let places = places.max(2);
        Self { places: Arc::new(Semaphore::new(places)), door: Arc::new(Semaphore::new(places / 2)) }
    }

    /// Waits for a place.
    pub(super) async fn place(&self) -> Result<Place> {
        Self::waiting(self.take(None)).await
    }

    /// Waits for a place for a password. Anybody may give one: the API's callers always find the other half.
    pub(super) async fn place_at_door(&self) -> Result<Place> {
        Self::waiting(async {
            let at_door = Arc::clone(&self.door).acquire_owned().await.ok()?;
            self.take(Some(at_door)).await
        })
        .await
    }

    async fn take(&self, at_door: Option<OwnedSemaphorePermit>) -> Option<Place> {
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        Some(Place { _place: place, _at_door: at_door })
    }

    async fn waiting(place: impl Future<Output = Option<Place>>) -> Result<Place> {
        metrics::gauge!("rift_hashing_waiting").increment(1.0);
        let place = tokio::time::timeout(WAIT, place).await;
        metrics::gauge!("rift_hashing_waiting").decrement(1.0);
        place.ok().flatten().ok_or(ServiceError::Unavailable("the hashing pool"))
    }
}

impl Place {
    /// Runs `work` on a thread that may block.
    pub(super) async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(self);
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
        let pool = HashPool::new(2);
        let held = (pool.place().await.ok(), pool.place().await.ok());
        assert!(matches!(pool.place().await, Err(ServiceError::Unavailable(_))));
        assert!(matches!(pool.place_at_door().await, Err(ServiceError::Unavailable(_))));
        drop(held);
        assert!(pool.place().await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_comes_to_the_door_leaves_half_of_it() {
        for places in 1..=4 {
            let pool = HashPool::new(places);
            let mut held = Vec::new();
            while let Ok(place) = pool.place_at_door().await {
                held.push(place);
            }
            assert!(!held.is_empty() && pool.place().await.is_ok(), "{places}");
            held.pop();
            assert!(pool.place_at_door().await.is_ok(), "{places}");
        }
    }
}
