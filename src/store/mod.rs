//! Floor 1: what is kept, as whole and atomic intentions.
//!
//! Each method is one transaction that decides a thing in the database: it takes the user's row first, which serialises
//! all that is decided about the user, then changes rows by conditional statements whose row counts are checked. Each
//! call that touches a tenant's data takes its [`Scope`]. The time is always an argument. No method, no HTTP and no
//! provider may enter here.
//!
//! [`SqlStore`] serves both databases with the same statements; `postgres` and `sqlite` hold what differs.

mod access;
mod audit;
mod backup;
mod challenges;
mod factors;
mod idempotency;
mod notices;
mod outbox;
mod own_providers;
mod postgres;
mod records;
mod sign_in;
mod sql;
mod sqlite;
mod templates;
mod tenants;
mod upkeep;
mod usage;
mod users;
mod webauthn;
mod webhooks;

pub use access::{AccessStore, Made, MemberChange, MemberChanged, Rolled};
pub use audit::{AuditFilter, AuditNote, AuditStore};
pub use backup::{
    BackupCandidate, BackupHash, BackupStore, SettleBackup, ShownBackup, SpendBackup, SpentBackup,
    StartBackup,
};
pub use challenges::{
    Approval, ChallengeStore, CheckCode, Checked, DeliveryFilter, ListFilter, NewChallenge, StartCode,
    Started, UserRef,
};
pub use factors::{
    CheckTotp, Enrolment, FactorStore, NewFactor, Removed, StartApp, StartedApp, Telling, TotpFactor,
    TotpMatch,
};
pub use idempotency::{Claim, ClaimRequest, IdempotencyStore, Remember, Ticket};
pub use notices::{ClaimedNotice, NoticeNext, NoticeStore};
pub use outbox::{
    AttemptRecord, ClaimedMessage, DeliveryReport, Disposition, InboxItem, InboxOf, Lease, NewMessage, Next,
    OutboxStore, ReportTaken, Wakes,
};
pub use own_providers::{NewOwnProviders, OwnProviderStore, SealedProviders, ShownProviders};
pub use records::{
    AttemptRow, ChallengeRecord, CheckRow, Delivery, FactorRecord, ListedDelivery, Trace, UserSummary,
};
pub use sign_in::{
    Attempt, Credential, Ending, FirstOwner, HouseUser, LinkRow, MemberMail, NewLink, NewSession, SessionRow,
    SignInStore, Told,
};
pub use sql::{ERASED_WITH_AN_APPLICATION, LOCK_READS, SqlStore, USAGE_READS};
pub use templates::{StoredTemplate, TemplateStore};
pub use tenants::{KeyOwner, TenantStore};
pub use upkeep::{SealedRow, Swept, UpkeepStore};
pub use usage::{Locks, UsageQuery, UsageRow, UsageStore};
pub use users::{Erased, UserStore};
pub use webauthn::{
    CheckKey, KeyFacts, KeyRef, KeyRow, KeyVerdict, NewCeremony, NewCredential, OpenCeremony, StartKey,
    StartedKey, WebauthnStore,
};
pub use webhooks::{
    Called, ClaimedHook, DueWebhook, HookFilter, HookNext, HookRecorded, Replay, Replayed, WebhookMade,
    WebhookStore,
};

use std::time::{Duration, Instant};

use crate::domain::tenant::Scope;

/// Everything that is kept. One suite of tests (`tests/store/contract.rs`) runs over each implementation.
pub trait Store:
    TenantStore
    + AccessStore
    + AuditStore
    + TemplateStore
    + OwnProviderStore
    + ChallengeStore
    + FactorStore
    + WebauthnStore
    + BackupStore
    + OutboxStore
    + IdempotencyStore
    + UpkeepStore
    + WebhookStore
    + NoticeStore
    + UsageStore
    + UserStore
    + SignInStore
{
}

impl<T> Store for T where
    T: TenantStore
        + AccessStore
        + AuditStore
        + TemplateStore
        + OwnProviderStore
        + ChallengeStore
        + FactorStore
        + WebauthnStore
        + BackupStore
        + OutboxStore
        + IdempotencyStore
        + UpkeepStore
        + WebhookStore
        + NoticeStore
        + UsageStore
        + UserStore
        + SignInStore
{
}

/// Why the store could not do what it was asked for. Nothing was written then.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database does not answer, or not in time. Over HTTP: 503.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A stored value cannot be read: another version, or damage.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
    /// A row that this transaction had locked was changed by another: a broken invariant, never a user's doing.
    #[error("a conditional statement touched {touched} rows in place of 1: {what}")]
    Conflict {
        /// Which statement.
        what: &'static str,
        /// How many rows it touched.
        touched: u64,
    },
    /// The request's idempotency claim was taken over by another one; its effect was rolled back.
    #[error("the idempotency claim was lost")]
    ClaimLost,
}

/// The moment after which nobody waits for an answer any more. A start that comes so late is not committed: its caller was
/// told 503, so it must deliver nothing. A check is committed however late it is: its attempt was spent.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Option<Instant>);

/// What is left for the commit itself.
const SPARE: Duration = Duration::from_millis(100);

impl Deadline {
    /// A deadline at that moment of the machine's steady clock.
    #[must_use]
    pub const fn at(moment: Instant) -> Self {
        Self(Some(moment))
    }

    /// No deadline.
    #[must_use]
    pub const fn never() -> Self {
        Self(None)
    }

    fn is_near(self) -> bool {
        self.0.is_some_and(|moment| moment.saturating_duration_since(Instant::now()) < SPARE)
    }
}

/// The result of every method of a store.
pub type Result<T> = std::result::Result<T, StoreError>;
