//! Providers of an application's own.

use async_trait::async_trait;

use super::{AuditNote, Result};
use crate::domain::id::AppId;
use crate::domain::message::Channel;
use crate::domain::time::Moment;
use crate::keyring::Sealed;

/// A channel's list, to be kept in the place of an older one.
#[derive(Clone, Debug)]
pub struct NewOwnProviders {
    /// The channel that it serves.
    pub channel: Channel,
    /// The whole list, sealed for its row.
    pub list: Sealed,
    /// What may be shown of it, as JSON; no credential stands in it.
    pub shown: String,
    /// A number that no list before had, drawn by chance.
    pub version: i64,
    /// When it was put there.
    pub updated_at: Moment,
}

/// What is shown of a channel's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownProviders {
    /// The channel that it serves.
    pub channel: Channel,
    /// JSON without any credential.
    pub shown: String,
    /// Differs with every change.
    pub version: i64,
    /// When it was put there.
    pub updated_at: Moment,
}

/// A channel's list, to be opened and sent by.
#[derive(Clone, Debug)]
pub struct SealedProviders {
    /// The list.
    pub list: Sealed,
    /// Differs with every change.
    pub version: i64,
}

/// The lists of each application. They serve live mode; the seal has that mode, no user, and the channel as the row's id.
#[async_trait]
pub trait OwnProviderStore: Send + Sync {
    /// Keeps a list in the place of the channel's older one.
    async fn put_own_providers(&self, app: AppId, list: &NewOwnProviders, note: &AuditNote) -> Result<()>;
    /// The same, where the list that stands there has the version `over`, or where there is none for `None`; with no new list
    /// it is removed. `false`: another one stands there by now, and nothing was done.
    async fn change_own_providers(
        &self,
        app: AppId,
        channel: Channel,
        over: Option<i64>,
        new: Option<&NewOwnProviders>,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool>;
    /// What is shown of an application's lists, by channel.
    async fn own_providers(&self, app: AppId) -> Result<Vec<ShownProviders>>;
    /// The channels for which an application has a list, and the lists' versions.
    async fn own_versions(&self, app: AppId) -> Result<Vec<(Channel, i64)>>;
    /// A channel's list, sealed.
    async fn sealed_providers(&self, app: AppId, channel: Channel) -> Result<Option<SealedProviders>>;
    /// Removes a channel's list; `false` when there is none.
    async fn remove_own_providers(
        &self,
        app: AppId,
        channel: Channel,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool>;
}
