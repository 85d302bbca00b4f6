//! What is done to a user by hand: locking, and erasing all that is kept.

use async_trait::async_trait;

use super::{AuditNote, Result, Scope, UserRef};
use crate::domain::id::AuditId;
use crate::domain::time::Moment;

/// What an erasure took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// Rows by what they were, in a fixed order.
    pub rows: Vec<(&'static str, u64)>,
    /// The line that tells of it.
    pub audit: AuditId,
}

/// Acts on users. Each leaves its line in the audit log, in its own transaction.
#[async_trait]
pub trait UserStore: Send + Sync {
    /// Locks a user until then, as failures would; also one that is not known yet. Where a lock lasts longer it stays and
    /// nothing is written. Says until when the user is locked.
    async fn lock_user(
        &self,
        scope: Scope,
        user: &UserRef,
        until: Moment,
        now: Moment,
        note: &AuditNote,
    ) -> Result<Moment>;
    /// Erases all that is kept of a user, under the user's row. A check or a start at the same moment comes before and is
    /// erased, or comes after and begins a fresh user; a message that waits is not sent, one that a node holds
    /// already may be, and leaves nothing. What the user had
    /// a part in stays in the usage figures. Of a pair the pair is erased; its address and its number are users of their
    /// own. `None`: nothing is known of the user, and nothing was written.
    async fn erase_user(
        &self,
        scope: Scope,
        user: &UserRef,
        now: Moment,
        note: &AuditNote,
    ) -> Result<Option<Erased>>;
}
