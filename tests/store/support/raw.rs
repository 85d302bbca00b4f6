//! The rows themselves, read and changed past the store.

use std::fmt::Write as _;

use sqlx::{AssertSqlSafe, PgPool, Postgres, SqlitePool, Transaction};

#[derive(Clone)]
pub enum Raw {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

const TABLES: [&str; 34] = [
    "organizations",
    "applications",
    "api_keys",
    "templates",
    "app_providers",
    "org_keys",
    "members",
    "audit_log",
    "audit_heads",
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
    "usage_hours",
    "usage_days",
    "usage_kept",
    "usage_marks",
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

    /// The tables that have a column of this name.
    pub async fn tables_with(&self, column: &str) -> Vec<String> {
        let sql = match self {
            Self::Postgres(_) => format!(
                "SELECT CAST(table_name AS TEXT) FROM information_schema.columns
                 WHERE table_schema = 'public' AND column_name = '{column}' ORDER BY 1"
            ),
            Self::Sqlite(_) => format!(
                "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
                 WHERE m.type = 'table' AND c.name = '{column}' ORDER BY 1"
            ),
        };
        self.texts(&sql).await.into_iter().flatten().collect()
    }

    /// How the database would run a statement.
    pub async fn plan(&self, sql: &str) -> String {
        match self {
            Self::Postgres(_) => {
                let lines = self.texts(&format!("EXPLAIN {sql}")).await;
                lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
            }
            Self::Sqlite(pool) => {
                let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
                let rows = sqlx::query(sql).fetch_all(pool).await.unwrap();
                let lines: Vec<String> =
                    rows.iter().map(|row| sqlx::Row::get::<String, _>(row, "detail")).collect();
                lines.join("\n")
            }
        }
    }

    /// Fills a table of figures with `rows` spans, `step` milliseconds apart, of this application and of 99 others.
    pub async fn fill_usage(&self, table: &str, app: &str, mode: &str, from: i64, step: i64, rows: i64) {
        let numbers = self.numbers(rows * 100);
        self.run(&format!(
            "INSERT INTO {table} (app_id, mode, at, channel, country, sends, handed_over, failed, verifications, failures,
                 t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10)
             SELECT CASE WHEN n % 100 = 0 THEN '{app}' ELSE 'app_' || CAST(n % 100 AS TEXT) END, '{mode}',
                 {from} + (n / 100) * CAST({step} AS BIGINT), 'sms', 'DE', 1, 1, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
             FROM {numbers}"
        ))
        .await;
    }

    /// Users and events of an application; one in fifty users is locked, and one in fifty events is a lock.
    pub async fn fill_users(&self, app: &str, mode: &str, rows: i64) {
        let (numbers, key) = (self.numbers(rows), self.bytes(&[7; 16]));
        let key = match self {
            Self::Sqlite(_) => format!("CAST(n AS TEXT) || {key}"),
            Self::Postgres(_) => format!("CAST(n AS TEXT)::bytea || {key}"),
        };
        self.run(&format!(
            "INSERT INTO users (app_id, mode, user_key, masked, standing, version, created_at, updated_at, locked_until)
             SELECT '{app}', '{mode}', {key}, 'j', '{{}}', 1, 0, 0,
                 CASE WHEN n % 50 = 0 THEN 9000000000000 END
             FROM {numbers}"
        ))
        .await;
        self.run(&format!(
            "INSERT INTO events (app_id, mode, id, kind, masked, data, created_at)
             SELECT '{app}', '{mode}', 'evt_' || CAST(n AS TEXT),
                 CASE WHEN n % 50 = 0 THEN 'user.locked' ELSE 'challenge.started' END, 'j', '{{}}',
                 CAST(1700000000000 AS BIGINT) + n
             FROM {numbers}"
        ))
        .await;
    }

    /// So many rows with a number `n` from 0.
    fn numbers(&self, rows: i64) -> String {
        match self {
            Self::Postgres(_) => format!("generate_series(0, {rows} - 1) AS s(n)"),
            Self::Sqlite(_) => format!(
                "(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {rows} - 1) SELECT n FROM s) AS s"
            ),
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
