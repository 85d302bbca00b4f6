//! What figures take to read: a year of hours, four channels and ten countries of one application, in a database with
//! twenty of them.
//!
//! ```text
//! cargo bench --bench usage                                             on SQLite
//! BENCH_DATABASE_URL=postgres://…/empty cargo bench --bench usage       on an empty PostgreSQL database
//! ```

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark may fail loudly, and prints its figures"
)]

use std::time::{Duration, Instant};

use rift_mfa::clock::{Chance as _, OsChance};
use rift_mfa::domain::id::AppId;
use rift_mfa::domain::tenant::{Mode, Scope};
use rift_mfa::domain::time::Moment;
use rift_mfa::domain::usage::By;
use rift_mfa::store::{SqlStore, UpkeepStore as _, UsageQuery, UsageStore as _};
use sqlx::{AssertSqlSafe, PgPool, SqlitePool};

/// 2026-01-01T00:00:00Z.
const FROM: i64 = 1_767_225_600_000;
const DAYS: i64 = 365;
const DAY: i64 = 24 * 60 * 60 * 1000;
const RUNS: usize = 20;

fn main() {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().unwrap();
    let url = std::env::var("BENCH_DATABASE_URL")
        .unwrap_or_else(|_| format!("sqlite:{}", folder.path().join("rift.db").display()));
    let store = SqlStore::open(&url, 4).await.unwrap();
    store.migrate().await.unwrap();
    let app = AppId::new(Moment::from_millis(FROM), &mut *OsChance.rng());
    fill(&url, app).await;
    println!(
        "\na year of hours, 4 channels, 10 countries; 19 other applications with days of their own; {RUNS} runs each"
    );
    let scope = Scope { app, mode: Mode::Live };
    for (what, days, by, by_channel, by_country) in [
        ("a year by day", DAYS, By::Day, false, false),
        ("a year by day and channel", DAYS, By::Day, true, false),
        ("a year by day, channel, country", DAYS, By::Day, true, true),
        ("a year by month", DAYS, By::Month, false, false),
        ("31 days by hour", 31, By::Hour, false, false),
        ("31 days by hour, channel, country", 31, By::Hour, true, true),
        ("7 days by day", 7, By::Day, false, false),
    ] {
        let to = FROM + DAYS * DAY;
        let query = UsageQuery {
            from: Moment::from_millis(to - days * DAY),
            to: Moment::from_millis(to),
            by,
            by_channel,
            by_country,
        };
        let mut times = Vec::with_capacity(RUNS);
        let mut rows = 0;
        for _ in 0..RUNS {
            let began = Instant::now();
            rows = store.usage(scope, &query).await.unwrap().len();
            times.push(began.elapsed());
        }
        times.sort_unstable();
        let [p50, most] = [RUNS / 2, RUNS - 1].map(|at| millis(times.get(at).copied().unwrap_or_default()));
        println!("  {what:<36} {rows:>6} rows   p50 {p50:6.1} ms   max {most:6.1} ms");
    }
    store.close().await;
}

async fn fill(url: &str, app: AppId) {
    let postgres = !url.starts_with("sqlite:");
    let series = |count: i64| {
        if postgres {
            format!("generate_series(0, {count} - 1) AS s(n)")
        } else {
            format!(
                "(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {count} - 1) SELECT n FROM s) AS s"
            )
        }
    };
    let rows = |table: &str, app: &str, step: i64, count: i64| {
        format!(
            "INSERT INTO {table} (app_id, mode, at, channel, country, sends, handed_over, failed, verifications, failures,
                 t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10)
             SELECT {app}, 'live', {FROM} + (n / 40) * CAST({step} AS BIGINT),
                 CASE n % 4 WHEN 0 THEN 'email' WHEN 1 THEN 'sms' WHEN 2 THEN 'whatsapp' ELSE 'voice' END,
                 'C' || CAST((n / 4) % 10 AS TEXT), 7, 6, 1, 5, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0
             FROM {}",
            series(count)
        )
    };
    let mut statements = vec![
        rows("usage_hours", &format!("'{app}'"), DAY / 24, DAYS * 24 * 40),
        rows("usage_days", &format!("'{app}'"), DAY, DAYS * 40),
    ];
    statements.extend((1..20).map(|other| rows("usage_days", &format!("'app_{other}'"), DAY, DAYS * 40)));
    let end = FROM + DAYS * DAY;
    statements.push(format!(
        "INSERT INTO usage_marks (name, value) VALUES ('first', {end}), ('final', {end}), ('erased', 0)"
    ));
    statements.push("ANALYZE".to_owned());
    if postgres {
        let pool = PgPool::connect(url).await.unwrap();
        for sql in statements {
            sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        }
        pool.close().await;
    } else {
        let pool = SqlitePool::connect(url).await.unwrap();
        for sql in statements {
            sqlx::query(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        }
        pool.close().await;
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
