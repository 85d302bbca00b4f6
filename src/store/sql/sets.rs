//! Backup sets as rows: pending until their message is handed over, then valid in place of the older one.

use super::rows::{drop_messages, required};
use super::{Session, args, events, users};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::ChallengeId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::UserKey;
use crate::store::{Result, UserRef};

/// Unused codes of the valid set.
pub async fn remaining(db: &mut dyn Session, scope: Scope, user: &UserKey) -> Result<i64> {
    let row = db
        .row(
            "SELECT COUNT(*) AS n FROM backup_codes c
             JOIN backup_sets s ON s.app_id = c.app_id AND s.mode = c.mode AND s.id = c.set_id
             WHERE s.app_id = $1 AND s.mode = $2 AND s.user_key = $3 AND s.status = 'active' AND c.used_at IS NULL",
            args![scope.app, scope.mode, user],
        )
        .await?;
    row.map_or(Ok(0), |row| row.get("n"))
}

pub async fn drop_sets(
    tx: &mut dyn Session,
    scope: Scope,
    user: &UserKey,
    status: &'static str,
    keep: ChallengeId,
    now: Moment,
) -> Result<()> {
    let sets = tx
        .rows(
            "DELETE FROM backup_sets WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND status = $4 AND id <> $5
             RETURNING id",
            args![scope.app, scope.mode, user, status, keep],
        )
        .await?;
    for set in sets {
        let id: ChallengeId = set.parse("id")?;
        tx.run(
            "DELETE FROM backup_codes WHERE app_id = $1 AND mode = $2 AND set_id = $3",
            args![scope.app, scope.mode, id],
        )
        .await?;
        tx.run(
            "UPDATE challenges SET status = 'superseded' WHERE app_id = $1 AND mode = $2 AND id = $3",
            args![scope.app, scope.mode, id],
        )
        .await?;
        drop_messages(tx, scope, id, "superseded", now).await?;
    }
    Ok(())
}

/// Takes the row of the user whose backup set a challenge issues, if it does issue one.
pub async fn lock_owner(tx: &mut dyn Session, scope: Scope, set: ChallengeId, now: Moment) -> Result<()> {
    let owner = tx
        .row(
            "SELECT c.user_key, c.masked FROM challenges c
             JOIN backup_sets s ON s.app_id = c.app_id AND s.mode = c.mode AND s.id = c.id
             WHERE c.app_id = $1 AND c.mode = $2 AND c.id = $3",
            args![scope.app, scope.mode, set],
        )
        .await?;
    if let Some(row) = owner {
        let user = UserRef::new(row.user_key("user_key")?, row.get("masked")?);
        users::lock_known(tx, scope, &user, now).await?;
    }
    Ok(())
}

/// The message was handed over: the set becomes valid and the old one dies. Does nothing for other challenges.
pub async fn handed_over(tx: &mut dyn Session, scope: Scope, set: ChallengeId, now: Moment) -> Result<()> {
    let valid = tx
        .row(
            "UPDATE backup_sets SET status = 'active' WHERE app_id = $1 AND mode = $2 AND id = $3 AND status = 'pending'
             RETURNING user_key",
            args![scope.app, scope.mode, set],
        )
        .await?;
    let Some(row) = valid else { return Ok(()) };
    drop_sets(tx, scope, &row.user_key("user_key")?, "active", set, now).await?;
    let issue = tx
        .row(
            "UPDATE challenges SET status = 'issued', decided_at = $1 WHERE app_id = $2 AND mode = $3 AND id = $4
             RETURNING user_key, masked, type, reference, backup_count",
            args![now, scope.app, scope.mode, set],
        )
        .await?;
    let row = required(issue, "the issue of a backup set")?;
    let user = UserRef::new(row.user_key("user_key")?, row.get("masked")?);
    let word: Option<String> = row.get("reference")?;
    let event = Event::of_challenge(EventKind::BackupRegenerated, set, row.parse("type")?, word.as_deref())
        .leaving(row.get::<Option<i64>>("backup_count")?.unwrap_or_default());
    events::log(tx, scope, &user, &event, now).await
}

/// The message ended unsent: nobody has the new codes, so the old set stays. Does nothing for other challenges.
pub async fn not_handed_over(
    tx: &mut dyn Session,
    scope: Scope,
    set: ChallengeId,
    now: Moment,
) -> Result<()> {
    // Another message of the set may still bring it to its user.
    let queued = tx
        .row(
            "SELECT id FROM messages
             WHERE app_id = $1 AND mode = $2 AND challenge_id = $3 AND status = 'queued' LIMIT 1",
            args![scope.app, scope.mode, set],
        )
        .await?;
    if queued.is_some() || !drop_pending(tx, scope, set).await? {
        return Ok(());
    }
    tx.one(
        "the failure of a backup set",
        "UPDATE challenges SET status = 'failed', decided_at = $1 WHERE app_id = $2 AND mode = $3 AND id = $4",
        args![now, scope.app, scope.mode, set],
    )
    .await
}

/// Erases a set whose message was not handed over; `false` where there is none.
pub async fn drop_pending(tx: &mut dyn Session, scope: Scope, set: ChallengeId) -> Result<bool> {
    let dropped = tx
        .run(
            "DELETE FROM backup_sets WHERE app_id = $1 AND mode = $2 AND id = $3 AND status = 'pending'",
            args![scope.app, scope.mode, set],
        )
        .await?;
    if dropped == 0 {
        return Ok(false);
    }
    tx.run(
        "DELETE FROM backup_codes WHERE app_id = $1 AND mode = $2 AND set_id = $3",
        args![scope.app, scope.mode, set],
    )
    .await?;
    Ok(true)
}
