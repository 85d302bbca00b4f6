//! The rows themselves, read and changed past the store.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, PgPool, Postgres, SqlitePool, Transaction};

#[derive(Clone)]
pub enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

const TABLES: [&str; 25] = [
    "organizations",
    "applications",
    "api_keys",
    "templates",
    "data_keys",
    "users",
    "challenges",
    "checks",
    "messages",
    "phone_sends",
    "delivery_attempts",
    "inbox",
    "factors",
    "webauthn_users",
    "webauthn_credentials",
    "webauthn_states",
    "backup_sets",
    "backup_codes",
    "idempotency",
    "events",
    "webhook_endpoints",
    "webhook_subscriptions",
    "webhook_deliveries",
    "webhook_attempts",
    "notices",
];

macro_rules! on_either {
    ($self:ident, $pool:ident => $call:expr) => {
        match $self {
            Self::Sqlite($pool) => $call.await.unwrap(),
            Self::Postgres($pool) => $call.await.unwrap(),
        }
    };
}

impl Raw {
    pub async fn close(&self) {
        match self {
            Self::Sqlite(pool) => pool.close().await,
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// A byte string in SQL.
    pub fn bytes(&self, bytes: &[u8]) -> String {
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        match self {
            Self::Sqlite(_) => format!("x'{hex}'"),
            Self::Postgres(_) => format!("'\\x{hex}'::bytea"),
        }
    }

    /// The first column of the first row. NULL reads as none, as no row does.
    pub async fn text(&self, sql: &str) -> Option<String> {
        self.texts(sql).await.into_iter().next().flatten()
    }

    /// The first column of all rows.
    pub async fn texts(&self, sql: &str) -> Vec<Option<String>> {
        on_either!(self, pool => sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_all(pool))
    }

    pub async fn number(&self, sql: &str) -> i64 {
        on_either!(self, pool => sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(pool))
    }

    /// How many rows there are, of those that `filter` lets through.
    pub async fn count(&self, table: &str, filter: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table} WHERE {filter}")).await
    }

    /// Runs a statement; says how many rows it touched.
    pub async fn run(&self, sql: &str) -> u64 {
        match self {
            Self::Sqlite(pool) => {
                sqlx::query(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap().rows_affected()
            }
            Self::Postgres(pool) => {
                sqlx::query(AssertSqlSafe(sql.to_owned())).execute(pool).await.unwrap().rows_affected()
            }
        }
    }

    /// Postgres: keeps a row locked until what it gives is dropped. `SQLite` has one writer, and nobody to keep from it.
    pub async fn hold(&self, sql: &str) -> Option<Transaction<'static, Postgres>> {
        let Self::Postgres(pool) = self else { return None };
        let mut transaction = pool.begin().await.unwrap();
        sqlx::query(AssertSqlSafe(sql.to_owned())).execute(&mut *transaction).await.unwrap();
        Some(transaction)
    }

    /// Postgres: until so many transactions wait for a lock.
    pub async fn waiting(&self, count: i64) {
        const WAITING: &str = "SELECT COUNT(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while matches!(self, Self::Postgres(_)) && self.number(WAITING).await < count {
            tokio::task::yield_now().await;
        }
    }

    /// Every row of every table, as text: equal before and after means that nothing was written.
    pub async fn everything(&self) -> String {
        let mut all = String::new();
        for table in TABLES {
            let line = match self {
                Self::Postgres(_) => "t::text".to_owned(),
                Self::Sqlite(_) => {
                    self.text(&format!(
                        "SELECT group_concat('quote(' || name || ')', ' || '','' || ') FROM pragma_table_info('{table}')"
                    ))
                    .await
                    .unwrap()
                }
            };
            let rows = self.texts(&format!("SELECT {line} AS line FROM {table} AS t ORDER BY line")).await;
            for row in rows {
                writeln!(all, "{table}: {}", row.unwrap()).unwrap();
            }
        }
        all
    }
}
