//! The check of a key's answer: a right one is consumed once and moves its key's counter, or confirms an enrolment; a
//! wrong one spends an attempt of the ceremony that it belongs to.

use super::is_of;
use super::refuse::{explain, fail_ceremony, refuse, repeated};
use crate::domain::challenge::{Family, MfaType, Status, VerifiedBy};
use crate::domain::event::{Event, EventKind};
use crate::domain::id::{ChallengeId, FactorId};
use crate::domain::tenant::Scope;
use crate::keyring::CodeMac;
use crate::store::sql::rows::{drop_enrolments, record_check, required};
use crate::store::sql::totp::tell_enrolment;
use crate::store::sql::users::LockedUser;
use crate::store::sql::{Arg, Session, args, events, idempotency, users};
use crate::store::{Approval, CheckKey, Checked, KeyVerdict, NewCredential, Result};

/// A ceremony that waits.
pub(super) struct Waiting {
    pub(super) id: ChallengeId,
    pub(super) status: Status,
    pub(super) reference: Option<String>,
    /// The MAC of this answer under the key of the ceremony's own MAC; the consumed ceremony keeps it.
    answer: Option<Vec<u8>>,
    /// The answer names its challenge.
    meant: bool,
}

/// The user's ceremonies that wait, or the one that was named; the newest first.
async fn waiting(tx: &mut dyn Session, scope: Scope, check: &CheckKey<'_>) -> Result<Vec<Waiting>> {
    let rows = tx
        .rows(
            "SELECT id, status, reference, code_key, code_mac FROM challenges
             WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND family = 'HSM' AND ($4 IS NULL OR id = $4)
               AND status IN ('pending', 'enrolling') AND expires_at > $5 AND attempts < max_attempts
             ORDER BY id DESC",
            args![scope.app, scope.mode, &check.user.key, check.id, check.now],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let key: Option<String> = row.get("code_key")?;
            let own = |mac: &&CodeMac| Some(mac.key.as_str()) == key.as_deref();
            Ok(Waiting {
                id: row.parse("id")?,
                status: row.parse("status")?,
                reference: row.get("reference")?,
                answer: check.answer.iter().find(own).map(|mac| mac.mac.to_vec()),
                meant: is_of(row, "code_mac", check.challenge)?,
            })
        })
        .collect()
}

pub(super) async fn check(tx: &mut dyn Session, scope: Scope, check: &CheckKey<'_>) -> Result<Checked> {
    // A lock keeps guesses away, and a key's answer is none: it is evaluated all the same, and its failures count.
    let mut user = users::lock(tx, scope, check.user, check.now).await?;
    let mut waiting = waiting(tx, scope, check).await?;
    let meant = waiting.iter().position(|one| one.meant).map(|at| waiting.remove(at));
    let wrong = match (&check.verdict, &meant) {
        (KeyVerdict::Used { .. }, Some(own)) if own.status == Status::Pending => {
            match approve(tx, scope, check, own).await? {
                Some(factor) => return approved(tx, scope, &mut user, check, own, factor).await,
                None => unused(tx, scope, check).await?,
            }
        }
        (KeyVerdict::New(new), Some(own)) if own.status == Status::Enrolling => {
            match confirm(tx, scope, check, own, new).await? {
                Confirmed::Yes => return enrolled(tx, scope, &mut user, check, own, new.factor).await,
                Confirmed::ProofRequired => return Ok(Checked::ProofRequired),
                Confirmed::No(reason) => reason,
            }
        }
        (KeyVerdict::Wrong(reason), _) => reason,
        _ => "wrong_challenge",
    };
    if let Some(repeat) = repeated(tx, scope, check).await? {
        return refuse(tx, scope, &mut user, check, Some(repeat.id), repeat.refusal(check.now)).await;
    }
    match meant.or_else(|| waiting.into_iter().next()) {
        Some(own) => fail_ceremony(tx, scope, &mut user, check, &own, wrong).await,
        None => explain(tx, scope, &mut user, check).await,
    }
}

/// Consumes the challenge, if it still waits and the key's counter has risen; the counter moves with it.
async fn approve(
    tx: &mut dyn Session,
    scope: Scope,
    check: &CheckKey<'_>,
    own: &Waiting,
) -> Result<Option<FactorId>> {
    let KeyVerdict::Used { rp_id, credential_id, sign_count, backup_state } = &check.verdict else {
        return Ok(None);
    };
    let consumed = tx
        .run(
            "UPDATE challenges SET status = 'approved', decided_at = $1, attempts = attempts + 1, code_mac_2 = $2
             WHERE app_id = $3 AND mode = $4 AND id = $5 AND user_key = $6 AND status = 'pending' AND expires_at > $1
               AND attempts < max_attempts
               AND EXISTS (SELECT 1 FROM webauthn_credentials k
                           JOIN factors f ON f.app_id = k.app_id AND f.mode = k.mode AND f.id = k.factor_id
                           WHERE k.app_id = $3 AND k.mode = $4 AND k.rp_id = $7 AND k.credential_id = $8
                             AND k.user_key = $6 AND f.status = 'confirmed'
                             AND (k.sign_count < $9 OR (k.sign_count = 0 AND $9 = 0)))",
            args![
                check.now,
                Arg::Bytes(own.answer.clone()),
                scope.app,
                scope.mode,
                own.id,
                &check.user.key,
                rp_id,
                credential_id,
                *sign_count
            ],
        )
        .await?;
    if consumed != 1 {
        return Ok(None);
    }
    let row = tx
        .row(
            "UPDATE webauthn_credentials SET sign_count = $1, backup_state = $2
             WHERE app_id = $3 AND mode = $4 AND rp_id = $5 AND credential_id = $6 AND user_key = $7
               AND (sign_count < $1 OR (sign_count = 0 AND $1 = 0))
             RETURNING factor_id",
            args![*sign_count, *backup_state, scope.app, scope.mode, rp_id, credential_id, &check.user.key],
        )
        .await?;
    let factor: FactorId = required(row, "the key of an approval")?.parse("factor_id")?;
    tx.one(
        "the use of a key",
        "UPDATE factors SET last_used_at = $1 WHERE app_id = $2 AND mode = $3 AND id = $4 AND status = 'confirmed'",
        args![check.now, scope.app, scope.mode, factor],
    )
    .await?;
    Ok(Some(factor))
}

/// Why a right answer was not taken: its key is gone, or another answer of that key came first.
async fn unused(tx: &mut dyn Session, scope: Scope, check: &CheckKey<'_>) -> Result<&'static str> {
    let KeyVerdict::Used { rp_id, credential_id, .. } = &check.verdict else { return Ok("wrong_answer") };
    let known = tx
        .row(
            "SELECT factor_id FROM webauthn_credentials
             WHERE app_id = $1 AND mode = $2 AND rp_id = $3 AND credential_id = $4 AND user_key = $5",
            args![scope.app, scope.mode, rp_id, credential_id, &check.user.key],
        )
        .await?;
    Ok(if known.is_some() { "sign_count_fell" } else { "unknown_key" })
}

enum Confirmed {
    Yes,
    No(&'static str),
    ProofRequired,
}

/// Keeps the new key, if nobody at this relying party has it, and confirms its factor.
async fn confirm(
    tx: &mut dyn Session,
    scope: Scope,
    check: &CheckKey<'_>,
    own: &Waiting,
    new: &NewCredential,
) -> Result<Confirmed> {
    let others = tx
        .row(
            "SELECT id FROM factors WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND status = 'confirmed' LIMIT 1",
            args![scope.app, scope.mode, &check.user.key],
        )
        .await?;
    let pending = tx
        .row(
            "SELECT proven FROM factors WHERE app_id = $1 AND mode = $2 AND id = $3 AND user_key = $4
               AND challenge_id = $5 AND status = 'pending' AND expires_at > $6",
            args![scope.app, scope.mode, new.factor, &check.user.key, own.id, check.now],
        )
        .await?;
    let Some(pending) = pending else { return Ok(Confirmed::No("wrong_challenge")) };
    // An enrolment that needed no proof when it began needs one by now.
    if others.is_some() && (check.enrolment.only_first || !pending.get::<bool>("proven")?) {
        return Ok(Confirmed::ProofRequired);
    }
    let kept = tx
        .run(
            "INSERT INTO webauthn_credentials (app_id, mode, rp_id, credential_id, factor_id, user_key, transports,
                 sign_count, backup_eligible, backup_state, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (app_id, mode, rp_id, credential_id) DO NOTHING",
            args![
                scope.app,
                scope.mode,
                &new.rp_id,
                &new.id,
                new.factor,
                &check.user.key,
                &new.transports,
                new.sign_count,
                new.backup_eligible,
                new.backup_state,
                check.now
            ],
        )
        .await?;
    if kept != 1 {
        return Ok(Confirmed::No("key_taken"));
    }
    tx.one(
        "the confirmation of a key",
        "UPDATE factors SET status = 'confirmed', secret_key = $1, secret = $2, last_used_at = $3, expires_at = NULL
         WHERE app_id = $4 AND mode = $5 AND id = $6 AND user_key = $7 AND status = 'pending'",
        args![
            &new.credential.key,
            &new.credential.bytes,
            check.now,
            scope.app,
            scope.mode,
            new.factor,
            &check.user.key
        ],
    )
    .await?;
    tx.one(
        "the end of an enrolment",
        "UPDATE challenges SET status = 'enrolled', decided_at = $1, attempts = attempts + 1, code_mac_2 = $2
         WHERE app_id = $3 AND mode = $4 AND id = $5 AND status = 'enrolling' AND expires_at > $1
           AND attempts < max_attempts",
        args![check.now, Arg::Bytes(own.answer.clone()), scope.app, scope.mode, own.id],
    )
    .await?;
    Ok(Confirmed::Yes)
}

async fn approved(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut LockedUser,
    check: &CheckKey<'_>,
    own: &Waiting,
    factor: FactorId,
) -> Result<Checked> {
    user.succeed(Family::Hsm, true);
    users::save(tx, scope, user).await?;
    let word = check.reference.or(own.reference.as_deref());
    let event = Event::of_challenge(EventKind::ChallengeApproved, own.id, MfaType::Hsm, word)
        .by(VerifiedBy::Webauthn)
        .with(Some(factor));
    events::log(tx, scope, check.user, &event, check.now).await?;
    done(tx, scope, check, own, Status::Approved, factor).await
}

async fn enrolled(
    tx: &mut dyn Session,
    scope: Scope,
    user: &mut LockedUser,
    check: &CheckKey<'_>,
    own: &Waiting,
    factor: FactorId,
) -> Result<Checked> {
    user.succeed(Family::Hsm, false);
    users::save(tx, scope, user).await?;
    idempotency::forget_enrolment(tx, scope, own.id).await?;
    // Whatever else was begun without a proof, while the user had no factor, ends here.
    for family in [Family::App, Family::Hsm] {
        drop_enrolments(tx, scope, &check.user.key, family, check.now).await?;
    }
    let word = check.reference.or(own.reference.as_deref());
    let event = Event::of_challenge(EventKind::FactorEnrolled, own.id, MfaType::Hsm, word).with(Some(factor));
    events::log(tx, scope, check.user, &event, check.now).await?;
    let enrolled = done(tx, scope, check, own, Status::Enrolled, factor).await?;
    tell_enrolment(tx, check.enrolment, factor, check.now).await?;
    Ok(enrolled)
}

async fn done(
    tx: &mut dyn Session,
    scope: Scope,
    check: &CheckKey<'_>,
    own: &Waiting,
    status: Status,
    factor: FactorId,
) -> Result<Checked> {
    tx.run(
        "DELETE FROM webauthn_states WHERE app_id = $1 AND mode = $2 AND id = $3",
        args![scope.app, scope.mode, own.id],
    )
    .await?;
    record_check(tx, scope, own.id, status.as_str(), check.now).await?;
    Ok(Checked::Approved(Approval {
        id: own.id,
        status,
        by: VerifiedBy::Webauthn,
        reference: own.reference.clone(),
        factor: Some(factor),
        backup_remaining: None,
    }))
}
