//! Challenges and their traces as rows: kept, ended, recorded. What the intentions of this folder share; decides nothing.

use super::{Row, Session, args, idempotency};
use crate::domain::asked::Looked;
use crate::domain::challenge::{Family, Status, VerifiedBy};
use crate::domain::id::{ChallengeId, FactorId};
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::{CodeMac, UserKey};
use crate::store::{NewChallenge, Result, StoreError};

/// What a kept challenge has beside [`NewChallenge`].
pub struct Extras<'a> {
    pub family: Family,
    pub status: Status,
    pub code: Option<&'a CodeMac>,
    pub second_code: Option<&'a CodeMac>,
    pub factor: Option<FactorId>,
    pub backup_count: Option<i64>,
    pub resend_after: Option<Moment>,
    pub verified_by: Option<VerifiedBy>,
    pub limits: Vec<Looked>,
    pub now: Moment,
}

/// Keeps a challenge.
pub async fn insert(
    tx: &mut dyn Session,
    scope: Scope,
    new: &NewChallenge,
    extras: &Extras<'_>,
) -> Result<()> {
    let decided = matches!(extras.status, Status::Approved | Status::Exhausted).then_some(extras.now);
    tx.one(
        "a new challenge",
        "INSERT INTO challenges (app_id, mode, id, user_key, masked, type, family, status, reference, attempts,
             max_attempts, code_key, code_mac, factor_id, backup_count, created_at, expires_at, resend_after,
             decided_at, verified_by, code_mac_2, country, asked, limits)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
             $22, $23)",
        args![
            scope.app,
            scope.mode,
            new.id,
            &new.user.key,
            &new.user.masked,
            new.kind,
            extras.family,
            extras.status,
            &new.reference,
            new.max_attempts,
            extras.code.map(|code| code.key.as_str()),
            super::Arg::Bytes(extras.code.map(|code| code.mac.to_vec())),
            extras.factor,
            extras.backup_count,
            extras.now,
            new.expires_at,
            extras.resend_after,
            decided,
            extras.verified_by.map(VerifiedBy::as_str),
            super::Arg::Bytes(extras.second_code.map(|code| code.mac.to_vec())),
            &new.country,
            new.asked.as_ref().map(json).transpose()?,
            (!extras.limits.is_empty()).then(|| json(&extras.limits)).transpose()?,
        ],
    )
    .await
}

fn json<T: serde::Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Ends the user's live challenges of a family, and their messages that are not sent yet: a dead code is not sent.
pub async fn supersede(
    tx: &mut dyn Session,
    scope: Scope,
    user: &UserKey,
    family: Family,
    status: Status,
    now: Moment,
) -> Result<()> {
    let older = tx
        .rows(
            "UPDATE challenges SET status = 'superseded'
             WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND family = $4 AND status = $5 AND expires_at > $6
             RETURNING id",
            args![scope.app, scope.mode, user, family, status, now],
        )
        .await?;
    for row in older {
        drop_messages(tx, scope, row.parse("id")?, "superseded", now).await?;
    }
    Ok(())
}

/// Erases the messages of a challenge that are still queued. One that only stood by for another channel was skipped.
pub async fn drop_messages(
    tx: &mut dyn Session,
    scope: Scope,
    challenge: ChallengeId,
    reason: &'static str,
    now: Moment,
) -> Result<()> {
    tx.run(
        "UPDATE messages SET status = CASE WHEN step > 0 AND lease = '' THEN 'skipped' ELSE 'failed' END,
             reason = $1, payload = NULL, payload_key = NULL, ended_at = $2
         WHERE app_id = $3 AND mode = $4 AND challenge_id = $5 AND status = 'queued'",
        args![reason, now, scope.app, scope.mode, challenge],
    )
    .await?;
    Ok(())
}

/// Writes a line of a challenge's trace.
pub async fn record_check(
    tx: &mut dyn Session,
    scope: Scope,
    challenge: ChallengeId,
    result: &str,
    now: Moment,
) -> Result<()> {
    tx.one(
        "a check",
        "INSERT INTO checks (app_id, mode, challenge_id, seq, at, result)
         SELECT $1, $2, $3, COALESCE(MAX(seq), 0) + 1, $4, $5 FROM checks
         WHERE app_id = $1 AND mode = $2 AND challenge_id = $3",
        args![scope.app, scope.mode, challenge, now, result],
    )
    .await
}

/// The user's latest challenge of a family, or the one that was named. The issue of a backup set is none.
pub async fn latest(
    tx: &mut dyn Session,
    scope: Scope,
    user: &UserKey,
    family: Family,
    id: Option<ChallengeId>,
) -> Result<Option<Row>> {
    tx.row(
        "SELECT id, status, type, reference, attempts, max_attempts, code_key, code_mac, code_mac_2, factor_id, expires_at,
                resend_after, decided_at, verified_by
         FROM challenges
         WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND family = $4 AND ($5 IS NULL OR id = $5)
           AND backup_count IS NULL
         ORDER BY CASE WHEN status = 'superseded' THEN 1 ELSE 0 END, id DESC LIMIT 1",
        args![scope.app, scope.mode, user, family, id],
    )
    .await
}

/// Ends the enrolments of a family that wait, with their secrets and the stored answers that hold those.
pub async fn drop_enrolments(
    tx: &mut dyn Session,
    scope: Scope,
    user: &UserKey,
    family: Family,
    now: Moment,
) -> Result<()> {
    let dropped = tx
        .rows(
            "DELETE FROM factors WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND type = $4 AND status = 'pending'
             RETURNING challenge_id",
            args![scope.app, scope.mode, user, family],
        )
        .await?;
    for row in dropped {
        idempotency::forget_enrolment(tx, scope, row.parse("challenge_id")?).await?;
    }
    supersede(tx, scope, user, family, Status::Enrolling, now).await
}

/// A column that must not be NULL here.
pub fn required<T>(value: Option<T>, what: &str) -> Result<T> {
    value.ok_or_else(|| StoreError::Corrupt(format!("{what} is missing")))
}
