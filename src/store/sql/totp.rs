//! The check of a TOTP code: a step is taken at most once and only forward; the first right code confirms an enrolment.

use super::rows::{Extras, drop_enrolments, insert, latest, record_check, required};
use super::{Row, Session, args, events, idempotency, users};
use crate::domain::challenge::{Failure, Family, REPEAT, Status, VerifiedBy};
use crate::domain::event::Event;
use crate::domain::id::{ChallengeId, FactorId};
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::store::{Approval, CheckTotp, Checked, Result, TotpMatch};

/// The challenge that a check belongs to, and what of it matters.
struct Waiting {
    id: ChallengeId,
    reference: Option<String>,
    /// The factor that it enrols; none for a challenge of an enrolled user.
    enrols: Option<FactorId>,
}

async fn waiting(
    tx: &mut dyn Session,
    scope: Scope,
    check: &CheckTotp<'_>,
) -> Result<Option<(Status, Waiting)>> {
    let row = latest(tx, scope, &check.user.key, Family::App, check.id).await?;
    row.map(|row: Row| {
        let status = row.parse::<Status>("status")?.at(check.now, row.moment_opt("expires_at")?);
        let enrols = row.parse_opt("factor_id")?;
        Ok((status, Waiting { id: row.parse("id")?, reference: row.get("reference")?, enrols }))
    })
    .transpose()
}

/// Takes the step, if it lies past the last one that was taken.
async fn take_step(
    tx: &mut dyn Session,
    scope: Scope,
    check: &CheckTotp<'_>,
    fit: TotpMatch,
) -> Result<bool> {
    let taken = tx
        .run(
            "UPDATE factors SET last_step = $1, last_used_at = $2
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND user_key = $6 AND status = 'confirmed' AND last_step < $1",
            args![fit.step, check.now, scope.app, scope.mode, fit.factor, &check.user.key],
        )
        .await?;
    Ok(taken == 1)
}

enum Confirmed {
    Yes,
    No,
    ProofRequired,
}

/// Confirms an enrolment by its first right code.
async fn confirm(
    tx: &mut dyn Session,
    scope: Scope,
    check: &CheckTotp<'_>,
    fit: TotpMatch,
) -> Result<Confirmed> {
    let others = tx
        .row(
            "SELECT id FROM factors WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND status = 'confirmed' LIMIT 1",
            args![scope.app, scope.mode, &check.user.key],
        )
        .await?;
    let confirmed = tx
        .row(
            "UPDATE factors SET status = 'confirmed', last_step = $1, last_used_at = $2, expires_at = NULL
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND user_key = $6 AND status = 'pending' AND expires_at > $2
             RETURNING proven",
            args![fit.step, check.now, scope.app, scope.mode, fit.factor, &check.user.key],
        )
        .await?;
    // An enrolment that needed no proof when it began needs one by now: the caller drops the transaction.
    match confirmed {
        None => Ok(Confirmed::No),
        Some(row) if others.is_some() && !row.get::<bool>("proven")? => Ok(Confirmed::ProofRequired),
        Some(_) => Ok(Confirmed::Yes),
    }
}

pub(super) async fn check(tx: &mut dyn Session, scope: Scope, check: &CheckTotp<'_>) -> Result<Checked> {
    let now = check.now;
    let mut user = users::lock(tx, scope, check.user, now).await?;
    if let Some(until) = user.standing.locked_until(now) {
        return Ok(Checked::Locked { until });
    }
    let current = waiting(tx, scope, check).await?;
    if check.id.is_some() && current.is_none() {
        return Ok(Checked::Unknown);
    }
    let ended = current.as_ref().map(|(status, _)| *status);
    let named = check.id.is_some();
    let open = current.filter(|(status, _)| matches!(status, Status::Pending | Status::Enrolling));
    if !(named && open.is_none()) {
        for fit in check.matches {
            let enrols = open.as_ref().and_then(|(_, waiting)| waiting.enrols);
            if enrols != Some(fit.factor) {
                let only_the_named_enrolment = named && enrols.is_some();
                if !only_the_named_enrolment && take_step(tx, scope, check, *fit).await? {
                    let own =
                        open.filter(|(status, _)| *status == Status::Pending).map(|(_, waiting)| waiting);
                    return approve(tx, scope, &mut user, check, own, fit.factor).await;
                }
                continue;
            }
            match confirm(tx, scope, check, *fit).await? {
                Confirmed::Yes => {
                    let enrolment = required(open.map(|(_, waiting)| waiting), "the enrolment")?;
                    return enrol(tx, scope, &mut user, check, enrolment, fit.factor).await;
                }
                Confirmed::ProofRequired => return Ok(Checked::ProofRequired),
                Confirmed::No => {}
            }
        }
    }
    let own = open.map(|(_, waiting)| waiting.id);
    reject(tx, scope, &mut user, check, own, ended).await
}

async fn approve(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut users::LockedUser,
    check: &CheckTotp<'_>,
    own: Option<Waiting>,
    factor: FactorId,
) -> Result<Checked> {
    user.standing.succeed(Family::App, true);
    users::save(tx, scope, user).await?;
    let (id, reference) = if let Some(own) = own {
        decide(tx, scope, own.id, Status::Pending, Status::Approved, check.now).await?;
        (own.id, own.reference)
    } else {
        insert_record(tx, scope, check, Status::Approved).await?;
        (check.record.id, check.record.reference.clone())
    };
    record_check(tx, scope, id, "approved", check.now).await?;
    events::log(tx, scope, &check.user.masked, &Event::ChallengeApproved(id), check.now).await?;
    let by = VerifiedBy::Totp;
    Ok(Checked::Approved(Approval {
        id,
        status: Status::Approved,
        by,
        reference,
        factor: Some(factor),
        backup_remaining: None,
    }))
}

async fn enrol(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut users::LockedUser,
    check: &CheckTotp<'_>,
    enrolment: Waiting,
    factor: FactorId,
) -> Result<Checked> {
    user.standing.succeed(Family::App, false);
    users::save(tx, scope, user).await?;
    decide(tx, scope, enrolment.id, Status::Enrolling, Status::Enrolled, check.now).await?;
    idempotency::forget_enrolment(tx, scope, enrolment.id).await?;
    // Whatever else was begun without a proof, while the user had no factor, ends here.
    for family in [Family::App, Family::Hsm] {
        drop_enrolments(tx, scope, &check.user.key, family, check.now).await?;
    }
    record_check(tx, scope, enrolment.id, "enrolled", check.now).await?;
    events::log(tx, scope, &check.user.masked, &Event::FactorEnrolled(factor), check.now).await?;
    Ok(Checked::Approved(Approval {
        id: enrolment.id,
        status: Status::Enrolled,
        by: VerifiedBy::Totp,
        reference: enrolment.reference,
        factor: Some(factor),
        backup_remaining: None,
    }))
}

async fn decide(
    tx: &mut dyn Session,
    scope: Scope,
    id: ChallengeId,
    from: Status,
    to: Status,
    now: Moment,
) -> Result<()> {
    tx.one(
        "the end of a challenge",
        "UPDATE challenges SET status = $1, decided_at = $2, attempts = attempts + 1
         WHERE app_id = $3 AND mode = $4 AND id = $5 AND status = $6 AND expires_at > $2",
        args![to, now, scope.app, scope.mode, id, from],
    )
    .await
}

async fn insert_record(
    tx: &mut dyn Session,
    scope: Scope,
    check: &CheckTotp<'_>,
    status: Status,
) -> Result<()> {
    let extras = Extras {
        family: Family::App,
        status,
        code: None,
        factor: None,
        backup_count: None,
        resend_after: None,
        verified_by: (status == Status::Approved).then_some(VerifiedBy::Totp),
        now: check.now,
    };
    insert(tx, scope, &check.record, &extras).await
}

/// No step was taken: says why, and counts it.
async fn reject(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut users::LockedUser,
    check: &CheckTotp<'_>,
    own: Option<ChallengeId>,
    ended: Option<Status>,
) -> Result<Checked> {
    let now = check.now;
    let (failure, counts) = why(tx, scope, check, own.is_some(), ended).await?;
    if counts && user.standing.fail(Family::App, now, &check.lock).is_some() {
        events::log(tx, scope, &check.user.masked, &Event::UserLocked, now).await?;
    }
    let left = u64::try_from(user.standing.failures_left(&check.lock)).unwrap_or(0);
    users::save(tx, scope, user).await?;
    let id = if let Some(id) = own.or(check.id) {
        tx.run(
            "UPDATE challenges SET attempts = attempts + 1 WHERE app_id = $1 AND mode = $2 AND id = $3",
            args![scope.app, scope.mode, id],
        )
        .await?;
        id
    } else {
        insert_record(tx, scope, check, Status::Exhausted).await?;
        check.record.id
    };
    record_check(tx, scope, id, failure.as_str(), now).await?;
    Ok(Checked::Failed { failure, attempts_remaining: (failure == Failure::InvalidCode).then_some(left) })
}

async fn why(
    tx: &mut dyn Session,
    scope: Scope,
    check: &CheckTotp<'_>,
    open: bool,
    ended: Option<Status>,
) -> Result<(Failure, bool)> {
    let factors = tx
        .rows(
            "SELECT id, last_step, last_used_at FROM factors
             WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND type = 'APP'
               AND (status = 'confirmed' OR expires_at > $4)",
            args![scope.app, scope.mode, &check.user.key, check.now],
        )
        .await?;
    for row in &factors {
        let factor: FactorId = row.parse("id")?;
        let last_step: i64 = row.get("last_step")?;
        if check.matches.iter().any(|fit| fit.factor == factor && fit.step == last_step) {
            let repeated = row.moment_opt("last_used_at")?.is_some_and(|at| at.plus(REPEAT) > check.now);
            return Ok((Failure::CodeAlreadyUsed, !repeated));
        }
    }
    let failure = match ended {
        Some(Status::Expired) if check.id.is_some() || factors.is_empty() => Failure::CodeExpired,
        _ if check.id.is_some() && !open => Failure::NoPendingCode,
        _ if factors.is_empty() => Failure::NotEnrolled,
        _ => Failure::InvalidCode,
    };
    Ok((failure, true))
}
