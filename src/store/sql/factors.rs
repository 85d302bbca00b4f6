//! Authenticator apps: the start, the check, removal.

use async_trait::async_trait;

use super::challenges::{Extras, insert, latest, record_check, required, supersede};
use super::{Row, Session, SqlStore, args, events, idempotency, in_time, users};
use crate::domain::challenge::{Failure, Family, REPEAT, Status, VerifiedBy};
use crate::domain::event::Event;
use crate::domain::factor::{EnrolmentFacts, EnrolmentRule, enrolment_rule};
use crate::domain::id::{ChallengeId, FactorId};
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::{Sealed, UserKey};
use crate::store::{
    Approval, CheckTotp, Checked, FactorStore, Remember, Result, StartApp, StartedApp, TotpFactor, TotpMatch,
};

/// How long an approved verification proves that its user was there.
const PROOF_LIFE: std::time::Duration = std::time::Duration::from_secs(10 * 60);

async fn facts(tx: &mut dyn Session, scope: Scope, start: &StartApp) -> Result<EnrolmentFacts> {
    let user = &start.challenge.user.key;
    let confirmed = tx
        .rows(
            "SELECT type FROM factors WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND status = 'confirmed'",
            args![scope.app, scope.mode, user],
        )
        .await?;
    let mut has_this_type = false;
    for row in &confirmed {
        has_this_type |= row.get::<String>("type")? == start.challenge.kind.as_str();
    }
    let proof = tx
        .row(
            "SELECT id FROM challenges WHERE app_id = $1 AND mode = $2 AND id = $3 AND user_key = $4
               AND status = 'approved' AND decided_at > $5 AND proof_used_at IS NULL",
            args![scope.app, scope.mode, start.proof, user, start.now.minus(PROOF_LIFE)],
        )
        .await?;
    Ok(EnrolmentFacts {
        has_this_type,
        has_any: !confirmed.is_empty(),
        asked_to_enrol: start.asked_to_enrol,
        has_proof: proof.is_some(),
    })
}

async fn start(tx: &mut dyn Session, scope: Scope, start: &StartApp) -> Result<StartedApp> {
    let now = start.now;
    let user_key = &start.challenge.user.key;
    let mut user = users::lock(tx, scope, &start.challenge.user, now).await?;
    if let Some(until) = user.standing.locked_until(now) {
        return Ok(StartedApp::Locked { until });
    }
    if let Err(refused) = user.standing.admit_start(now, start.per_ten_minutes) {
        return Ok(StartedApp::Refused(refused));
    }
    users::save(tx, scope, &user).await?;
    let rule = enrolment_rule(facts(tx, scope, start).await?);
    let family = start.challenge.kind.family();
    let mut extras = Extras {
        family,
        status: Status::Pending,
        code: None,
        factor: None,
        backup_count: None,
        resend_after: None,
        verified_by: None,
        now,
    };
    let outcome = match rule {
        EnrolmentRule::ProofRequired => return Ok(StartedApp::ProofRequired),
        EnrolmentRule::Challenge => {
            supersede(tx, scope, user_key, family, Status::Pending, now).await?;
            insert(tx, scope, &start.challenge, &extras).await?;
            StartedApp::Pending
        }
        EnrolmentRule::EnrolFirst | EnrolmentRule::EnrolProven => {
            let proven = rule == EnrolmentRule::EnrolProven;
            if proven && !use_proof(tx, scope, start).await? {
                return Ok(StartedApp::ProofRequired);
            }
            drop_enrolments(tx, scope, user_key, family, now).await?;
            let mut challenge = start.challenge.clone();
            challenge.expires_at = start.factor.expires_at;
            extras.status = Status::Enrolling;
            extras.factor = Some(start.factor.id);
            insert(tx, scope, &challenge, &extras).await?;
            insert_factor(tx, scope, start, proven).await?;
            StartedApp::Enrolling
        }
    };
    events::log(tx, scope, &start.challenge.user.masked, &Event::ChallengeStarted(start.challenge.id), now)
        .await?;
    Ok(outcome)
}

async fn use_proof(tx: &mut dyn Session, scope: Scope, start: &StartApp) -> Result<bool> {
    let used = tx
        .run(
            "UPDATE challenges SET proof_used_at = $1
             WHERE app_id = $2 AND mode = $3 AND id = $4 AND user_key = $5 AND status = 'approved'
               AND decided_at > $6 AND proof_used_at IS NULL",
            args![
                start.now,
                scope.app,
                scope.mode,
                start.proof,
                &start.challenge.user.key,
                start.now.minus(PROOF_LIFE)
            ],
        )
        .await?;
    Ok(used == 1)
}

/// Ends the enrolments of a family that wait, with their secrets and the stored answers that hold those.
async fn drop_enrolments(
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

async fn insert_factor(tx: &mut dyn Session, scope: Scope, start: &StartApp, proven: bool) -> Result<()> {
    let factor = &start.factor;
    tx.one(
        "a new factor",
        "INSERT INTO factors (app_id, mode, id, user_key, type, status, name, challenge_id, proven, secret_key, secret,
             algorithm, digits, period, last_step, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8, $9, $10, 'SHA1', 6, 30, 0, $11, $12)",
        args![
            scope.app,
            scope.mode,
            factor.id,
            &start.challenge.user.key,
            start.challenge.kind,
            &factor.name,
            start.challenge.id,
            proven,
            &factor.secret.key,
            &factor.secret.bytes,
            start.now,
            factor.expires_at
        ],
    )
    .await
}

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

async fn check(tx: &mut dyn Session, scope: Scope, check: &CheckTotp<'_>) -> Result<Checked> {
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
    let (id, reference) = match own {
        Some(own) => {
            decide(tx, scope, own.id, Status::Pending, Status::Approved, check.now).await?;
            (own.id, own.reference)
        }
        None => {
            insert_record(tx, scope, check, Status::Approved).await?;
            (check.record.id, check.record.reference.clone())
        }
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
    let id = match own.or(check.id) {
        Some(id) => {
            tx.run(
                "UPDATE challenges SET attempts = attempts + 1 WHERE app_id = $1 AND mode = $2 AND id = $3",
                args![scope.app, scope.mode, id],
            )
            .await?;
            id
        }
        None => {
            insert_record(tx, scope, check, Status::Exhausted).await?;
            check.record.id
        }
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

#[async_trait]
impl FactorStore for SqlStore {
    async fn start_app(
        &self,
        scope: Scope,
        intent: &StartApp,
        remember: Option<Remember<'_, StartedApp>>,
    ) -> Result<StartedApp> {
        let mut tx = self.writing().await?;
        let outcome = start(&mut *tx, scope, intent).await?;
        if matches!(outcome, StartedApp::Pending | StartedApp::Enrolling) {
            let remember = remember.map(|mut remember| {
                // Only an answer that holds a secret dies with its enrolment.
                if matches!(outcome, StartedApp::Pending) {
                    remember.enrolment = None;
                }
                remember
            });
            idempotency::store(&mut *tx, scope, remember.as_ref(), &outcome).await?;
            tx.commit().await?;
        }
        Ok(outcome)
    }

    async fn totp_factors(&self, scope: Scope, user: &UserKey, now: Moment) -> Result<Vec<TotpFactor>> {
        in_time(async {
            let rows = self
                .reading()
                .await?
                .rows(
                    "SELECT id, status, secret_key, secret, algorithm, digits, period FROM factors
                     WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND type = 'APP'
                       AND (status = 'confirmed' OR expires_at > $4)
                     ORDER BY id",
                    args![scope.app, scope.mode, user, now],
                )
                .await?;
            rows.iter()
                .map(|row| {
                    Ok(TotpFactor {
                        id: row.parse("id")?,
                        secret: Sealed { key: row.get("secret_key")?, bytes: row.get("secret")? },
                        algorithm: row.get("algorithm")?,
                        digits: row.get("digits")?,
                        period: row.get("period")?,
                        unconfirmed: row.get::<String>("status")? == "pending",
                    })
                })
                .collect()
        })
        .await
    }

    async fn check_totp(
        &self,
        scope: Scope,
        intent: &CheckTotp<'_>,
        remember: Option<Remember<'_, Checked>>,
    ) -> Result<Checked> {
        let mut tx = self.writing().await?;
        let outcome = check(&mut *tx, scope, intent).await?;
        if matches!(outcome, Checked::Approved(_) | Checked::Failed { .. }) {
            idempotency::store(&mut *tx, scope, remember.as_ref(), &outcome).await?;
            tx.commit().await?;
        }
        Ok(outcome)
    }

    async fn remove_factor(&self, scope: Scope, id: FactorId, now: Moment) -> Result<bool> {
        let mut tx = self.writing().await?;
        let removed = tx
            .row(
                "DELETE FROM factors WHERE app_id = $1 AND mode = $2 AND id = $3 AND status = 'confirmed'
                 RETURNING user_key",
                args![scope.app, scope.mode, id],
            )
            .await?;
        let Some(row) = removed else { return Ok(false) };
        let masked = tx
            .row(
                "SELECT masked FROM users WHERE app_id = $1 AND mode = $2 AND user_key = $3",
                args![scope.app, scope.mode, &row.user_key("user_key")?],
            )
            .await?;
        let masked: String = masked.map_or(Ok(String::new()), |row| row.get("masked"))?;
        events::log(&mut *tx, scope, &masked, &Event::FactorRemoved(id), now).await?;
        tx.commit().await?;
        Ok(true)
    }
}
