//! The user's row: the first statement of every transaction that decides something about a user.

use super::{Session, args};
use crate::domain::standing::Standing;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::UserKey;
use crate::store::challenges::UserRef;
use crate::store::{Result, StoreError};

/// A user's row, locked until the transaction ends.
pub struct LockedUser {
    key: UserKey,
    version: i64,
    /// How the user stands, without what has aged.
    pub standing: Standing,
}

/// Takes the user's row, making it if it is absent. From here on no other transaction decides about this user.
pub async fn lock(tx: &mut dyn Session, scope: Scope, user: &UserRef, now: Moment) -> Result<LockedUser> {
    let row = tx
        .row(
            "INSERT INTO users (app_id, mode, user_key, masked, standing, version, created_at, updated_at)
             VALUES ($1, $2, $3, $4, '{}', 1, $5, $5)
             ON CONFLICT (app_id, mode, user_key)
             DO UPDATE SET version = users.version + 1, updated_at = $5
             RETURNING standing, version",
            args![scope.app, scope.mode, &user.key, &user.masked, now],
        )
        .await?
        .ok_or_else(|| StoreError::Corrupt("the user's row did not come back".into()))?;
    let mut standing = read_standing(&row)?;
    standing.forget_old(now);
    Ok(LockedUser { key: user.key, version: row.get("version")?, standing })
}

/// Writes the standing back; the version proves that nobody else held the row.
pub async fn save(tx: &mut dyn Session, scope: Scope, user: &LockedUser) -> Result<()> {
    let standing =
        serde_json::to_string(&user.standing).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    tx.one(
        "the user's standing",
        "UPDATE users SET standing = $1 WHERE app_id = $2 AND mode = $3 AND user_key = $4 AND version = $5",
        args![standing, scope.app, scope.mode, &user.key, user.version],
    )
    .await
}

/// How a user stands, without a lock on the row: to be shown only.
pub async fn peek(tx: &mut dyn Session, scope: Scope, key: &UserKey, now: Moment) -> Result<Standing> {
    let row = tx
        .row(
            "SELECT standing FROM users WHERE app_id = $1 AND mode = $2 AND user_key = $3",
            args![scope.app, scope.mode, key],
        )
        .await?;
    let mut standing = row.as_ref().map(read_standing).transpose()?.unwrap_or_default();
    standing.forget_old(now);
    Ok(standing)
}

fn read_standing(row: &super::Row) -> Result<Standing> {
    let text: String = row.get("standing")?;
    serde_json::from_str(&text).map_err(|error| StoreError::Corrupt(format!("users.standing: {error}")))
}
