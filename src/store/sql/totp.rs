//! The check of a TOTP code: a step is taken at most once and only forward; the first right code confirms an enrolment.

use super::rows::{Extras, drop_enrolments, insert, record_check, required};
use super::{Session, args, events, idempotency, sign_in, users};
use crate::domain::audit::Change;
use crate::domain::challenge::{Failure, Family, REPEAT, Status, VerifiedBy};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{ChallengeId, FactorId};
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::store::{Approval, CheckTotp, Checked, Enrolment, Result, TotpMatch};

/// A challenge that waits for a code.
struct Waiting {
    id: ChallengeId,
    reference: Option<String>,
}

/// What of the user's challenges matters for a check: all that wait, or the one that was named.
#[derive(Default)]
struct Field {
    /// A challenge of an enrolled user.
    pending: Option<Waiting>,
    /// An enrolment, with the factor that it enrols.
    enrolling: Option<(Waiting, FactorId)>,
    /// One of them waited too long.
    expired: bool,
    /// Any challenge was found.
    found: bool,
}

/// How long an enrolment that was not confirmed in time is told as expired.
const REMEMBERED: std::time::Duration = std::time::Duration::from_hours(1);

async fn look(tx: &mut dyn Session, scope: Scope, check: &CheckTotp<'_>) -> Result<Field> {
    let rows = tx
        .rows(
            "SELECT id, status, reference, factor_id, expires_at FROM challenges
             WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND family = 'APP'
               AND (id = $4 OR ($4 IS NULL AND status IN ('pending', 'enrolling', 'expired') AND expires_at > $5))
             ORDER BY id",
            args![scope.app, scope.mode, &check.user.key, check.id, check.now.minus(REMEMBERED)],
        )
        .await?;
    let mut field = Field { found: !rows.is_empty(), ..Field::default() };
    for row in &rows {
        let waiting = Waiting { id: row.parse("id")?, reference: row.get("reference")? };
        match row.parse::<Status>("status")?.at(check.now, row.moment_opt("expires_at")?) {
            Status::Pending => field.pending = Some(waiting),
            Status::Enrolling => {
                let factor = required(row.parse_opt("factor_id")?, "the factor of an enrolment")?;
                field.enrolling = Some((waiting, factor));
            }
            Status::Expired => field.expired = true,
            _ => {}
        }
    }
    Ok(field)
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
        Some(row) if others.is_some() && (check.enrolment.only_first || !row.get::<bool>("proven")?) => {
            Ok(Confirmed::ProofRequired)
        }
        Some(_) => Ok(Confirmed::Yes),
    }
}

pub(super) async fn check(tx: &mut dyn Session, scope: Scope, check: &CheckTotp<'_>) -> Result<Checked> {
    let now = check.now;
    let mut user = users::lock(tx, scope, check.user, now).await?;
    if let Some(until) = user.locked_until(now) {
        return Ok(Checked::Locked { until });
    }
    let mut field = look(tx, scope, check).await?;
    if check.id.is_some() && !field.found {
        return Ok(Checked::Unknown);
    }
    // A named challenge decides what may be done: an enrolment only confirms, any other only approves.
    let may_approve = check.id.is_none() || field.pending.is_some();
    for fit in check.matches {
        if let Some((enrolment, _)) = field.enrolling.take_if(|(_, factor)| *factor == fit.factor) {
            match confirm(tx, scope, check, *fit).await? {
                Confirmed::Yes => return enrol(tx, scope, &mut user, check, enrolment, fit.factor).await,
                Confirmed::ProofRequired => return Ok(Checked::ProofRequired),
                Confirmed::No => {}
            }
        } else if may_approve && take_step(tx, scope, check, *fit).await? {
            return approve(tx, scope, &mut user, check, field.pending, fit.factor).await;
        }
    }
    reject(tx, scope, &mut user, check, field).await
}

async fn approve(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut users::LockedUser,
    check: &CheckTotp<'_>,
    own: Option<Waiting>,
    factor: FactorId,
) -> Result<Checked> {
    user.succeed(Family::App, true);
    users::save(tx, scope, user).await?;
    let (id, reference) = if let Some(own) = own {
        decide(tx, scope, own.id, Status::Pending, Status::Approved, check.now).await?;
        (own.id, own.reference)
    } else {
        insert_record(tx, scope, check, Status::Approved).await?;
        (check.record.id, check.record.reference.clone())
    };
    record_check(tx, scope, id, "approved", check.now).await?;
    let by = VerifiedBy::Totp;
    let word = check.record.reference.as_deref().or(reference.as_deref());
    let event = Event::of_challenge(EventKind::ChallengeApproved, id, check.record.kind, word)
        .by(by)
        .with(Some(factor));
    events::log(tx, scope, check.user, &event, check.now).await?;
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
    user.succeed(Family::App, false);
    users::save(tx, scope, user).await?;
    decide(tx, scope, enrolment.id, Status::Enrolling, Status::Enrolled, check.now).await?;
    idempotency::forget_enrolment(tx, scope, enrolment.id).await?;
    // Whatever else was begun without a proof, while the user had no factor, ends here.
    for family in [Family::App, Family::Hsm] {
        drop_enrolments(tx, scope, &check.user.key, family, check.now).await?;
    }
    record_check(tx, scope, enrolment.id, "enrolled", check.now).await?;
    let word = check.record.reference.as_deref().or(enrolment.reference.as_deref());
    let event = Event::of_challenge(EventKind::FactorEnrolled, enrolment.id, check.record.kind, word)
        .with(Some(factor));
    events::log(tx, scope, check.user, &event, check.now).await?;
    tell_enrolment(tx, check.enrolment, factor, check.now).await?;
    Ok(Checked::Approved(Approval {
        id: enrolment.id,
        status: Status::Enrolled,
        by: VerifiedBy::Totp,
        reference: enrolment.reference,
        factor: Some(factor),
        backup_remaining: None,
    }))
}

/// What a new factor leaves beside its event.
pub(super) async fn tell_enrolment(
    tx: &mut dyn Session,
    enrolment: Enrolment<'_>,
    factor: FactorId,
    now: Moment,
) -> Result<()> {
    let Some(told) = enrolment.told else { return Ok(()) };
    sign_in::tell(tx, told, vec![Change::to("factor", factor.to_string())], now).await
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
        second_code: None,
        factor: None,
        backup_count: None,
        resend_after: None,
        verified_by: (status == Status::Approved).then_some(VerifiedBy::Totp),
        limits: Vec::new(),
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
    field: Field,
) -> Result<Checked> {
    let now = check.now;
    let (failure, counts) = why(tx, scope, check, &field).await?;
    let own = field.pending.or(field.enrolling.map(|(enrolment, _)| enrolment)).map(|waiting| waiting.id);
    if counts && user.fail(Family::App, now, &check.lock).is_some() {
        events::locked(tx, scope, check.user, check.record.reference.as_deref(), now).await?;
    }
    // A user who is locked by this failure has no guess left until the lock ends.
    let locked = user.locked_until(now).is_some();
    let left = if locked { 0 } else { u64::try_from(user.failures_left(&check.lock)).unwrap_or(0) };
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
    field: &Field,
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
    let named = check.id.is_some();
    let open = field.pending.is_some() || field.enrolling.is_some();
    let failure = if field.expired && (named || factors.is_empty()) {
        Failure::CodeExpired
    } else if named && !open {
        Failure::NoPendingCode
    } else if factors.is_empty() {
        Failure::NotEnrolled
    } else {
        Failure::InvalidCode
    };
    Ok((failure, true))
}
