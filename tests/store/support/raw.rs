//! The rows themselves, read and changed past the store.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

#[derive(Clone)]
pub enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

const TABLES: [&str; 19] = [
    "organizations",
    "applications",
    "api_keys",
    "templates",
    "data_keys",
    "users",
    "challenges",
    "checks",
    "messages",
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
