//! The end of a deleted application: its rows go in small steps, the application itself last.

use super::{SqlStore, args, audit};
use crate::domain::id::AppId;
use crate::domain::tenant::Application;
use crate::domain::time::Moment;
use crate::store::{AuditNote, Result};

macro_rules! tables {
    ($($table:literal($keys:literal)),* $(,)?) => {
        /// Every table that holds rows of an application. The audit log is not among them: it stays.
        pub const TABLES: &[&str] = &[$($table),*];

        /// Removes at most `$2` of the application's rows from each.
        const STATEMENTS: &[&str] = &[$(concat!(
            "DELETE FROM ", $table, " WHERE app_id = $1 AND (", $keys, ") IN (SELECT ", $keys, " FROM ", $table,
            " WHERE app_id = $1 LIMIT $2)"
        )),*];

        /// Finds a row of the application in each.
        const LEFT: &[&str] = &[$(concat!("SELECT 1 AS left_over FROM ", $table, " WHERE app_id = $1 LIMIT 1")),*];
    };
}

tables! {
    "api_keys"("id"),
    "app_providers"("channel"),
    "templates"("channel, kind, locale"),
    "webhook_attempts"("mode, delivery_id, seq"),
    "webhook_deliveries"("mode, id"),
    "webhook_subscriptions"("mode, kind, endpoint_id"),
    "webhook_endpoints"("mode, id"),
    "delivery_attempts"("mode, message_id, seq"),
    "messages"("mode, id"),
    "inbox"("mode, id"),
    "checks"("mode, challenge_id, seq"),
    "webauthn_states"("mode, id"),
    "webauthn_credentials"("mode, rp_id, credential_id"),
    "webauthn_users"("mode, user_key, rp_id"),
    "backup_codes"("mode, set_id, idx"),
    "backup_sets"("mode, id"),
    "factors"("mode, id"),
    "challenges"("mode, id"),
    "idempotency"("mode, key_mac"),
    "events"("mode, id"),
    "phone_sends"("mode, country"),
    "usage_kept"("mode, at, channel, country"),
    "usage_hours"("mode, at, channel, country"),
    "usage_days"("mode, at, channel, country"),
    "users"("mode, user_key"),
}

/// Holds an application that is being erased until the transaction ends.
const TAKE: &str = "UPDATE applications SET erased_after = 0 WHERE id = $1 AND erased_after = 0";

impl SqlStore {
    /// An application whose grace has passed, marked so that nobody restores it any more.
    pub(super) async fn begin_to_erase(&self, now: Moment) -> Result<Option<Application>> {
        let mut tx = self.writing().await?;
        let row = tx
            .row(
                "UPDATE applications SET erased_after = 0 WHERE id =
                     (SELECT id FROM applications WHERE erased_after <= $1 ORDER BY erased_after, id LIMIT 1)
                   AND erased_after <= $1
                 RETURNING *",
                args![now],
            )
            .await?;
        let app = row.as_ref().map(super::tenants::read_app).transpose()?;
        tx.commit().await?;
        Ok(app)
    }

    /// Removes some of its rows; how many. One node at a time: one that waited for another's rows would find none of its
    /// own choice left, and take that for the end.
    pub(super) async fn erase_rows(&self, app: AppId, limit: i64) -> Result<u64> {
        let mut rows = 0;
        for statement in STATEMENTS {
            let mut tx = self.writing().await?;
            if tx.run(TAKE, args![app]).await? != 1 {
                return Ok(0);
            }
            rows += tx.run(statement, args![app, limit]).await?;
            tx.commit().await?;
        }
        Ok(rows)
    }

    /// Removes the application itself; `false` where another node did, or a row of it is left: nobody would find that again.
    pub(super) async fn erase_the_app(&self, app: AppId, now: Moment, note: &AuditNote) -> Result<bool> {
        let mut tx = self.writing().await?;
        audit::hold(&mut *tx, note.line.org).await?;
        if tx.run(TAKE, args![app]).await? != 1 {
            return Ok(false);
        }
        for statement in LEFT {
            if tx.row(statement, args![app]).await?.is_some() {
                return Ok(false);
            }
        }
        let gone = tx.run("DELETE FROM applications WHERE id = $1 AND erased_after = 0", args![app]).await?;
        if gone != 1 {
            return Ok(false);
        }
        audit::append(&mut *tx, note, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}
