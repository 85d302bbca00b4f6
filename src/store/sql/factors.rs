//! Authenticator apps: the start, and removal. The check is in `totp`.

use async_trait::async_trait;

use super::outbox::queue;
use super::rows::{Extras, drop_enrolments, insert, supersede};
use super::{Session, SqlStore, args, audit, close, events, in_time, sign_in, totp, users};
use crate::domain::audit::Change;
use crate::domain::challenge::{Family, MfaType, Status};
use crate::domain::event::{Event, EventKind};
use crate::domain::factor::{EnrolmentFacts, EnrolmentRule, enrolment_rule};
use crate::domain::id::FactorId;
use crate::domain::tenant::Scope;
use crate::domain::time::Moment;
use crate::keyring::{Sealed, UserKey};
use crate::store::{
    AuditNote, CheckTotp, Checked, Deadline, FactorStore, Remember, Removed, Result, StartApp, StartedApp,
    Telling, Told, TotpFactor, UserRef,
};

/// How long an approved verification proves that its user was there.
const PROOF_LIFE: std::time::Duration = std::time::Duration::from_mins(10);

pub(super) async fn facts(tx: &mut dyn Session, scope: Scope, start: &StartApp) -> Result<EnrolmentFacts> {
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
        has_proof: start.trusted || proof.is_some(),
    })
}

async fn start(tx: &mut dyn Session, scope: Scope, start: &StartApp) -> Result<StartedApp> {
    let now = start.now;
    let user_key = &start.challenge.user.key;
    let mut user = users::lock(tx, scope, &start.challenge.user, now).await?;
    if let Some(until) = user.locked_until(now) {
        return Ok(StartedApp::Locked { until });
    }
    let limits = user.look_at_starts(now, start.per_ten_minutes);
    if let Err(refused) = user.admit_start(now, start.per_ten_minutes) {
        return Ok(StartedApp::Refused(refused));
    }
    users::save(tx, scope, &user).await?;
    let rule = enrolment_rule(facts(tx, scope, start).await?);
    let family = start.challenge.kind.family();
    let mut extras = Extras {
        family,
        status: Status::Pending,
        code: None,
        second_code: None,
        factor: None,
        backup_count: None,
        resend_after: None,
        verified_by: None,
        limits,
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
    events::started(tx, scope, &start.challenge, EventKind::ChallengeStarted, now).await?;
    Ok(outcome)
}

pub(super) async fn use_proof(tx: &mut dyn Session, scope: Scope, start: &StartApp) -> Result<bool> {
    if start.trusted {
        return Ok(true);
    }
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

pub(super) async fn insert_factor(
    tx: &mut dyn Session,
    scope: Scope,
    start: &StartApp,
    proven: bool,
) -> Result<()> {
    let factor = &start.factor;
    tx.one(
        "a new factor",
        "INSERT INTO factors (app_id, mode, id, user_key, type, status, name_key, name, challenge_id, proven, secret_key,
             secret, algorithm, digits, period, last_step, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, 'pending', $6, $7, $8, $9, $10, $11, 'SHA1', 6, 30, 0, $12, $13)",
        args![
            scope.app,
            scope.mode,
            factor.id,
            &start.challenge.user.key,
            start.challenge.kind,
            factor.name.as_ref().map(|name| name.key.as_str()),
            super::Arg::Bytes(factor.name.as_ref().map(|name| name.bytes.clone())),
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
        let remember = remember.map(|mut remember| {
            // Only an answer that holds a secret dies with its enrolment.
            if matches!(outcome, StartedApp::Pending) {
                remember.enrolment = None;
            }
            remember
        });
        close(tx, scope, remember, outcome, intent.deadline).await
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
        let outcome = totp::check(&mut *tx, scope, intent).await?;
        close(tx, scope, remember, outcome, Deadline::never()).await
    }

    async fn remove_factor(&self, scope: Scope, id: FactorId, now: Moment, note: &AuditNote) -> Result<bool> {
        let mut tx = self.writing().await?;
        let removed = remove_noted(&mut *tx, scope, id, None, now, note).await?;
        if removed {
            tx.commit().await?;
        }
        Ok(removed)
    }

    async fn remove_factor_and_tell(
        &self,
        scope: Scope,
        id: FactorId,
        telling: &Telling,
        now: Moment,
        note: &AuditNote,
    ) -> Result<bool> {
        let mut tx = self.writing().await?;
        let record = &telling.record;
        if !remove_noted(&mut *tx, scope, id, Some(&record.user.key), now, note).await? {
            return Ok(false);
        }
        let extras = Extras {
            family: Family::Notice,
            status: Status::Issued,
            code: None,
            second_code: None,
            factor: Some(id),
            backup_count: None,
            resend_after: None,
            verified_by: None,
            limits: Vec::new(),
            now,
        };
        insert(&mut *tx, scope, record, &extras).await?;
        queue(&mut *tx, scope, record.id, &telling.message, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn remove_own_factor(
        &self,
        scope: Scope,
        user: &UserRef,
        id: FactorId,
        now: Moment,
        told: &Told,
    ) -> Result<Removed> {
        let mut tx = self.writing().await?;
        users::lock_known(&mut *tx, scope, user, now).await?;
        let Some(kind) = remove(&mut *tx, scope, user, id, now).await? else { return Ok(Removed::Absent) };
        // Under the user's row: two that remove the last two at once come one after the other.
        let other = tx
            .row(
                "SELECT id FROM factors
                 WHERE app_id = $1 AND mode = $2 AND user_key = $3 AND status = 'confirmed' LIMIT 1",
                args![scope.app, scope.mode, &user.key],
            )
            .await?;
        if other.is_none() {
            return Ok(Removed::Last);
        }
        sign_in::tell(&mut *tx, told, vec![was("type", kind.as_str())], now).await?;
        tx.commit().await?;
        Ok(Removed::Yes)
    }
}

fn was(field: &str, old: &str) -> Change {
    Change { field: field.to_owned(), old: Some(old.to_owned()), new: None }
}

/// Removes a confirmed factor of a user whose row is taken; its Type, where there was one.
async fn remove(
    tx: &mut dyn Session,
    scope: Scope,
    user: &UserRef,
    id: FactorId,
    now: Moment,
) -> Result<Option<MfaType>> {
    let removed = tx
        .row(
            "DELETE FROM factors WHERE app_id = $1 AND mode = $2 AND id = $3 AND user_key = $4 AND status = 'confirmed'
             RETURNING type",
            args![scope.app, scope.mode, id, &user.key],
        )
        .await?;
    let Some(row) = removed else { return Ok(None) };
    let kind: MfaType = row.parse("type")?;
    tx.run(
        "DELETE FROM webauthn_credentials WHERE app_id = $1 AND mode = $2 AND factor_id = $3",
        args![scope.app, scope.mode, id],
    )
    .await?;
    events::log(tx, scope, user, &Event::of_factor(EventKind::FactorRemoved, id, kind), now).await?;
    Ok(Some(kind))
}

/// The same with a line in the audit log, for a user of whom only the factor is known, or who is named, too; `false` where
/// there is no such factor.
async fn remove_noted(
    tx: &mut dyn Session,
    scope: Scope,
    id: FactorId,
    of: Option<&UserKey>,
    now: Moment,
    note: &AuditNote,
) -> Result<bool> {
    let owner = tx
        .row(
            "SELECT f.user_key, u.masked FROM factors f
             LEFT JOIN users u ON u.app_id = f.app_id AND u.mode = f.mode AND u.user_key = f.user_key
             WHERE f.app_id = $1 AND f.mode = $2 AND f.id = $3 AND f.status = 'confirmed'",
            args![scope.app, scope.mode, id],
        )
        .await?;
    let Some(row) = owner else { return Ok(false) };
    let key = row.user_key("user_key")?;
    if of.is_some_and(|of| key != *of) {
        return Ok(false);
    }
    let masked = row.get::<Option<String>>("masked")?.unwrap_or_default();
    // A check of this user decides before or after, never in between.
    let user = UserRef::new(key, masked.clone());
    users::lock_known(tx, scope, &user, now).await?;
    let Some(kind) = remove(tx, scope, &user, id, now).await? else { return Ok(false) };
    let changes = vec![was("type", kind.as_str()), was("user", &masked)];
    audit::append(tx, &note.with(changes), now).await?;
    Ok(true)
}
