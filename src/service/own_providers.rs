//! Providers of an application's own, as the use cases see them: which channels they serve, and who reads their reports.
//!
//! [`OwnLists`] puts, shows, tries and removes them. What is kept is sealed and never shown again; the courier opens it.

mod edit;
mod lists;

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

pub use edit::ListEdit;
pub use lists::{OwnLists, OwnProvidersError, Tried};

use super::error::{Result, ServiceError};
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::domain::own_provider::ProviderList;
use crate::domain::tenant::{Mode, Scope};
use crate::keyring::{OpenError, Row, SealedTable, Vault};
use crate::providers::Reporter;
use crate::providers::own::OwnFactory;
use crate::store::{SealedProviders, Store, StoreError};

/// How long it is remembered which channels an application has providers for, and who reads their reports. A change takes
/// effect within 1 s on every node.
const REMEMBERED: Duration = Duration::from_millis(800);

/// What is known of applications' own providers.
pub struct OwnProviders {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    factory: Arc<dyn OwnFactory>,
    channels: Cache<AppId, Arc<[Channel]>>,
    reporters: Cache<AppId, Arc<[Arc<dyn Reporter>]>>,
}

impl OwnProviders {
    pub(super) fn new(store: Arc<dyn Store>, vault: Arc<Vault>, factory: Arc<dyn OwnFactory>) -> Self {
        let channels = Cache::builder().max_capacity(100_000).time_to_live(REMEMBERED).build();
        let reporters = Cache::builder().max_capacity(10_000).time_to_live(REMEMBERED).build();
        Self { store, vault, factory, channels, reporters }
    }

    /// What makes them.
    #[must_use]
    pub fn factory(&self) -> Arc<dyn OwnFactory> {
        Arc::clone(&self.factory)
    }

    /// The channels for which an application has providers of its own.
    pub(super) async fn channels(&self, app: AppId) -> Result<Arc<[Channel]>> {
        let load = async {
            let versions = self.store.own_versions(app).await?;
            Ok::<_, StoreError>(versions.into_iter().map(|(channel, _)| channel).collect())
        };
        self.channels.try_get_with(app, load).await.map_err(|error| unavailable(&error))
    }

    /// Those who read what an application's own providers report.
    pub(super) async fn reporters(&self, app: AppId) -> Result<Arc<[Arc<dyn Reporter>]>> {
        let load = async {
            let mut all = Vec::new();
            for (channel, _) in self.store.own_versions(app).await? {
                let Some(sealed) = self.store.sealed_providers(app, channel).await? else { continue };
                let read = open(&self.vault, app, channel, &sealed);
                match read.and_then(|list| Ok(self.factory.reporters(channel, &list)?)) {
                    Ok(reporters) => all.extend(reporters),
                    Err(error) => {
                        tracing::error!(%app, %channel, %error, "an application's own providers cannot be used");
                    }
                }
            }
            Ok::<_, StoreError>(all.into())
        };
        self.reporters.try_get_with(app, load).await.map_err(|error| unavailable(&error))
    }

    /// Forgets all that is remembered, so that a change made by this process holds at once.
    pub fn forget(&self) {
        self.channels.invalidate_all();
        self.reporters.invalidate_all();
    }
}

/// Where a list stands, as its seal has it.
fn row(app: AppId, channel: Channel) -> Row<'static> {
    let scope = Scope { app, mode: Mode::Live };
    Row { scope, user: None, table: SealedTable::AppProviders, id: channel.as_str() }
}

fn open(
    vault: &Vault,
    app: AppId,
    channel: Channel,
    sealed: &SealedProviders,
) -> std::result::Result<ProviderList, OwnProvidersError> {
    let bytes = vault.open(row(app, channel), &sealed.list).map_err(|error| match error {
        OpenError::UnknownKey(_) => ServiceError::Unavailable("the key ring").into(),
        OpenError::Damaged(_) => OwnProvidersError::Unreadable,
    })?;
    ProviderList::from_bytes(&bytes).ok_or(OwnProvidersError::Unreadable)
}

fn unavailable(error: &StoreError) -> ServiceError {
    tracing::error!(%error, "an application's own providers could not be looked up");
    ServiceError::Unavailable("the database")
}
