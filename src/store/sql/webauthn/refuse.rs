//! An answer that was not taken: what it costs, and why. Repeated requests cost nothing.

use super::check::Waiting;
use super::is_of;
use crate::domain::challenge::{Failure, Family, Latest, MfaType, Refusal, Status, refusal};
use crate::domain::id::ChallengeId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::UserKey;
use crate::store::sql::rows::{record_check, required};
use crate::store::sql::users::LockedUser;
use crate::store::sql::{Row, Session, args, events, idempotency, users};
use crate::store::{CheckKey, Checked, Result};

async fn count(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut LockedUser,
    check: &CheckKey<'_>,
    counts: bool,
) -> Result<()> {
    if counts && user.fail(Family::Hsm, check.now, &check.lock).is_some() {
        events::locked(tx, scope, check.user, check.reference, check.now).await?;
    }
    users::save(tx, scope, user).await
}

/// Spends an attempt of a ceremony that waits.
pub(super) async fn fail_ceremony(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut LockedUser,
    check: &CheckKey<'_>,
    own: &Waiting,
    reason: &str,
) -> Result<Checked> {
    let row = tx
        .row(
            "UPDATE challenges SET attempts = attempts + 1,
                 status = CASE WHEN attempts + 1 >= max_attempts THEN 'exhausted' ELSE status END
             WHERE app_id = $1 AND mode = $2 AND id = $3 AND status IN ('pending', 'enrolling')
               AND attempts < max_attempts
             RETURNING status, attempts, max_attempts",
            args![scope.app, scope.mode, own.id],
        )
        .await?;
    let row = required(row, "a ceremony that waits")?;
    if row.parse::<Status>("status")? == Status::Exhausted && own.status == Status::Enrolling {
        tx.run(
            "DELETE FROM factors WHERE app_id = $1 AND mode = $2 AND challenge_id = $3 AND status = 'pending'",
            args![scope.app, scope.mode, own.id],
        )
        .await?;
        idempotency::forget_enrolment(tx, scope, own.id).await?;
    }
    if row.parse::<Status>("status")? == Status::Exhausted {
        let word = check.reference.or(own.reference.as_deref());
        events::exhausted(tx, scope, check.user, own.id, MfaType::Hsm, word, check.now).await?;
    }
    let keyless = own.status == Status::Pending && !has_key(tx, scope, &check.user.key).await?;
    let failure = if keyless { Failure::NotEnrolled } else { Failure::InvalidCode };
    let reason = if keyless { failure.as_str() } else { reason };
    record_check(tx, scope, own.id, reason, check.now).await?;
    count(tx, scope, user, check, true).await?;
    let left = row.get::<i64>("max_attempts")? - row.get::<i64>("attempts")?;
    let left = u64::try_from(left).unwrap_or(0);
    Ok(Checked::Failed { failure, attempts_remaining: (!keyless).then_some(left) })
}

/// A ceremony that this very answer has consumed.
pub(super) struct Repeat {
    pub(super) id: ChallengeId,
    status: Status,
    decided_at: Option<Moment>,
}

impl Repeat {
    pub(super) fn refusal(&self, now: Moment) -> Refusal {
        let latest =
            Latest { status: self.status, same_code: true, decided_at: self.decided_at, expires_at: None };
        refusal(Some(latest), now)
    }
}

/// The ceremony that this very answer has consumed, if there is one.
pub(super) async fn repeated(
    tx: &mut dyn Session,
    scope: Scope,
    check: &CheckKey<'_>,
) -> Result<Option<Repeat>> {
    let rows = tx
        .rows(
            "SELECT id, status, decided_at, code_key, code_mac_2 FROM challenges
             WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND family = 'HSM' AND ($4 IS NULL OR id = $4)
               AND status IN ('approved', 'enrolled') AND code_mac_2 IS NOT NULL
             ORDER BY id DESC LIMIT 20",
            args![scope.app, scope.mode, &check.user.key, check.id],
        )
        .await?;
    for row in &rows {
        if is_of(row, "code_mac_2", check.answer)? {
            let decided_at = row.moment_opt("decided_at")?;
            return Ok(Some(Repeat { id: row.parse("id")?, status: row.parse("status")?, decided_at }));
        }
    }
    Ok(None)
}

async fn has_key(tx: &mut dyn Session, scope: Scope, user: &UserKey) -> Result<bool> {
    let row = tx
        .row(
            "SELECT id FROM factors WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND type = 'HSM'
               AND status = 'confirmed' LIMIT 1",
            args![scope.app, scope.mode, user],
        )
        .await?;
    Ok(row.is_some())
}

/// Nothing waits for the answer: says why.
pub(super) async fn explain(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut LockedUser,
    check: &CheckKey<'_>,
) -> Result<Checked> {
    // An enrolment that ended well says nothing of the sign-in that was meant.
    let row = tx
        .row(
            "SELECT id, status, expires_at, decided_at FROM challenges
             WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND family = 'HSM' AND ($4 IS NULL OR id = $4)
             ORDER BY CASE WHEN status IN ('superseded', 'enrolled') THEN 1 ELSE 0 END, id DESC LIMIT 1",
            args![scope.app, scope.mode, &check.user.key, check.id],
        )
        .await?;
    if row.is_none() && check.id.is_some() {
        return Ok(Checked::Unknown);
    }
    let facts = row.as_ref().map(|row| dead(row, check.now)).transpose()?;
    let id = row.as_ref().map(|row| row.parse("id")).transpose()?;
    refuse(tx, scope, user, check, id, refusal(facts, check.now)).await
}

/// Tells it, and counts it where the contract does.
pub(super) async fn refuse(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut LockedUser,
    check: &CheckKey<'_>,
    about: Option<ChallengeId>,
    refusal: Refusal,
) -> Result<Checked> {
    match refusal {
        // Another start is allowed at once: it sends nothing.
        Refusal::Spent => Ok(Checked::Spent { resend_after: check.now }),
        Refusal::Failure { failure, counts } => {
            let unnamed = failure == Failure::NoPendingCode && check.id.is_none();
            let keyless = unnamed && !has_key(tx, scope, &check.user.key).await?;
            let failure = if keyless { Failure::NotEnrolled } else { failure };
            if let Some(id) = about {
                record_check(tx, scope, id, failure.as_str(), check.now).await?;
            }
            count(tx, scope, user, check, counts).await?;
            Ok(Checked::Failed { failure, attempts_remaining: None })
        }
    }
}

fn dead(row: &Row, now: Moment) -> Result<Latest> {
    let expires_at = row.moment_opt("expires_at")?;
    Ok(Latest {
        status: row.parse::<Status>("status")?.at(now, expires_at),
        same_code: false,
        decided_at: row.moment_opt("decided_at")?,
        expires_at,
    })
}
