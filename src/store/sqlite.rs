//! What is SQLite's own: WAL, full synchronisation, one writing connection, several readers.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Sqlite, SqliteConnection, SqlitePool, Transaction};
use tokio::sync::Notify;

use super::sql::{Arg, Database, Row, Session, SqlStore};
use super::{Result, StoreError, Wakes};
use crate::store::sql::session::{bind_sqlite, failed};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

struct SqliteDatabase {
    writer: SqlitePool,
    readers: SqlitePool,
    due: Arc<Notify>,
}

/// One process, so a call within it.
struct InProcess(Arc<Notify>);

#[async_trait]
impl Wakes for InProcess {
    async fn next(&mut self) -> Result<()> {
        self.0.notified().await;
        Ok(())
    }
}

/// Opens the file that the URL names and makes it if it is absent.
pub(super) async fn open(url: &str, max_connections: u32) -> Result<SqlStore> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(failed)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        // Deleted codes and payloads are overwritten, not left in free pages.
        .pragma("secure_delete", "ON")
        .busy_timeout(Duration::from_millis(1_500));
    if let Some(folder) = options.get_filename().parent() {
        make_private_folder(folder)?;
    }
    let pool = |size: u32| {
        PoolOptions::<Sqlite>::new()
            .max_connections(size)
            .min_connections(1)
            .acquire_timeout(Duration::from_millis(1_700))
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
    };
    let writer = pool(1).connect_with(options.clone()).await.map_err(failed)?;
    let readers =
        pool(max_connections.max(2)).connect_with(options.read_only(false)).await.map_err(failed)?;
    Ok(SqlStore::over(SqliteDatabase { writer, readers, due: Arc::default() }))
}

/// The file that the URL names, its folder made.
pub(super) fn file(url: &str) -> Result<Option<std::path::PathBuf>> {
    let options = SqliteConnectOptions::from_str(url).map_err(failed)?;
    let path = options.get_filename();
    if url.contains(":memory:") {
        return Ok(None);
    }
    if let Some(folder) = path.parent() {
        make_private_folder(folder)?;
    }
    Ok(Some(path.to_owned()))
}

fn make_private_folder(folder: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    if folder.as_os_str().is_empty() || folder.exists() {
        return Ok(());
    }
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| {
        StoreError::Unavailable(format!("cannot make the folder {}: {error}", folder.display()).into())
    })
}

#[async_trait]
impl Database for SqliteDatabase {
    async fn writing(&self) -> Result<Box<dyn Session>> {
        let transaction = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
        Ok(Box::new(Held::Writing { transaction, wakes: None, due: Arc::clone(&self.due) }))
    }

    async fn reading(&self) -> Result<Box<dyn Session>> {
        Ok(Box::new(Held::Reading(self.readers.acquire().await.map_err(failed)?)))
    }

    fn claim_statement(&self) -> &'static str {
        "UPDATE messages SET lease = $1, due_at = MAX(MIN($2, expires_at + 20000), $3 + 2000)
         FROM (SELECT app_id AS d_app, mode AS d_mode, id AS d_id FROM messages
               WHERE status = 'queued' AND due_at <= $3 AND channel IN ($5, $6, $7, $8)
               ORDER BY due_at LIMIT $4) AS due
         WHERE app_id = d_app AND mode = d_mode AND id = d_id
         RETURNING app_id, mode, id, challenge_id, user_key, channel, payload_key, payload, tries, due_at,
                   created_at, expires_at, step, wait_ms"
    }

    async fn listen(&self) -> Result<Box<dyn Wakes>> {
        Ok(Box::new(InProcess(Arc::clone(&self.due))))
    }

    fn skips_locked(&self) -> bool {
        false
    }

    fn time_statement(&self) -> &'static str {
        "SELECT CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now"
    }

    async fn migrate(&self) -> Result<()> {
        MIGRATIONS.run(&self.writer).await.map_err(|error| StoreError::Unavailable(error.into()))
    }

    async fn is_migrated(&self) -> Result<bool> {
        let any = sqlx::query_scalar::<_, bool>(
            "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = '_sqlx_migrations')",
        );
        if !any.fetch_one(&self.readers).await.map_err(failed)? {
            return Ok(false);
        }
        let done = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM _sqlx_migrations WHERE success");
        let known = i64::try_from(MIGRATIONS.iter().count()).unwrap_or(i64::MAX);
        Ok(done.fetch_one(&self.readers).await.map_err(failed)? >= known)
    }

    fn connections(&self) -> (u32, usize) {
        (self.writer.size() + self.readers.size(), self.writer.num_idle() + self.readers.num_idle())
    }

    async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A connection in use, with or without a transaction around it.
enum Held {
    Writing {
        transaction: Transaction<'static, Sqlite>,
        /// Set where the commit makes something due.
        wakes: Option<Arc<Notify>>,
        due: Arc<Notify>,
    },
    Reading(PoolConnection<Sqlite>),
}

impl Held {
    fn connection(&mut self) -> &mut SqliteConnection {
        match self {
            Self::Writing { transaction, .. } => &mut *transaction,
            Self::Reading(connection) => &mut *connection,
        }
    }
}

#[async_trait]
impl Session for Held {
    async fn wake(&mut self) -> Result<()> {
        if let Self::Writing { wakes, due, .. } = self {
            *wakes = Some(Arc::clone(due));
        }
        Ok(())
    }

    async fn run(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64> {
        let done = bind_sqlite(sql, args).execute(self.connection()).await;
        done.map(|done| done.rows_affected()).map_err(failed)
    }

    async fn rows(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<Row>> {
        let rows = bind_sqlite(sql, args).fetch_all(self.connection()).await.map_err(failed)?;
        Ok(rows.into_iter().map(Row::Sqlite).collect())
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        match *self {
            Self::Writing { transaction, wakes, .. } => {
                transaction.commit().await.map_err(failed)?;
                if let Some(due) = wakes {
                    due.notify_one();
                }
                Ok(())
            }
            Self::Reading(_) => Ok(()),
        }
    }
}
