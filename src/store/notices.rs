//! Mails of the service to members of a tenant. They are queued in the transaction of what they tell.

use async_trait::async_trait;

use super::{Lease, Result};
use crate::domain::id::{NoticeId, OrgId};
use crate::domain::notice::Notice;
use crate::domain::time::Moment;

/// A mail that this node may send.
#[derive(Clone, Debug)]
pub struct ClaimedNotice {
    /// Its id.
    pub id: NoticeId,
    /// The tenant.
    pub org: OrgId,
    /// The member's address.
    pub email: String,
    /// What it tells; `None` where the row cannot be read.
    pub notice: Option<Notice>,
    /// The lease.
    pub lease: Lease,
    /// Tries so far.
    pub tries: u32,
    /// After that it is given up.
    pub expires_at: Moment,
}

/// What becomes of a mail after a try.
#[derive(Clone, Debug)]
pub enum NoticeNext {
    /// It was handed over.
    Sent,
    /// Another try at that time.
    Again(Moment),
    /// It is given up, and why.
    Failed(String),
}

/// Mails to members. Claiming goes over all tenants.
#[async_trait]
pub trait NoticeStore: Send + Sync {
    /// Takes up to `limit` mails whose time has come, none that another node holds.
    async fn claim_notices(&self, now: Moment, lease: &Lease, limit: i64) -> Result<Vec<ClaimedNotice>>;
    /// Records what came of a try; `false` when the lease was lost.
    async fn record_notice(&self, notice: &ClaimedNotice, next: &NoticeNext, now: Moment) -> Result<bool>;
}
