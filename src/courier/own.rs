//! Providers of applications' own: made on first use from the sealed list, kept while it stays as it is.
//!
//! A change holds within 1 s on every node: the lists' versions are looked up again when they are older than 800 ms, and a
//! list is opened only where its version is another. A list that cannot be used is not left out for the operator's: that
//! would send a tenant's messages through an account that it left.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::slot::Slot;
use super::{Courier, Parts};
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::domain::own_provider::ProviderList;
use crate::domain::tenant::{Mode, Scope};
use crate::keyring::{OpenError, Row, SealedTable, Vault};
use crate::providers::own::OwnFactory;
use crate::store::{Store, StoreError};

/// How long the versions of an application's lists are believed.
const BELIEVED: Duration = Duration::from_millis(800);

/// Lists that are kept, and for how long after their last message.
const KEPT: u64 = 2_000;
const KEPT_FOR: Duration = Duration::from_mins(10);

/// Messages that one own provider is given at once.
const PLACES: usize = 16;

/// Messages that this node holds for one list, those that wait for a place included.
const HELD: usize = 64;

/// Messages of a channel that this node holds for all own lists together: however many of them hang, the operator's
/// providers have their share of what a node holds.
const HELD_BY_ALL: usize = 1_024;

/// When half of these are taken, one list may hold so many: a few lists that hang do not make all others wait.
const HELD_THEN: usize = 8;

/// One list, ready to send.
pub(super) struct OwnSlots {
    version: i64,
    /// None where the list cannot be used by this version.
    pub(super) slots: Option<Vec<Slot>>,
    held: Arc<Semaphore>,
}

/// The right to hold a message for an own list.
pub(super) struct Hold {
    #[expect(dead_code, reason = "given back when dropped")]
    of_list: OwnedSemaphorePermit,
    #[expect(dead_code, reason = "given back when dropped")]
    of_all: OwnedSemaphorePermit,
}

/// Why it is not known how a message goes.
#[derive(Debug, thiserror::Error)]
pub(super) enum OwnError {
    /// The database does not tell.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key ring of this node may be older than the one that sealed the list.
    #[error("{0}")]
    UnknownKey(OpenError),
}

/// The own lists that this node uses.
pub(super) struct OwnLists {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    factory: Arc<dyn OwnFactory>,
    places: usize,
    versions: Cache<AppId, Arc<[(Channel, i64)]>>,
    lists: Cache<(AppId, Channel, i64), Arc<OwnSlots>>,
    held: [Arc<Semaphore>; Channel::ALL.len()],
}

impl OwnLists {
    pub(super) fn new(parts: &Parts) -> Self {
        Self {
            store: Arc::clone(&parts.store),
            vault: Arc::clone(&parts.vault),
            factory: Arc::clone(&parts.own),
            places: parts.concurrency.min(PLACES),
            versions: Cache::builder().max_capacity(100_000).time_to_live(BELIEVED).build(),
            lists: Cache::builder().max_capacity(KEPT).time_to_idle(KEPT_FOR).build(),
            held: Channel::ALL.map(|_| Arc::new(Semaphore::new(HELD_BY_ALL))),
        }
    }

    /// An application's own list for a channel; none where it has none. Messages that come together ask the database once.
    pub(super) async fn of(&self, app: AppId, channel: Channel) -> Result<Option<Arc<OwnSlots>>, OwnError> {
        let load = async { self.store.own_versions(app).await.map(Arc::from) };
        let versions = self.versions.try_get_with(app, load).await.map_err(shared)?;
        let Some((_, version)) = versions.iter().find(|(of, _)| *of == channel) else { return Ok(None) };
        let key = (app, channel, *version);
        if let Some(known) = self.lists.get(&key).await {
            return Ok(Some(known));
        }
        let Some(sealed) = self.store.sealed_providers(app, channel).await? else {
            // It was removed this very moment.
            self.versions.invalidate(&app).await;
            return Ok(None);
        };
        let row = Row {
            scope: Scope { app, mode: Mode::Live },
            user: None,
            table: SealedTable::AppProviders,
            id: channel.as_str(),
        };
        let slots = match self.vault.open(row, &sealed.list) {
            Ok(bytes) => self.slots(app, channel, &bytes),
            Err(error @ OpenError::UnknownKey(_)) => return Err(OwnError::UnknownKey(error)),
            Err(error) => {
                tracing::error!(%app, %channel, %error, "an application's own providers cannot be read");
                None
            }
        };
        let made = OwnSlots { version: sealed.version, slots, held: Arc::new(Semaphore::new(HELD)) };
        let key = (app, channel, made.version);
        // Two messages at once make it twice; the first one stays, and with it the record of its providers.
        Ok(Some(self.lists.get_with(key, async { Arc::new(made) }).await))
    }

    fn slots(&self, app: AppId, channel: Channel, bytes: &[u8]) -> Option<Vec<Slot>> {
        let built = match ProviderList::from_bytes(bytes) {
            Some(list) => self.factory.build(app, channel, &list).map_err(|fault| fault.field),
            None => Err("providers".to_owned()),
        };
        match built {
            Ok(providers) if !providers.is_empty() => {
                Some(providers.iter().map(|provider| Slot::own(provider, channel, self.places)).collect())
            }
            Ok(_) => None,
            Err(field) => {
                tracing::error!(%app, %channel, field, "an application's own providers cannot be used");
                None
            }
        }
    }

    /// Holds a message for a list; none where this node holds enough of it.
    pub(super) fn hold(&self, list: &OwnSlots, channel: Channel) -> Option<Hold> {
        let at = Channel::ALL.iter().position(|one| *one == channel)?;
        let all = self.held.get(at)?;
        let held = HELD.saturating_sub(list.held.available_permits());
        if all.available_permits() <= HELD_BY_ALL / 2 && held >= HELD_THEN {
            return None;
        }
        let of_list = Arc::clone(&list.held).try_acquire_owned().ok()?;
        let of_all = Arc::clone(all).try_acquire_owned().ok()?;
        Some(Hold { of_list, of_all })
    }
}

/// The one error of several who asked together.
fn shared(error: Arc<StoreError>) -> StoreError {
    Arc::try_unwrap(error).unwrap_or_else(|error| StoreError::Unavailable(error.to_string().into()))
}

impl Courier {
    /// Forgets which lists there are, so that a change holds at once. For tests, whose clock stands still.
    #[cfg(feature = "test-clock")]
    pub fn forget_own(&self) {
        self.own.versions.invalidate_all();
    }
}
