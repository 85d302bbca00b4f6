//! A new API key as a row, how many there may be beside it, and when keys were used.

use super::{Session, SqlStore, args};
use crate::domain::id::{Id, Kind};
use crate::domain::secret::ApiKeyHash;
use crate::domain::tenant::ApiKeyRecord;
use crate::domain::time::Moment;
use crate::store::Result;

/// How many keys that have ended are still listed; the audit log tells of the others. Lists of keys come whole, and whoever
/// makes and revokes keys all day must not make them grow.
pub const ENDED: i64 = 200;

/// Whether the application of a new key has as many active ones as it may.
pub async fn is_full(tx: &mut dyn Session, new: &ApiKeyRecord, most: Option<i64>) -> Result<bool> {
    let Some(most) = most else { return Ok(false) };
    let row = tx
        .row(
            "SELECT COUNT(*) AS n FROM api_keys
             WHERE app_id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
            args![new.scope.app, new.created_at],
        )
        .await?;
    Ok(row.map_or(Ok(0_i64), |row| row.get("n"))? >= most)
}

/// Keeps a new key, and forgets the oldest of those that have ended.
pub async fn insert(tx: &mut dyn Session, key: &ApiKeyRecord, hash: &ApiKeyHash) -> Result<()> {
    tx.one(
        "a new key",
        "INSERT INTO api_keys (id, app_id, mode, hash, hint, name, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![
            key.id,
            key.scope.app,
            key.scope.mode,
            hash.as_bytes(),
            &key.hint,
            &key.name,
            key.created_at,
            key.expires_at
        ],
    )
    .await?;
    tx.run(
        "DELETE FROM api_keys WHERE id IN
         (SELECT id FROM api_keys WHERE app_id = $1 AND (revoked_at IS NOT NULL OR expires_at <= $2)
          ORDER BY COALESCE(revoked_at, expires_at) DESC, id DESC LIMIT 1000000 OFFSET $3)",
        args![key.scope.app, key.created_at, ENDED],
    )
    .await?;
    Ok(())
}

/// A statement for up to [`AT_ONCE`] keys of one table, in one form that the database prepares once. It only moves forward, and
/// writes no row that says as much already.
macro_rules! used {
    ($table:literal) => {
        concat!(
            "UPDATE ",
            $table,
            " SET last_used_at = $1 WHERE (last_used_at IS NULL OR last_used_at < $1)
             AND id IN ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                        $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33)"
        )
    };
}
pub const API_KEYS_USED: &str = used!("api_keys");
pub const ORG_KEYS_USED: &str = used!("org_keys");
const AT_ONCE: usize = 32;

/// Writes when keys were used. Each statement ends by itself; should two nodes stop each other, what was not written is tried
/// again by the caller.
pub async fn used<K: Kind>(store: &SqlStore, sql: &'static str, at: Moment, ids: &[Id<K>]) -> Result<()> {
    for some in ids.chunks(AT_ONCE) {
        let mut args = args![at];
        // The places that are left over name the last one again.
        args.extend((0..AT_ONCE).filter_map(|place| some.get(place).or(some.last()).map(|id| (*id).into())));
        let mut tx = store.writing().await?;
        tx.run(sql, args).await?;
        tx.commit().await?;
    }
    Ok(())
}
