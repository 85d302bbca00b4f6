//! What is Postgres' own: the pool, its time limits, and claiming with `SKIP LOCKED`.

use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::postgres::{PgConnectOptions, PgListener};
use sqlx::{Connection, PgConnection, PgPool, Postgres, Transaction};

use super::sql::{Arg, Database, Row, Session, SqlStore};
use super::{Result, StoreError, Wakes};
use crate::store::sql::session::{bind_postgres, failed};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

/// The channel of LISTEN and NOTIFY.
const DUE: &str = "rift_outbox";

/// LISTEN. A lost connection is told, so that the outbox is looked at for what was missed.
struct Listening(PgListener);

#[async_trait]
impl Wakes for Listening {
    async fn next(&mut self) -> Result<()> {
        match self.0.try_recv().await.map_err(failed)? {
            Some(_) => Ok(()),
            None => Err(StoreError::Unavailable("the listening connection was lost".into())),
        }
    }
}

struct PostgresDatabase {
    pool: PgPool,
    unhurried: PgConnectOptions,
}

/// Connects to the server that the URL names.
pub(super) async fn open(url: &str, max_connections: u32) -> Result<SqlStore> {
    let unhurried = PgConnectOptions::from_str(url).map_err(failed)?.application_name("rift-mfa");
    let options = unhurried.clone().options([
        // A statement that hangs must not outlive the request that is answered 503 after 1.8 s by much.
        ("statement_timeout", "5s"),
        ("lock_timeout", "1500ms"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("default_transaction_isolation", "read committed"),
    ]);
    // A first connection by hand: the pool would say "timed out" where this says why.
    let first = PgConnection::connect_with(&options).await.map_err(failed)?;
    first.close().await.map_err(failed)?;
    let pool = PoolOptions::<Postgres>::new()
        .max_connections(max_connections)
        .acquire_timeout(Duration::from_millis(1_500))
        .connect_with(options)
        .await
        .map_err(failed)?;
    Ok(SqlStore::over(PostgresDatabase { pool, unhurried }))
}

#[async_trait]
impl Database for PostgresDatabase {
    async fn writing(&self) -> Result<Box<dyn Session>> {
        Ok(Box::new(Held::Writing(self.pool.begin().await.map_err(failed)?)))
    }

    async fn reading(&self) -> Result<Box<dyn Session>> {
        Ok(Box::new(Held::Reading(self.pool.acquire().await.map_err(failed)?)))
    }

    fn claim_statement(&self) -> &'static str {
        // Materialised: a plan that looks into the inner query again for each row would take more than its limit.
        "WITH due AS MATERIALIZED (SELECT app_id AS d_app, mode AS d_mode, id AS d_id FROM messages
               WHERE status = 'queued' AND due_at <= $3 AND channel IN ($5, $6, $7, $8)
               ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED)
         UPDATE messages SET lease = $1, due_at = GREATEST(LEAST($2, expires_at + 20000), $3 + 2000)
         FROM due WHERE app_id = d_app AND mode = d_mode AND id = d_id
         RETURNING app_id, mode, id, challenge_id, user_key, channel, payload_key, payload, tries, due_at,
                   created_at, expires_at, step, wait_ms"
    }

    /// On a connection of its own, so that none of the pool's is kept from the requests.
    async fn listen(&self) -> Result<Box<dyn Wakes>> {
        let own = PoolOptions::<Postgres>::new()
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(5))
            .connect_lazy_with(self.unhurried.clone());
        let mut listener = PgListener::connect_with(&own).await.map_err(failed)?;
        listener.listen(DUE).await.map_err(failed)?;
        Ok(Box::new(Listening(listener)))
    }

    fn skips_locked(&self) -> bool {
        true
    }

    fn time_statement(&self) -> &'static str {
        "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now"
    }

    /// `sqlx` takes an advisory lock, so that nodes which start at once migrate once. The connection is without the time
    /// limits of requests: a migration may take long, and so may the wait for another node's.
    async fn migrate(&self) -> Result<()> {
        let own = PoolOptions::<Postgres>::new().max_connections(1).connect_with(self.unhurried.clone());
        let own = own.await.map_err(failed)?;
        let migrated = MIGRATIONS.run(&own).await;
        own.close().await;
        migrated.map_err(|error| StoreError::Unavailable(error.into()))
    }

    async fn is_migrated(&self) -> Result<bool> {
        let any = sqlx::query_scalar::<_, bool>("SELECT to_regclass('_sqlx_migrations') IS NOT NULL");
        if !any.fetch_one(&self.pool).await.map_err(failed)? {
            return Ok(false);
        }
        let done = sqlx::query_scalar::<_, i64>("SELECT COUNT(*) FROM _sqlx_migrations WHERE success");
        let known = i64::try_from(MIGRATIONS.iter().count()).unwrap_or(i64::MAX);
        Ok(done.fetch_one(&self.pool).await.map_err(failed)? >= known)
    }

    fn connections(&self) -> (u32, usize) {
        (self.pool.size(), self.pool.num_idle())
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

/// A connection in use, with or without a transaction around it.
enum Held {
    Writing(Transaction<'static, Postgres>),
    Reading(PoolConnection<Postgres>),
}

impl Held {
    fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Writing(transaction) => &mut *transaction,
            Self::Reading(connection) => &mut *connection,
        }
    }
}

#[async_trait]
impl Session for Held {
    async fn wake(&mut self) -> Result<()> {
        self.run("SELECT pg_notify('rift_outbox', '')", Vec::new()).await.map(|_| ())
    }

    async fn run(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<u64> {
        let done = bind_postgres(sql, args).execute(self.connection()).await;
        done.map(|done| done.rows_affected()).map_err(failed)
    }

    async fn rows(&mut self, sql: &'static str, args: Vec<Arg>) -> Result<Vec<Row>> {
        let rows = bind_postgres(sql, args).fetch_all(self.connection()).await.map_err(failed)?;
        Ok(rows.into_iter().map(Row::Postgres).collect())
    }

    async fn commit(self: Box<Self>) -> Result<()> {
        match *self {
            Self::Writing(transaction) => transaction.commit().await.map_err(failed),
            Self::Reading(_) => Ok(()),
        }
    }
}
