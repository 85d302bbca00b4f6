//! What both databases share: the session over either driver, and every statement that is portable.
//!
//! One file per intention. A statement is text for both databases; the few that differ are asked of [`Database`].

mod access;
mod audit;
mod backup;
mod challenges;
mod erase;
mod events;
mod expiry;
mod factors;
mod idempotency;
mod inbox;
mod keys;
mod notices;
mod outbox;
mod own_providers;
mod quota;
mod reports;
mod reseal;
mod retire;
mod rows;
pub(super) mod session;
mod sets;
mod sign_in;
mod templates;
mod tenants;
mod totp;
mod traces;
mod turns;
mod upkeep;
mod usage;
mod users;
mod webauthn;
mod webhooks;

use std::future::Future;
use std::time::Duration;

pub use retire::TABLES as ERASED_WITH_AN_APPLICATION;
pub use usage::{LOCK_READS, USAGE_READS};

pub(super) use session::{Arg, Database, Row, Session, args};

use super::{Checked, Deadline, Remember, Result, Scope, Started, StartedApp, StartedKey, StoreError};

/// The store over SQLite or Postgres.
pub struct SqlStore {
    database: Box<dyn Database>,
}

/// How long a request waits for the database, all in all, before it is answered 503.
pub const PATIENCE: Duration = Duration::from_millis(1_600);

impl SqlStore {
    pub(super) fn over(database: impl Database + 'static) -> Self {
        Self { database: Box::new(database) }
    }

    /// Opens the database that the URL names: `sqlite:`, `postgres:` or `postgresql:`.
    pub async fn open(url: &str, max_connections: u32) -> Result<Self> {
        if url.starts_with("sqlite:") {
            super::sqlite::open(url, max_connections).await
        } else {
            super::postgres::open(url, max_connections).await
        }
    }

    /// The file of an embedded database, its folder made; none where the URL names no file.
    pub fn embedded_file(url: &str) -> Result<Option<std::path::PathBuf>> {
        super::sqlite::file(url)
    }

    async fn writing(&self) -> Result<Box<dyn Session>> {
        self.database.writing().await
    }

    async fn reading(&self) -> Result<Box<dyn Session>> {
        self.database.reading().await
    }
}

/// Gives a look-up up after [`PATIENCE`]. Not for what decides: that ends by itself, in a task of its own.
pub(super) async fn in_time<T>(work: impl Future<Output = Result<T>> + Send) -> Result<T> {
    tokio::time::timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|_| Err(StoreError::Unavailable("no answer within 1.6 s".into())))
}

/// Stores the answer, where one is asked for, and commits; an outcome without effect is rolled back.
async fn close<T: Effect>(
    mut tx: Box<dyn Session>,
    scope: Scope,
    remember: Option<Remember<'_, T>>,
    outcome: T,
    deadline: Deadline,
) -> Result<T> {
    if outcome.has_effect() {
        idempotency::store(&mut *tx, scope, remember.as_ref(), &outcome).await?;
        if deadline.is_near() {
            return Err(StoreError::Unavailable("the work came too late for its caller".into()));
        }
        tx.commit().await?;
    }
    Ok(outcome)
}

/// Whether an outcome is to be kept. What was refused leaves no row behind, and counts nothing.
trait Effect {
    fn has_effect(&self) -> bool;
}

impl Effect for Started {
    fn has_effect(&self) -> bool {
        match self {
            Self::Started { .. } => true,
            Self::Locked { .. } | Self::Refused(_) | Self::CountryFull { .. } => false,
        }
    }
}

impl Effect for StartedApp {
    fn has_effect(&self) -> bool {
        match self {
            Self::Pending | Self::Enrolling => true,
            Self::ProofRequired | Self::Locked { .. } | Self::Refused(_) => false,
        }
    }
}

impl Effect for StartedKey {
    fn has_effect(&self) -> bool {
        match self {
            Self::Pending { .. } | Self::Enrolling { .. } => true,
            Self::ProofRequired | Self::Locked { .. } | Self::Refused(_) => false,
        }
    }
}

impl Effect for Checked {
    fn has_effect(&self) -> bool {
        match self {
            Self::Approved(_) | Self::Failed { .. } => true,
            Self::Spent { .. } | Self::Locked { .. } | Self::ProofRequired | Self::Unknown => false,
        }
    }
}
