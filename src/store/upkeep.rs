//! What keeps the database in order: data keys, retention, health.

use async_trait::async_trait;

use super::Result;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::{DataKey, Row, Sealed, SealedTable, UserKey};

/// A sealed value and the row that it is bound to.
#[derive(Clone, Debug)]
pub struct SealedRow {
    /// Application and mode.
    pub scope: Scope,
    /// The row's id in the seal: its id, or the hexadecimal MAC of an idempotency key.
    pub id: String,
    /// The user in the seal.
    pub user: Option<UserKey>,
    /// The value.
    pub sealed: Sealed,
}

impl SealedRow {
    /// Where the value stands, as the seal has it.
    #[must_use]
    pub fn place(&self, table: SealedTable) -> Row<'_> {
        Row { scope: self.scope, user: self.user.as_ref(), table, id: &self.id }
    }
}

/// Rows that a sweep removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// In all.
    pub rows: u64,
    /// There may be more of some kind.
    pub more: bool,
}

/// Upkeep; the operator's, over all tenants.
#[async_trait]
pub trait UpkeepStore: Send + Sync {
    /// Brings the schema up to this version. Nodes that start at once do it once.
    async fn migrate(&self) -> Result<()>;
    /// Whether the schema is this version's.
    async fn is_migrated(&self) -> Result<bool>;
    /// Whether nobody has used the database yet: no data key and no organization is in it.
    async fn is_empty(&self) -> Result<bool>;
    /// The wrapped data key, if it was made.
    async fn data_key(&self, which: DataKey) -> Result<Option<Sealed>>;
    /// Keeps wrapped data keys, all of them or none, unless there are some; what counts is what [`UpkeepStore::data_key`]
    /// says afterwards.
    async fn offer_data_keys(&self, wrapped: &[(DataKey, Sealed)]) -> Result<()>;
    /// Puts a re-wrapped data key in place of the one that `old` wrapped; `false` when that was done already.
    async fn rewrap_data_key(&self, which: DataKey, old: &Sealed, new: &Sealed) -> Result<bool>;
    /// Up to `limit` values of a table that are sealed under another key than `primary`.
    async fn sealed_rows(&self, table: SealedTable, primary: &str, limit: i64) -> Result<Vec<SealedRow>>;
    /// Puts a newly sealed value in the old one's place; `false` when the row has changed meanwhile.
    async fn reseal(&self, table: SealedTable, row: &SealedRow, new: &Sealed) -> Result<bool>;
    /// The database's own clock.
    async fn database_time(&self) -> Result<Moment>;
    /// Messages that wait, and the age of the oldest that is due, in milliseconds.
    async fn outbox_depth(&self, now: Moment) -> Result<(i64, i64)>;
    /// Removes what has outlived its use, at most `limit` rows of each kind.
    async fn sweep(&self, now: Moment, limit: i64) -> Result<Swept>;
    /// Open connections, and those of them that nobody uses.
    fn connections(&self) -> (u32, usize);
    /// Closes all connections.
    async fn close(&self);
}
