//! Data keys, retention, health.

use std::time::Duration;

use async_trait::async_trait;

use super::{SqlStore, args, in_time};
use crate::domain::time::Moment;
use crate::keyring::{DataKey, Sealed, SealedTable};
use crate::store::{Result, SealedRow, StoreError, Swept, UpkeepStore};

const DAY: Duration = Duration::from_hours(24);
const TRACE_LIFE: Duration = Duration::from_hours(720);
/// Three years, the longest with a leap day in it.
const FIGURES_LIFE: Duration = Duration::from_hours(1096 * 24);

/// What outlives its use, and the statement that removes at most `$2` rows of it older than `$1`.
const SWEEPS: [(Duration, &str); 20] = [
    (
        DAY,
        "DELETE FROM inbox WHERE (app_id, mode, id) IN
         (SELECT app_id, mode, id FROM inbox WHERE created_at <= $1 LIMIT $2)",
    ),
    (
        DAY,
        "DELETE FROM phone_sends WHERE updated_at <= $1 AND (app_id, mode, country) IN
         (SELECT app_id, mode, country FROM phone_sends WHERE updated_at <= $1 LIMIT $2)",
    ),
    (
        DAY,
        "DELETE FROM idempotency WHERE (app_id, mode, key_mac) IN
         (SELECT app_id, mode, key_mac FROM idempotency WHERE created_at <= $1 LIMIT $2)",
    ),
    (
        Duration::ZERO,
        "DELETE FROM factors WHERE (app_id, mode, id) IN
         (SELECT app_id, mode, id FROM factors WHERE status = 'pending' AND expires_at <= $1 LIMIT $2)",
    ),
    (
        Duration::ZERO,
        "DELETE FROM webauthn_states WHERE (app_id, mode, id) IN
         (SELECT app_id, mode, id FROM webauthn_states WHERE expires_at <= $1 LIMIT $2)",
    ),
    (
        Duration::from_mins(15),
        "UPDATE idempotency SET answer = NULL, answer_key = NULL, state = 'expired' WHERE (app_id, mode, key_mac) IN
         (SELECT app_id, mode, key_mac FROM idempotency
          WHERE created_at <= $1 AND enrolment IS NOT NULL AND answer IS NOT NULL LIMIT $2)",
    ),
    (
        TRACE_LIFE,
        "DELETE FROM events WHERE (app_id, mode, id) IN
         (SELECT app_id, mode, id FROM events WHERE created_at <= $1 LIMIT $2)",
    ),
    (
        TRACE_LIFE,
        "DELETE FROM delivery_attempts WHERE (app_id, mode, message_id, seq) IN
         (SELECT app_id, mode, message_id, seq FROM delivery_attempts WHERE started_at <= $1 LIMIT $2)",
    ),
    (
        TRACE_LIFE,
        "DELETE FROM checks WHERE (app_id, mode, challenge_id, seq) IN
         (SELECT app_id, mode, challenge_id, seq FROM checks WHERE at <= $1 LIMIT $2)",
    ),
    (
        TRACE_LIFE,
        "DELETE FROM challenges WHERE (app_id, mode, id) IN
         (SELECT app_id, mode, id FROM challenges WHERE created_at <= $1 LIMIT $2)",
    ),
    (
        TRACE_LIFE,
        "DELETE FROM messages WHERE (app_id, mode, id) IN
         (SELECT app_id, mode, id FROM messages WHERE created_at <= $1 AND status <> 'queued' LIMIT $2)",
    ),
    (
        TRACE_LIFE,
        "DELETE FROM webhook_attempts WHERE (app_id, mode, delivery_id, seq) IN
         (SELECT app_id, mode, delivery_id, seq FROM webhook_attempts WHERE started_at <= $1 LIMIT $2)",
    ),
    (
        TRACE_LIFE,
        "DELETE FROM webhook_deliveries WHERE (app_id, mode, id) IN
         (SELECT app_id, mode, id FROM webhook_deliveries WHERE created_at <= $1 AND status <> 'pending' LIMIT $2)",
    ),
    (
        TRACE_LIFE,
        "DELETE FROM notices WHERE (org_id, id) IN
         (SELECT org_id, id FROM notices WHERE created_at <= $1 LIMIT $2)",
    ),
    (
        Duration::ZERO,
        "DELETE FROM member_sessions WHERE (org_id, id) IN
         (SELECT org_id, id FROM member_sessions WHERE expires_at <= $1 LIMIT $2)",
    ),
    (
        DAY,
        "DELETE FROM member_links WHERE id IN (SELECT id FROM member_links WHERE expires_at <= $1 LIMIT $2)",
    ),
    (
        Duration::ZERO,
        "DELETE FROM attempts WHERE ends_at <= $1 AND key_mac IN
         (SELECT key_mac FROM attempts WHERE ends_at <= $1 LIMIT $2)",
    ),
    (
        FIGURES_LIFE,
        "DELETE FROM usage_kept WHERE (app_id, mode, at, channel, country) IN
         (SELECT app_id, mode, at, channel, country FROM usage_kept WHERE at <= $1 LIMIT $2)",
    ),
    (
        FIGURES_LIFE,
        "DELETE FROM usage_hours WHERE (app_id, mode, at, channel, country) IN
         (SELECT app_id, mode, at, channel, country FROM usage_hours WHERE at <= $1 LIMIT $2)",
    ),
    (
        FIGURES_LIFE,
        "DELETE FROM usage_days WHERE (app_id, mode, at, channel, country) IN
         (SELECT app_id, mode, at, channel, country FROM usage_days WHERE at <= $1 LIMIT $2)",
    ),
];

#[async_trait]
impl UpkeepStore for SqlStore {
    async fn migrate(&self) -> Result<()> {
        self.database.migrate().await
    }

    async fn is_migrated(&self) -> Result<bool> {
        self.database.is_migrated().await
    }

    async fn is_empty(&self) -> Result<bool> {
        let row = self
            .reading()
            .await?
            .row(
                "SELECT (SELECT COUNT(*) FROM data_keys) + (SELECT COUNT(*) FROM organizations) AS n",
                args![],
            )
            .await?;
        Ok(row.map_or(Ok(0_i64), |row| row.get("n"))? == 0)
    }

    async fn data_key(&self, which: DataKey) -> Result<Option<Sealed>> {
        let row = self
            .reading()
            .await?
            .row("SELECT root_key, wrapped FROM data_keys WHERE purpose = $1", args![which.name()])
            .await?;
        row.map(|row| Ok(Sealed { key: row.get("root_key")?, bytes: row.get("wrapped")? })).transpose()
    }

    async fn offer_data_keys(&self, wrapped: &[(DataKey, Sealed)]) -> Result<()> {
        let mut tx = self.writing().await?;
        for (which, key) in wrapped {
            tx.run(
                "INSERT INTO data_keys (purpose, root_key, wrapped) VALUES ($1, $2, $3)
                 ON CONFLICT (purpose) DO NOTHING",
                args![which.name(), &key.key, &key.bytes],
            )
            .await?;
        }
        tx.commit().await
    }

    async fn rewrap_data_key(&self, which: DataKey, old: &Sealed, new: &Sealed) -> Result<bool> {
        let mut tx = self.writing().await?;
        let touched = tx
            .run(
                "UPDATE data_keys SET root_key = $1, wrapped = $2 WHERE purpose = $3 AND root_key = $4 AND wrapped = $5",
                args![&new.key, &new.bytes, which.name(), &old.key, &old.bytes],
            )
            .await?;
        tx.commit().await?;
        Ok(touched == 1)
    }

    async fn sealed_rows(&self, table: SealedTable, primary: &str, limit: i64) -> Result<Vec<SealedRow>> {
        super::reseal::find(&mut *self.reading().await?, table, primary, limit).await
    }

    async fn reseal(&self, table: SealedTable, row: &SealedRow, new: &Sealed) -> Result<bool> {
        let mut tx = self.writing().await?;
        let touched = super::reseal::put(&mut *tx, table, row, new).await?;
        tx.commit().await?;
        Ok(touched == 1)
    }

    async fn database_time(&self) -> Result<Moment> {
        in_time(async {
            let row = self.reading().await?.row(self.database.time_statement(), args![]).await?;
            row.map_or_else(
                || Err(StoreError::Corrupt("the database told no time".into())),
                |row| row.moment("now"),
            )
        })
        .await
    }

    async fn outbox_depth(&self, now: Moment) -> Result<(i64, i64)> {
        in_time(async {
            let row = self
                .reading()
                .await?
                .row(
                    "SELECT COUNT(*) AS depth, COALESCE(MIN(CASE WHEN due_at <= $1 THEN created_at END), $1) AS oldest
                     FROM messages WHERE status = 'queued' AND (due_at <= $1 OR lease <> '' OR step = 0)",
                    args![now],
                )
                .await?;
            let Some(row) = row else { return Ok((0, 0)) };
            Ok((row.get("depth")?, now.millis() - row.get::<i64>("oldest")?))
        })
        .await
    }

    async fn sweep(&self, now: Moment, limit: i64) -> Result<Swept> {
        let full = u64::try_from(limit).unwrap_or(0);
        let mut swept = Swept::default();
        for (age, statement) in SWEEPS {
            let mut tx = self.writing().await?;
            let rows = tx.run(statement, args![now.minus(age), limit]).await?;
            tx.commit().await?;
            swept.rows += rows;
            swept.more |= rows >= full;
        }
        Ok(swept)
    }

    fn connections(&self) -> (u32, usize) {
        self.database.connections()
    }

    async fn close(&self) {
        self.database.close().await;
    }
}
